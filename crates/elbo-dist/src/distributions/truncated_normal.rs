use burn::tensor::{Bool, DType, Float, Tensor};

use crate::moments::probability;
use crate::operands::operands;
use crate::shape::widest;
use crate::special::log_ndtr_scalar;
use crate::{
    Cdf, DistError, Distribution, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Quantile,
    Support, broadcast, log_ndtr, log1mexp, ndtr, ndtri,
};

/// The normal distribution `N(μ, σ²)` between two numbers.
///
/// `log p(x) = log N(x; μ, σ²) - log(Φ(β) - Φ(α))` for `α, β = (low - μ)/σ, (high - μ)/σ`
///
/// Draws are by the quantile, and so right while `Φ` of the nearer end does not underflow: up to 13
/// deviations from the mean in `f32`, 37 in `f64`.
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, TruncatedNormal};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = TruncatedNormal::new(0.0, 2.0, 1.0, 4.0).log_prob(x).into_scalar();
/// assert!((log_prob + 1.484_578_6).abs() < 2e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 13.
#[derive(Clone, Debug)]
pub struct TruncatedNormal<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
    low: f64,
    high: f64,
}

impl<const D: usize> TruncatedNormal<D> {
    /// The normal distribution of mean `loc` and deviation `scale > 0`, cut off outside the numbers `low`
    /// and `high`, either of which may be infinite.
    pub fn new(
        loc: impl Into<Operand<D>>,
        scale: impl Into<Operand<D>>,
        low: f64,
        high: f64,
    ) -> Self {
        Self { loc: loc.into(), scale: scale.into(), low, high }
    }

    /// `(end - μ) / σ` on the place of `like`; none for an infinite end.
    fn standard(&self, end: f64, like: &Tensor<D>) -> Option<Tensor<D>> {
        let standard = ((-self.loc.clone() + end) / &self.scale).on(like);
        end.is_finite().then_some(standard)
    }

    /// `log(Φ(β) - Φ(α))`, of whichever tail is the smaller.
    fn log_mass(&self, like: &Tensor<D>) -> Tensor<D> {
        match (self.standard(self.low, like), self.standard(self.high, like)) {
            (None, None) => like.clone().inner().zeros_like(),
            (Some(low), None) => log_ndtr(-low),
            (None, Some(high)) => log_ndtr(high),
            (Some(low), Some(high)) => {
                let (low, high, _) = left(low, high);
                let most = log_ndtr(high.clone());
                let ratio = log_ndtr(low.clone()) - most.clone();
                let (width, middle) = (high.clone() - low.clone(), (low + high) * 0.5);
                let wide = width.clone() * (middle.clone().abs() + 1.0);
                let narrow = wide.inner().lower_elem(narrow_below(like.dtype()));
                let ratio = ratio.mask_fill(narrow.clone(), -1.0); // no slope is infinite
                let by_middle = log_of_narrow(width, middle);
                (log1mexp(ratio) + most).mask_where(narrow, by_middle)
            }
        }
    }
}

impl<const D: usize> Distribution<D> for TruncatedNormal<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("TruncatedNormal", loc: Real, scale: Positive);

    fn support(&self) -> Support {
        match (self.low.is_finite(), self.high.is_finite()) {
            (true, true) => Support::Interval { low: self.low, high: self.high },
            (true, false) => Support::AtLeast { low: self.low },
            (false, true) => Support::AtMost { high: self.high },
            (false, false) => Support::Real,
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        self.icdf(u)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let log_mass = self.log_mass(&z);
        z.square() * -0.5 - &(self.scale.log() + HALF_LN_TWO_PI) - log_mass
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let &Self { low, high, .. } = self;
        if low < high {
            return broadcast(self.name(), &self.parameters());
        }
        Err(DistError::Interval { distribution: self.name(), low, high })
    }
}

impl<const D: usize> Cdf<D> for TruncatedNormal<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp(self.low, self.high);
        let z = (value - &self.loc) / &self.scale;
        match (self.standard(self.low, &z), self.standard(self.high, &z)) {
            (None, None) => ndtr(z),
            (Some(low), None) => -(ndtr(-z) / ndtr(-low)) + 1.0,
            (None, Some(high)) => ndtr(z) / ndtr(high),
            (Some(low), Some(high)) => {
                let right = (low.clone() + high.clone()).greater_elem(0.0);
                let sign = sign_of(&right, &z);
                let (least, most, _) = left(low, high);
                let part = |x: Tensor<D>| ndtr(x) - ndtr(least.clone());
                let cdf = part(z * sign) / part(most);
                let right = right.expand(cdf.dims());
                cdf.clone().mask_where(right, -cdf + 1.0)
            }
        }
    }
}

impl<const D: usize> TruncatedNormal<D> {
    /// An end as `(end - μ) / σ`.
    fn end(&self, end: f64) -> Operand<D> {
        (-self.loc.clone() + end) / &self.scale
    }

    /// `log(Φ(β) - Φ(α))`
    fn log_share(&self) -> Operand<D> {
        let by_numbers = |low: f64, high: f64| {
            let (low, high) = if low + high > 0.0 { (-high, -low) } else { (low, high) };
            let (width, middle) = (high - low, 0.5 * (low + high));
            if width * (1.0 + middle.abs()) < narrow_below(DType::F64) {
                let (square, curved) = (middle * middle, width * width / 24.0);
                return width.ln() - 0.5 * square - HALF_LN_TWO_PI + curved * (square - 1.0);
            }
            let most = log_ndtr_scalar(high);
            most + (-(log_ndtr_scalar(low) - most).exp()).ln_1p()
        };
        self.end(self.low).combine(&self.end(self.high), by_numbers, |low, _| self.log_mass(&low))
    }

    /// `(αⁿ φ(α) - βⁿ φ(β)) / (Φ(β) - Φ(α))`, to which an infinite end adds nothing.
    fn difference(&self, power: i32) -> Operand<D> {
        let log_share = self.log_share();
        let part = |end: f64| match end.is_finite() {
            true => {
                let z = self.end(end);
                let density = (z.square() * -0.5 - HALF_LN_TWO_PI - &log_share).exp();
                if power == 0 { density } else { density * z }
            }
            false => Operand::Scalar(0.0),
        };
        part(self.low) - part(self.high)
    }
}

/// Next to an end far out in a tail they lose digits, of `1 + α r - r²` for `r` next to `α` about `log₁₀ α⁴`; and on an
/// interval that is narrow beside `σ`, as distribution function and quantiles do, about as many as its width has zeros.
impl<const D: usize> Moments<D> for TruncatedNormal<D> {
    fn mean(&self) -> Operand<D> {
        self.difference(0) * &self.scale + &self.loc
    }

    fn variance(&self) -> Operand<D> {
        (self.difference(1) - self.difference(0).square() + 1.0) * self.scale.square()
    }
}

impl<const D: usize> Entropy<D> for TruncatedNormal<D> {
    fn entropy(&self) -> Operand<D> {
        let constant = self.scale.log() + HALF_LN_TWO_PI + 0.5;
        self.log_share() + self.difference(1) * 0.5 + constant
    }
}

impl<const D: usize> Quantile<D> for TruncatedNormal<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let z = match (self.standard(self.low, &p), self.standard(self.high, &p)) {
            (None, None) => ndtri(p),
            (Some(low), None) => {
                // By the nearer tail, in which the probability has its digits.
                let shape = widest(p.dims(), low.dims());
                let (below, above) = (ndtr(low.clone()), ndtr(-low));
                let lower = p.clone() * above.clone() + below;
                let upper = (-p + 1.0) * above;
                let is_lower = lower.clone().inner().lower_elem(0.5).expand(shape);
                let by_lower = ndtri(lower.mask_fill(is_lower.clone().bool_not(), 0.25));
                let by_upper = -ndtri(upper.mask_fill(is_lower.clone(), 0.25));
                by_upper.mask_where(is_lower, by_lower)
            }
            (None, Some(high)) => ndtri(p * ndtr(high)),
            (Some(low), Some(high)) => {
                let (low, high, sign) = left(low, high);
                let right = sign.clone().lower_elem(0.0).expand(widest(p.dims(), sign.dims()));
                let p = p.expand(right.dims());
                let p = p.clone().mask_where(right, -p + 1.0);
                let (least, most) = (ndtr(low), ndtr(high));
                ndtri((most - least.clone()) * p + least) * sign
            }
        };
        (z * &self.scale + &self.loc).clamp(self.low, self.high)
    }
}

/// The logarithm of the mass of a narrow interval, where the difference of two distribution functions would cancel: by
/// its width `δ` and its middle `m`, `log δ - ½ m² - ½ log 2π + δ² (m² - 1) / 24`.
fn log_of_narrow<const D: usize>(width: Tensor<D>, middle: Tensor<D>) -> Tensor<D> {
    let (square, curved) = (middle.square(), width.clone().square() / 24.0);
    width.log() - square.clone() * 0.5 - HALF_LN_TWO_PI + curved * (square - 1.0)
}

/// The width, times one more than the distance from the mean, below which an interval counts as narrow: there the error
/// of that form is 3e-9 in single and 4e-16 in double precision, and near the mean that of the other 1e-6 and 1e-13; `m`
/// deviations out it is `m²` times that.
fn narrow_below(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => 0.05,
        _ => 1e-3,
    }
}

/// Two standard ends, mirrored to the left where they lie to the right, and the sign of the mirror.
fn left<const D: usize>(low: Tensor<D>, high: Tensor<D>) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let right = (low.clone() + high.clone()).greater_elem(0.0);
    let sign = sign_of(&right, &low);
    let (least, most) = (-high.clone(), -low.clone());
    (low.mask_where(right.clone(), least), high.mask_where(right, most), sign)
}

/// -1 where `right`, and 1 elsewhere.
fn sign_of<const D: usize>(right: &Tensor<D, Bool>, like: &Tensor<D>) -> Tensor<D> {
    let one = Tensor::ones(right.dims(), (&like.device().inner(), like.dtype()));
    one.mask_fill(right.clone(), -1.0)
}
