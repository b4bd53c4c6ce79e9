use burn::tensor::{Float, Tensor};

use crate::distributions::{chance, log1p_exp, logit};
use crate::shape::{beside, widest};
use crate::{
    Cdf, DistError, Distribution, Domain, Moments, Noise, Operand, Parameter, Support, TensorMap,
    logaddexp,
};

/// A count that is 0 for a reason of its own with probability `π`, and else one of a base distribution.
///
/// `log p(0) = log(π + (1 - π) p₀(0))`, `log p(k) = log(1 - π) + log p₀(k)`
///
/// Draws are constants: no gradient flows through them.
///
/// # Shapes
/// `gate_logits`, the base's parameters and values are rank `D` and broadcast; `log_prob` has the
/// broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Poisson, ZeroInflated};
///
/// let x = Tensor::<2>::from_floats([[0.0]], &Device::flex());
/// let rare = ZeroInflated::probs(0.5, Poisson::new(1.0));
/// let log_prob: f32 = rare.log_prob(x).into_scalar();
/// assert!((log_prob - 0.683_939_7_f32.ln()).abs() < 1e-6); // ½ + ½ e⁻¹
/// ```
///
/// # References
/// Lambert (1992), *Zero-inflated Poisson regression*.
#[derive(Clone, Debug)]
pub struct ZeroInflated<P, const D: usize> {
    gate_logits: Operand<D>,
    base: P,
}

impl<P: Distribution<D, Kind = Float>, const D: usize> ZeroInflated<P, D> {
    /// By the log-odds of a zero that is not the base's.
    pub fn logits(gate_logits: impl Into<Operand<D>>, base: P) -> Self {
        Self { gate_logits: gate_logits.into(), base }
    }

    /// By its probability, strictly between 0 and 1.
    pub fn probs(gate: impl Into<Operand<D>>, base: P) -> Self {
        Self::logits(logit(&gate.into()), base)
    }
}

impl<P: Distribution<D, Kind = Float>, const D: usize> Distribution<D> for ZeroInflated<P, D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "ZeroInflated"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        let mut parameters = self.base.parameters();
        parameters.push(Parameter::new("gate_logits", &self.gate_logits, Domain::Real));
        parameters
    }

    fn support(&self) -> Support {
        self.base.support()
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { gate_logits: self.gate_logits.with_tensors(map), base: self.base.with_tensors(map) }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let uniform = noise.uniform(shape);
        let gate = chance(&self.gate_logits.clone().detach()).on(&uniform).expand(shape);
        self.base.draw(shape, noise).inner().mask_fill(uniform.lower(gate), 0.0)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let zero = value.clone().inner().equal_elem(0.0);
        let open = log1p_exp(&self.gate_logits); // -log(1 - π)
        let log_base = self.base.log_prob(value) - &open;
        let log_gate = (self.gate_logits.clone() - &open).on(&log_base);
        let zero = zero.expand((log_base.clone() + log_gate.clone()).dims());
        let both = logaddexp(log_base.clone(), log_gate);
        let dims = both.dims();
        log_base.expand(dims).mask_where(zero, both)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let (base, support) = (self.base.name(), self.base.support());
        if !support.is_discrete() || !support.event_shape().is_empty() || !support.contains(0.0) {
            return Err(DistError::NotCounts { distribution: self.name(), base, support });
        }
        let gate = Parameter::new("gate_logits", &self.gate_logits, Domain::Real);
        beside(self.name(), self.base.shape()?, self.event_rank(), &[gate])
    }

    fn outline(&self) -> [usize; D] {
        widest(self.base.outline(), self.gate_logits.dims())
    }

    fn event_rank(&self) -> usize {
        self.base.event_rank()
    }

    fn is_proper(&self) -> bool {
        self.base.is_proper()
    }

    fn check(&self) -> Result<(), DistError> {
        Parameter::new("gate_logits", &self.gate_logits, Domain::Real).check(self.name())?;
        self.base.check()
    }
}

impl<P: Moments<D> + Distribution<D, Kind = Float>, const D: usize> Moments<D>
    for ZeroInflated<P, D>
{
    fn mean(&self) -> Operand<D> {
        chance(&-self.gate_logits.clone()) * self.base.mean()
    }

    /// `(1 - π) (v + π m²)` for the base's mean `m` and variance `v`.
    fn variance(&self) -> Operand<D> {
        let gate = chance(&self.gate_logits);
        let spread = gate * self.base.mean().square() + self.base.variance();
        chance(&-self.gate_logits.clone()) * spread
    }
}

impl<P: Cdf<D> + Distribution<D, Kind = Float>, const D: usize> Cdf<D> for ZeroInflated<P, D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let inflated = value.clone().inner().greater_equal_elem(0.0);
        let base = self.base.cdf(value) * &chance(&-self.gate_logits.clone());
        let all = base.clone() + chance(&self.gate_logits).on(&base);
        let inflated = inflated.expand(all.dims());
        base.expand(all.dims()).mask_where(inflated, all)
    }

    /// Above 0 it is the base's.
    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        let below = value.clone().inner().lower_elem(0.0);
        let sf = self.base.sf(value) * &chance(&-self.gate_logits.clone());
        let below = below.expand(sf.dims());
        sf.mask_fill(below, 1.0)
    }
}
