use std::f64::consts::{FRAC_2_PI, LN_2, SQRT_2};

use burn::tensor::{Float, Tensor};

use crate::linearized::Ties;
use crate::moments::probability;
use crate::operands::operands;
use crate::{
    Cdf, Distribution, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Quantile, Support, erf,
    erfc, erfinv, log_ndtr, ndtri,
};

/// The half-normal distribution: `|x|` for `x ~ N(0, σ²)`.
///
/// `log p(x) = log 2 - ½ (x / σ)² - log σ - ½ log 2π` for `x ≥ 0`
///
/// # Shapes
/// `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, HalfNormal};
///
/// let x = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// let log_prob: f32 = HalfNormal::new(1.0).log_prob(x).into_scalar();
/// assert!((log_prob + 0.725_791_4).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 13.
#[derive(Clone, Debug)]
pub struct HalfNormal<const D: usize> {
    scale: Operand<D>,
}

impl<const D: usize> HalfNormal<D> {
    /// The half-normal distribution with `scale > 0`, the deviation of the unfolded normal.
    pub fn new(scale: impl Into<Operand<D>>) -> Self {
        Self { scale: scale.into() }
    }

    pub(crate) fn scale(&self) -> &Operand<D> {
        &self.scale
    }
}

impl<const D: usize> Distribution<D> for HalfNormal<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("HalfNormal", scale: Positive);

    fn support(&self) -> Support {
        Support::NonNegative
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        noise.normal(shape).abs() * &self.scale
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let scale = self.scale.clone().detach();
        let z = value.clone().inner() / &scale;
        let log_prob = z.clone().square() * -0.5 - &(scale.log() + (HALF_LN_TWO_PI - LN_2));
        Ties::to(&value, || -z.clone() / &scale)
            .and_operand(&self.scale, || (z.clone().square() - 1.0) / &scale)
            .tie(log_prob)
    }
}

impl<const D: usize> Moments<D> for HalfNormal<D> {
    fn mean(&self) -> Operand<D> {
        self.scale.clone() * FRAC_2_PI.sqrt()
    }

    fn variance(&self) -> Operand<D> {
        self.scale.square() * (1.0 - FRAC_2_PI)
    }
}

impl<const D: usize> Entropy<D> for HalfNormal<D> {
    fn entropy(&self) -> Operand<D> {
        self.scale.log() + (HALF_LN_TWO_PI + 0.5 - LN_2)
    }
}

impl<const D: usize> Cdf<D> for HalfNormal<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        erf(value.clamp_min(0.0) / &(self.scale.clone() * SQRT_2))
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        erfc(value.clamp_min(0.0) / &(self.scale.clone() * SQRT_2))
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        log_ndtr(-value.clamp_min(0.0) / &self.scale) + LN_2
    }
}

impl<const D: usize> Quantile<D> for HalfNormal<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        erfinv(probability(p)) * SQRT_2 * &self.scale
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        -ndtri(probability(p) * 0.5) * &self.scale
    }
}
