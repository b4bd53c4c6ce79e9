use std::f64::consts::LN_2;

use burn::tensor::{Bool, Float, Tensor};

use crate::moments::probability;
use crate::noise::open_unit_ends;
use crate::shape::widest;
use crate::{
    Cdf, DistError, Distribution, Noise, Operand, Parameter, Quantile, Support, TensorMap, log1mexp,
};

/// A distribution of numbers between `low` and `high`, either of which may be infinite.
///
/// `log p(x) = log p₀(x) - log(F(high) - F(low))` for `low ≤ x ≤ high`, and `-∞` elsewhere, for the
/// distribution function `F` of the base. Of the tails the smaller is taken.
///
/// Draws are quantiles of the base, of the nearer tail, and carry gradients; they are right while the probability of
/// that tail does not underflow.
///
/// # Shapes
/// Those of the base.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Exponential, Truncated};
///
/// let x = Tensor::<2>::from_floats([[1.0, 3.0]], &Device::flex());
/// let short = Truncated::new(Exponential::new(1.0), 0.0, 2.0);
/// let log_prob = short.log_prob(x).into_data().try_to_vec::<f32>().unwrap();
/// assert!((log_prob[0] + 1.0 + 0.864_664_7_f32.ln()).abs() < 1e-6); // 1 - e⁻²
/// assert_eq!(log_prob[1], f32::NEG_INFINITY);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, section 12.8.3.
#[derive(Clone, Debug)]
pub struct Truncated<P> {
    base: P,
    low: f64,
    high: f64,
}

impl<P> Truncated<P> {
    /// `base`, cut off outside the numbers from `low` to `high`.
    pub fn new(base: P, low: f64, high: f64) -> Self {
        Self { base, low, high }
    }
}

/// The ends of an interval as the base sees them: of the upper half of its probability by the upper tail.
struct Ends<const D: usize> {
    /// Whether the interval lies in the upper half.
    upper: Tensor<D, Bool>,
    /// `log F(low)` and `log F(high)`.
    below: [Tensor<D>; 2],
    /// `log(1 - F(low))` and `log(1 - F(high))`.
    above: [Tensor<D>; 2],
}

impl<P> Truncated<P> {
    fn ends<const D: usize>(&self, like: &Tensor<D>) -> Ends<D>
    where
        P: Cdf<D>,
    {
        // Where the base ends anyway nothing is cut off, and no logarithm of 0 is taken.
        let [least, most] = self.base.support().ends();
        let (cut_low, cut_high) = (self.low > least, self.high < most);
        let at =
            |cut: bool, end: f64, log: &dyn Fn(Tensor<D>) -> Tensor<D>, otherwise: f64| match cut {
                true => log(Operand::Scalar(end).on(like)),
                false => Operand::Scalar(otherwise).on(like),
            };
        let (none, all) = (f64::NEG_INFINITY, 0.0);
        let below = [(cut_low, self.low, none), (cut_high, self.high, all)]
            .map(|(cut, end, otherwise)| at(cut, end, &|x| self.base.log_cdf(x), otherwise));
        let above = [(cut_low, self.low, all), (cut_high, self.high, none)]
            .map(|(cut, end, otherwise)| at(cut, end, &|x| self.base.log_sf(x), otherwise));
        let upper = below[0].clone().inner().greater_elem(-LN_2);
        Ends { upper, below, above }
    }

    /// `log(F(high) - F(low))`, of the smaller tail.
    fn log_mass<const D: usize>(ends: &Ends<D>) -> Tensor<D> {
        let [low, high] = ends.below.clone();
        let [above_low, above_high] = ends.above.clone();
        let shape = widest(low.dims(), widest(high.dims(), above_low.dims()));
        let upper = ends.upper.clone().expand(shape);
        let more = high.expand(shape).mask_where(upper.clone(), above_low.expand(shape));
        let less = low.expand(shape).mask_where(upper, above_high.expand(shape));
        // Where one tail is empty there is nothing to take away, nor a slope.
        let empty = less.clone().equal_elem(f64::NEG_INFINITY);
        let ratio =
            (less.mask_fill(empty.clone(), 0.0) - more.clone()).mask_fill(empty.clone(), -1.0);
        log1mexp(ratio).mask_fill(empty, 0.0) + more
    }
}

impl<P: Quantile<D> + Distribution<D, Kind = Float>, const D: usize> Distribution<D>
    for Truncated<P>
{
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "Truncated"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.base.parameters()
    }

    fn support(&self) -> Support {
        self.base.support().between(self.low, self.high)
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { base: self.base.with_tensors(map), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        let x = self.icdf(u);
        let (least, most) = open_unit_ends(&x);
        match self.base.support() {
            // As the draws of the base: never at an end where the density may be infinite.
            Support::Positive => x.clamp_min(least),
            Support::UnitInterval => x.clamp(least, most),
            _ => x,
        }
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let outside = value.clone().inner().lower_elem(self.low);
        let outside = outside.bool_or(value.clone().inner().greater_elem(self.high));
        let log_mass = Truncated::<P>::log_mass(&self.ends(&value));
        let log_prob = self.base.log_prob(value) - log_mass;
        let outside = outside.expand(log_prob.dims());
        log_prob.mask_fill(outside, f64::NEG_INFINITY)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let [least, most] = self.base.support().ends();
        let (low, high) = (self.low.max(least), self.high.min(most));
        match low < high && self.low < self.high {
            true => self.base.shape(),
            false => Err(DistError::Interval { distribution: self.name(), low, high }),
        }
    }

    fn outline(&self) -> [usize; D] {
        self.base.outline()
    }

    fn event_rank(&self) -> usize {
        self.base.event_rank()
    }

    fn check(&self) -> Result<(), DistError> {
        self.base.check()
    }
}

impl<P: Quantile<D> + Distribution<D, Kind = Float>, const D: usize> Cdf<D> for Truncated<P> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp(self.low, self.high);
        let ends = self.ends(&value);
        let mass = Truncated::<P>::log_mass(&ends).exp();
        let by_lower = self.base.cdf(value.clone()) - ends.below[0].clone().exp();
        let by_upper = ends.above[0].clone().exp() - self.base.sf(value);
        let upper = ends.upper.expand(by_lower.dims());
        (by_lower.mask_where(upper, by_upper) / mass).clamp(0.0, 1.0)
    }
}

impl<P: Quantile<D> + Distribution<D, Kind = Float>, const D: usize> Quantile<D> for Truncated<P> {
    /// By the base's probability below the value, or above it where that is smaller.
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let ends = self.ends(&p);
        let mass = Truncated::<P>::log_mass(&ends).exp();
        let below = p.clone() * mass.clone() + ends.below[0].clone().exp();
        let above = (-p + 1.0) * mass + ends.above[1].clone().exp();
        let shape = below.dims();
        let upper = below.clone().inner().greater_elem(0.5);
        let lower = upper.clone().bool_not();
        // Each quantile sees a middling number where the other is taken, at which its slope is finite.
        let by_lower = self.base.icdf(below.mask_fill(upper.clone(), 0.25));
        let by_upper = self.base.isf(above.expand(shape).mask_fill(lower, 0.25));
        by_lower.mask_where(upper, by_upper).clamp(self.low, self.high)
    }
}
