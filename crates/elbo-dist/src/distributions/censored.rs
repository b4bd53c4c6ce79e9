use burn::tensor::{Bool, Float, Tensor};

use crate::parameter::check_all;
use crate::shape::{beside, widest};
use crate::{
    Cdf, DistError, Distribution, Domain, Noise, Operand, Parameter, Support, TensorMap, broadcast,
};

/// A distribution of numbers whose readings end at `low` and `high`: what lies beyond an end is recorded as
/// that end.
///
/// `log p(x) = log P₀(X ≤ low)` at `low`, `log P₀(X ≥ high)` at `high`, `log p₀(x)` between, and `-∞` elsewhere,
/// for the base `P₀`; the ends of counts are whole numbers.
///
/// Draws are constants: no gradient flows through them, as the density jumps at the ends.
///
/// # Shapes
/// `low`, `high`, the base's parameters and values are rank `D` and broadcast; `log_prob` has the broadcast
/// shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Censored, Distribution, Exponential};
///
/// let device = Device::flex();
/// let followed_up = Tensor::<2>::from_floats([[3.0, 5.0]], &device);
/// let survival = Censored::new(Exponential::new(0.1), f64::NEG_INFINITY, followed_up);
/// let x = Tensor::<2>::from_floats([[2.0, 5.0]], &device); // died at 2; alive at 5
/// let log_prob = survival.log_prob(x).into_data().try_to_vec::<f32>().unwrap();
/// assert!((log_prob[0] - (0.1_f32.ln() - 0.2)).abs() < 1e-6);
/// assert!((log_prob[1] + 0.5).abs() < 1e-6);
/// ```
///
/// # References
/// Klein & Moeschberger (2003), *Survival Analysis*, section 3.5.
#[derive(Clone, Debug)]
pub struct Censored<P, const D: usize> {
    base: P,
    low: Operand<D>,
    high: Operand<D>,
}

impl<P: Cdf<D> + Distribution<D, Kind = Float>, const D: usize> Censored<P, D> {
    /// `base`, read from `low` to `high`, either of which may be infinite.
    pub fn new(base: P, low: impl Into<Operand<D>>, high: impl Into<Operand<D>>) -> Self {
        Self { base, low: low.into(), high: high.into() }
    }

    /// Where `value` lies at or beyond an end, on the shape of all.
    fn ends(&self, value: &Tensor<D>) -> Ends<D> {
        let shape = widest(value.dims(), self.outline());
        let on = |end: &Operand<D>| end.on(value).inner().expand(shape);
        let (at, low, high) = (value.clone().inner().expand(shape), on(&self.low), on(&self.high));
        let outside = at.clone().lower(low.clone()).bool_or(at.clone().greater(high.clone()));
        Ends { below: at.clone().lower_equal(low), above: at.greater_equal(high), outside }
    }

    /// Where readings end; of counts, whole numbers.
    fn own_parameters(&self) -> [Parameter<'_>; 2] {
        [
            Parameter::new("low", &self.low, Domain::Extended),
            Parameter::new("high", &self.high, Domain::Extended),
        ]
    }
}

impl<P: Cdf<D> + Distribution<D, Kind = Float>, const D: usize> Distribution<D> for Censored<P, D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "Censored"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        let mut parameters = self.base.parameters();
        parameters.extend(self.own_parameters());
        parameters
    }

    /// Up to ends that are numbers; where they are tensors, that of the base.
    fn support(&self) -> Support {
        match (&self.low, &self.high) {
            (Operand::Scalar(low), Operand::Scalar(high)) => {
                self.base.support().between(*low, *high)
            }
            _ => self.base.support(),
        }
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            base: self.base.with_tensors(map),
            low: self.low.with_tensors(map),
            high: self.high.with_tensors(map),
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let draw = self.base.draw(shape, noise).inner();
        let (low, high) = (self.low.on(&draw).inner(), self.high.on(&draw).inner());
        draw.max_pair(low.expand(shape)).min_pair(high.expand(shape))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let Ends { below, above, outside } = self.ends(&value);
        let shape = below.dims();
        let value = value.expand(shape);
        let at_end = below.clone().bool_or(above.clone());
        let inside = self.base.support().inner_event()[0];
        let log_prob = self.base.log_prob(value.clone().mask_fill(at_end, inside));
        let log_cdf = self.base.log_cdf(value.clone());
        // Of counts, P(X ≥ high) is P(X > high - 1).
        let before = if self.base.support().is_discrete() { 1.0 } else { 0.0 };
        let log_sf = self.base.log_sf(value - before);
        let log_prob = log_prob.mask_where(below, log_cdf).mask_where(above, log_sf);
        log_prob.mask_fill(outside, f64::NEG_INFINITY)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let shape =
            beside(self.name(), self.base.shape()?, self.event_rank(), &self.own_parameters())?;
        let [least, most] = self.base.support().ends();
        let apart = |low: f64, high: f64| low.max(least) >= high.min(most);
        match (&self.low, &self.high) {
            (&Operand::Scalar(low), &Operand::Scalar(high)) if apart(low, high) => {
                Err(DistError::Interval { distribution: self.name(), low, high })
            }
            _ => Ok(shape),
        }
    }

    fn outline(&self) -> [usize; D] {
        widest(self.base.outline(), widest(self.low.dims(), self.high.dims()))
    }

    fn event_rank(&self) -> usize {
        self.base.event_rank()
    }

    fn is_proper(&self) -> bool {
        self.base.is_proper()
    }

    fn check(&self) -> Result<(), DistError> {
        check_all(self.name(), &self.own_parameters())?;
        let shape: [usize; D] = broadcast(self.name(), &self.own_parameters())?;
        let ends = self.low.to_host(shape).into_iter().zip(self.high.to_host(shape));
        let whole = |end: f64| {
            !self.base.support().is_discrete() || end.is_infinite() || end.fract() == 0.0
        };
        let wrong =
            ends.into_iter().find(|(low, high)| low >= high || !whole(*low) || !whole(*high));
        if let Some((low, high)) = wrong {
            return Err(DistError::Interval { distribution: self.name(), low, high });
        }
        self.base.check()
    }
}

/// Where values lie at or beyond the ends.
struct Ends<const D: usize> {
    below: Tensor<D, Bool>,
    above: Tensor<D, Bool>,
    outside: Tensor<D, Bool>,
}

impl<P: Cdf<D> + Distribution<D, Kind = Float>, const D: usize> Cdf<D> for Censored<P, D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let Ends { above, outside, .. } = self.ends(&value);
        let cdf = self.base.cdf(value.expand(above.dims()));
        cdf.mask_fill(outside, 0.0).mask_fill(above, 1.0)
    }
}
