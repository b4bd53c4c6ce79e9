use burn::tensor::{Float, Tensor};

use crate::moments::probability;
use crate::{Cdf, DistError, Distribution, Noise, Operand, Parameter, Quantile, Support};

/// A distribution of numbers between `low` and `high`, either of which may be infinite.
///
/// `log p(x) = log p₀(x) - log(F(high) - F(low))` for `low ≤ x ≤ high`, and `-∞` elsewhere, for the
/// distribution function `F` of the base. Of the tails the smaller is taken.
///
/// Draws are by the base's quantile, and so right while neither `F(low)` nor `F(high)` is 1 to rounding.
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

    /// An end as a tensor, if it is finite.
    fn end<const D: usize>(end: f64, like: &Tensor<D>) -> Option<Tensor<D>> {
        end.is_finite().then(|| Operand::Scalar(end).on(like))
    }

    /// `F(low)` and `F(high)`, or those of the other tail: `1 - F(high)` and `1 - F(low)`.
    fn ends<const D: usize>(
        &self,
        like: &Tensor<D>,
        of: impl Fn(Tensor<D>) -> Tensor<D>,
        least: f64,
        most: f64,
    ) -> (Tensor<D>, Tensor<D>) {
        let at = |end: f64, otherwise: f64| match Self::end(end, like) {
            Some(end) => of(end),
            None => Operand::Scalar(otherwise).on(like),
        };
        (at(self.low, least), at(self.high, most))
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

    fn detach(self) -> Self {
        Self { base: self.base.detach(), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        self.icdf(u)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let outside = value.clone().inner().lower_elem(self.low);
        let outside = outside.bool_or(value.clone().inner().greater_elem(self.high));
        let (low, high) = self.ends(&value, |x| self.base.cdf(x), 0.0, 1.0);
        let (above_low, above_high) = self.ends(&value, |x| self.base.sf(x), 1.0, 0.0);
        let right = low.clone().inner().greater_elem(0.5);
        let left = high - low;
        let mass = left.mask_where(right, above_low - above_high);
        let log_prob = self.base.log_prob(value) - mass.log();
        let outside = outside.expand(log_prob.dims());
        log_prob.mask_fill(outside, f64::NEG_INFINITY)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        match self.low < self.high {
            true => self.base.shape(),
            false => {
                let (distribution, low, high) = (self.name(), self.low, self.high);
                Err(DistError::Interval { distribution, low, high })
            }
        }
    }

    fn check(&self) -> Result<(), DistError> {
        self.base.check()
    }
}

impl<P: Quantile<D> + Distribution<D, Kind = Float>, const D: usize> Cdf<D> for Truncated<P> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp(self.low, self.high);
        let (low, high) = self.ends(&value, |x| self.base.cdf(x), 0.0, 1.0);
        (self.base.cdf(value) - low.clone()) / (high - low)
    }
}

impl<P: Quantile<D> + Distribution<D, Kind = Float>, const D: usize> Quantile<D> for Truncated<P> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let (low, high) = self.ends(&p, |x| self.base.cdf(x), 0.0, 1.0);
        let inside = (high - low.clone()) * p + low;
        self.base.icdf(inside).clamp(self.low, self.high)
    }
}
