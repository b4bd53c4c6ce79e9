use std::f64::consts::{FRAC_2_PI, LN_2};

use burn::tensor::{Float, Tensor};

use crate::operands::operands;
use crate::special::skew_normal_cdf;
use crate::{Cdf, Distribution, HALF_LN_TWO_PI, Moments, Noise, Operand, Support, log_ndtr};

/// The skew-normal distribution with location `μ`, scale `σ` and skewness `α`.
///
/// `log p(x) = log 2 + log N(x; μ, σ²) + log Φ(α (x - μ) / σ)`
///
/// # Shapes
/// `loc`, `scale`, `skewness` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, SkewNormal};
///
/// let x = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// let log_prob: f32 = SkewNormal::new(0.0, 2.0, 3.0).log_prob(x).into_scalar();
/// assert!((log_prob + 1.113_082_0).abs() < 1e-6);
/// ```
///
/// # References
/// Azzalini (1985), *A class of distributions which includes the normal ones*.
#[derive(Clone, Debug)]
pub struct SkewNormal<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
    skewness: Operand<D>,
}

impl<const D: usize> SkewNormal<D> {
    /// The skew-normal distribution with `loc`, `scale > 0` and `skewness`; at 0 it is normal.
    pub fn new(
        loc: impl Into<Operand<D>>,
        scale: impl Into<Operand<D>>,
        skewness: impl Into<Operand<D>>,
    ) -> Self {
        Self { loc: loc.into(), scale: scale.into(), skewness: skewness.into() }
    }
}

impl<const D: usize> Distribution<D> for SkewNormal<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("SkewNormal", loc: Real, scale: Positive, skewness: Real);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        // δ |u| + √(1 - δ²) v for two standard normals.
        let (u, v) = (noise.normal(shape).abs(), noise.normal(shape));
        let stretch = (self.skewness.square() + 1.0).sqrt();
        (u * &self.skewness + v) / &stretch * &self.scale + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let skew = log_ndtr(z.clone() * &self.skewness);
        skew - z.square() * 0.5 - &(self.scale.log() + (HALF_LN_TWO_PI - LN_2))
    }
}

impl<const D: usize> Moments<D> for SkewNormal<D> {
    fn mean(&self) -> Operand<D> {
        self.delta() * FRAC_2_PI.sqrt() * &self.scale + &self.loc
    }

    fn variance(&self) -> Operand<D> {
        (self.delta().square() * -FRAC_2_PI + 1.0) * self.scale.square()
    }
}

impl<const D: usize> SkewNormal<D> {
    /// `α / √(1 + α²)`.
    fn delta(&self) -> Operand<D> {
        self.skewness.clone() / (self.skewness.square() + 1.0).sqrt()
    }
}

impl<const D: usize> Cdf<D> for SkewNormal<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        skew_normal_cdf(self.skewness.on(&z), z)
    }

    /// The mirror image has the opposite skewness.
    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        skew_normal_cdf((-self.skewness.clone()).on(&z), -z)
    }
}
