use burn::tensor::{Int, Tensor};

use crate::linearized::Ties;
use crate::parameter::check_all;
use crate::place::constant_like;
use crate::shape::shape_of_index;
use crate::special::log_softmax;
use crate::{
    DistError, Distribution, Domain, Entropy, Moments, Noise, Operand, Parameter, Support,
    TensorMap,
};

/// The categorical distribution over `0, 1, .., K - 1`, by unnormalized log-probabilities.
///
/// `log p(k) = lₖ - log Σⱼ exp lⱼ`, and `-∞` for any other integer
///
/// Draws are constants: no gradient flows through them.
///
/// # Shapes
/// `logits` is `[.., K]`; values (`Int`) and `log_prob` are `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use elbo_dist::{Categorical, Distribution};
///
/// let device = Device::flex();
/// let coin = Categorical::logits(Tensor::<2>::from_floats([[0.0, 0.0]], &device));
/// let heads = Tensor::<2, Int>::from_ints([[1]], &device);
/// assert!((coin.log_prob(heads).into_scalar::<f32>() - 0.5_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, equations 2.26 and 4.104.
#[derive(Clone, Debug)]
pub struct Categorical<const D: usize> {
    logits: Operand<D>,
    /// The probabilities, if they were given.
    probs: Option<Operand<D>>,
}

impl<const D: usize> Categorical<D> {
    /// By unnormalized log-probabilities along the last axis, `-∞` for what cannot be.
    pub fn logits(logits: Tensor<D>) -> Self {
        Self { logits: Operand::Tensor(logits), probs: None }
    }

    /// By unnormalized probabilities along the last axis.
    pub fn probs(probs: Tensor<D>) -> Self {
        Self { probs: Some(Operand::Tensor(probs.clone())), ..Self::logits(probs.log()) }
    }

    /// The unnormalized log-probabilities.
    pub(crate) fn weights(&self) -> Tensor<D> {
        self.logits.tensor()
    }
}

impl<const D: usize> Distribution<D> for Categorical<D> {
    type Kind = Int;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "Categorical"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![match &self.probs {
            Some(probs) => Parameter::new("probs", probs, Domain::NonNegative),
            None => Parameter::new("logits", &self.logits, Domain::LogWeight),
        }]
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Category { count: self.logits.dims()[D - 1] }
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        let probs = self.probs.map(|probs| probs.with_tensors(map));
        Self { logits: self.logits.with_tensors(map), probs }
    }

    /// The Gumbel-max trick: `argmaxₖ lₖ - log(-log uₖ)`.
    fn draw(&self, mut shape: [usize; D], noise: &mut Noise) -> Tensor<D, Int> {
        shape[D - 1] = self.logits.dims()[D - 1];
        let gumbel = noise.gumbel(shape);
        let logits = self.logits.on(&gumbel).inner();
        (gumbel + logits).argmax(D - 1)
    }

    fn log_prob(&self, value: Tensor<D, Int>) -> Tensor<D> {
        let logits = self.weights();
        let log_probs = log_softmax(logits.clone().inner(), D - 1);
        let mut shape = log_probs.dims();
        let count = std::mem::replace(&mut shape[D - 1], 1);
        for (size, other) in shape.iter_mut().zip(value.dims()) {
            *size = (*size).max(other);
        }
        let value = value.expand(shape);
        shape[D - 1] = count;
        // An index outside would stop Burn's gather: it has mass 0 instead.
        let last = count as i64 - 1;
        let outside = value.clone().lower_elem(0).bool_or(value.clone().greater_elem(last));
        let log_prob = log_probs.clone().expand(shape).gather(D - 1, value.clone().clamp(0, last));
        let log_prob = log_prob.mask_fill(outside.clone(), f64::NEG_INFINITY);
        let slope = || {
            let chosen = value.expand(shape).equal(numbers(&log_probs).expand(shape));
            let slope = chosen.float().cast(log_probs.dtype()) - log_probs.exp();
            slope.mask_fill(outside.expand(shape), 0.0)
        };
        Ties::to(&logits, slope).tie(log_prob)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        shape_of_index(self.name(), &self.parameters())
    }

    fn check(&self) -> Result<(), DistError> {
        check_all(self.name(), &self.parameters())?;
        let logits = self.logits.to_host(self.logits.dims());
        let mut events = logits.chunks(self.logits.dims()[D - 1].max(1));
        match events.position(|event| event.iter().all(|logit| *logit == f64::NEG_INFINITY)) {
            None => Ok(()),
            Some(event) => Err(DistError::NoWeight { distribution: self.name(), event }),
        }
    }
}

/// `0, 1, .., K - 1` along the last axis.
fn numbers<const D: usize>(log_probs: &Tensor<D>) -> Tensor<D, Int> {
    let mut shape = [1; D];
    shape[D - 1] = log_probs.dims()[D - 1];
    Tensor::<1, Int>::arange(0..shape[D - 1] as i64, &log_probs.device()).reshape(shape)
}

/// Of the categories' numbers.
impl<const D: usize> Moments<D> for Categorical<D> {
    fn mean(&self) -> Operand<D> {
        Operand::Tensor(self.power_mean(1))
    }

    fn variance(&self) -> Operand<D> {
        Operand::Tensor(self.power_mean(2) - self.power_mean(1).square())
    }
}

/// A category of probability 0 adds nothing.
impl<const D: usize> Entropy<D> for Categorical<D> {
    fn entropy(&self) -> Operand<D> {
        let log_probs = log_softmax(self.weights(), D - 1);
        let each = log_probs.clone().exp() * log_probs.clone();
        let none = log_probs.equal_elem(f64::NEG_INFINITY);
        Operand::Tensor(-each.mask_fill(none, 0.0).sum_dim(D - 1))
    }
}

impl<const D: usize> Categorical<D> {
    /// `Σₖ kⁿ pₖ`.
    fn power_mean(&self, n: i32) -> Tensor<D> {
        let probs = log_softmax(self.weights(), D - 1).exp();
        let mut shape = [1; D];
        shape[D - 1] = probs.dims()[D - 1];
        let numbers = (0..shape[D - 1]).map(|k| (k as f64).powi(n)).collect::<Vec<_>>();
        let numbers = constant_like(&probs, numbers, shape);
        (probs * numbers).sum_dim(D - 1)
    }
}
