use std::f64::consts::{FRAC_1_PI, PI};

use burn::tensor::{Float, Tensor};

use crate::moments::probability;
use crate::operands::operands;
use crate::{Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support};

/// The Cauchy distribution with location `μ` and scale `γ`.
///
/// `log p(x) = -log π - log γ - log(1 + z²)` for `z = (x - μ) / γ`, up to `z` of 1e19 in `f32` and 1e154
/// in `f64`, where the square overflows
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Cauchy};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Cauchy::new(1.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 2.531_024_2).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 16.
#[derive(Clone, Debug)]
pub struct Cauchy<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> Cauchy<D> {
    /// The Cauchy distribution with median `loc` and half width at half maximum `scale > 0`.
    pub fn new(loc: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { loc: loc.into(), scale: scale.into() }
    }

    pub(crate) fn loc_and_scale(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.loc, &self.scale)
    }
}

impl<const D: usize> Distribution<D> for Cauchy<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Cauchy", loc: Real, scale: Positive);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        ((noise.uniform(shape) - 0.5) * PI).tan() * &self.scale + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        -(z.square() + 1.0).log() - &(self.scale.log() + PI.ln())
    }
}

impl<const D: usize> Moments<D> for Cauchy<D> {
    fn mean(&self) -> Operand<D> {
        Operand::Scalar(f64::NAN)
    }

    fn variance(&self) -> Operand<D> {
        Operand::Scalar(f64::NAN)
    }
}

impl<const D: usize> Entropy<D> for Cauchy<D> {
    fn entropy(&self) -> Operand<D> {
        self.scale.log() + (4.0 * PI).ln()
    }
}

impl<const D: usize> Cdf<D> for Cauchy<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        // By the angle from the left, which keeps the digits of the lower tail.
        let z = (value - &self.loc) / &self.scale;
        z.ones_like().atan2(-z) * FRAC_1_PI
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        z.ones_like().atan2(z) * FRAC_1_PI
    }
}

impl<const D: usize> Quantile<D> for Cauchy<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let right = p.clone().greater_elem(0.5);
        let tail = p.clone().mask_where(right.clone(), -p.clone() + 1.0);
        // In the tails by the cotangent of the smaller angle, which has all the digits of p.
        let far = tail.clone().lower_elem(0.25);
        let cotangent = (tail * PI).tan().recip();
        let outer = (-cotangent.clone()).mask_where(right, cotangent);
        let z = ((p - 0.5) * PI).tan().mask_where(far, outer);
        z * &self.scale + &self.loc
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        // The mirror image about the location.
        -self.icdf(p) + &(self.loc.clone() * 2.0)
    }
}
