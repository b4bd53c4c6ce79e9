use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, TAU};

use burn::tensor::{Float, Tensor};

use crate::linearized::Ties;
use crate::moments::probability;
use crate::operands::operands;
use crate::{Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support};

/// The half-Cauchy distribution: `|x|` for `x` Cauchy about 0 with scale `γ`.
///
/// `log p(x) = log 2 - log π - log γ - log(1 + (x / γ)²)` for `x ≥ 0`, up to `x / γ` of 1e19 in
/// `f32` and 1e154 in `f64`, where the square overflows
///
/// # Shapes
/// `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, HalfCauchy};
///
/// let x = Tensor::<2>::from_floats([[5.0]], &Device::flex());
/// let log_prob: f32 = HalfCauchy::new(5.0).log_prob(x).into_scalar();
/// assert!((log_prob + 2.754_167_8).abs() < 1e-6); // log(1 / 5π)
/// ```
///
/// # References
/// Gelman (2006), *Prior distributions for variance parameters in hierarchical models*.
#[derive(Clone, Debug)]
pub struct HalfCauchy<const D: usize> {
    scale: Operand<D>,
}

impl<const D: usize> HalfCauchy<D> {
    /// The half-Cauchy distribution with `scale > 0`, its median.
    pub fn new(scale: impl Into<Operand<D>>) -> Self {
        Self { scale: scale.into() }
    }

    pub(crate) fn scale(&self) -> &Operand<D> {
        &self.scale
    }
}

impl<const D: usize> Distribution<D> for HalfCauchy<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("HalfCauchy", scale: Positive);

    fn support(&self) -> Support {
        Support::NonNegative
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        (noise.uniform(shape) * FRAC_PI_2).tan() * &self.scale
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        // `log(1 + z²)` may lose the last digits of a tiny z²: it is added to a constant.
        let scale = self.scale.clone().detach();
        let z = value.clone().inner() / &scale;
        let above = z.clone().square() + 1.0;
        let log_prob = -above.clone().log() - &(scale.log() + FRAC_PI_2.ln());
        Ties::to(&value, || z.clone() * -2.0 / above.clone() / &scale)
            .and_operand(&self.scale, || (above.clone().recip() * -2.0 + 1.0) / &scale)
            .tie(log_prob)
    }
}

impl<const D: usize> Moments<D> for HalfCauchy<D> {
    fn mean(&self) -> Operand<D> {
        Operand::Scalar(f64::INFINITY)
    }

    fn variance(&self) -> Operand<D> {
        Operand::Scalar(f64::INFINITY)
    }
}

impl<const D: usize> Entropy<D> for HalfCauchy<D> {
    fn entropy(&self) -> Operand<D> {
        self.scale.log() + TAU.ln()
    }
}

impl<const D: usize> Cdf<D> for HalfCauchy<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        (value.clamp_min(0.0) / &self.scale).atan() * FRAC_2_PI
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = value.clamp_min(0.0) / &self.scale;
        z.ones_like().atan2(z) * FRAC_2_PI
    }
}

impl<const D: usize> Quantile<D> for HalfCauchy<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        (probability(p) * FRAC_PI_2).tan() * &self.scale
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        (probability(p) * FRAC_PI_2).tan().recip() * &self.scale
    }
}
