use burn::tensor::{Float, Tensor};

use crate::broadcast;
use crate::moments::probability;
use crate::operand::divided;
use crate::operands::operands;
use crate::{
    Cdf, DistError, Distribution, Domain, Entropy, Moments, Noise, Operand, Parameter, Quantile,
    Support, expm1, log1p,
};

/// The Pareto distribution above `m` with exponent `α`.
///
/// `log p(x) = log α + α log m - (α + 1) log x` for `x ≥ m`
///
/// For ends that differ by element, scale a `Pareto::new(1.0, alpha)`.
///
/// # Shapes
/// `alpha` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Pareto};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Pareto::new(2.0, 1.5).log_prob(x).into_scalar();
/// assert!((log_prob + 1.301_344_8).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 20.
#[derive(Clone, Debug)]
pub struct Pareto<const D: usize> {
    alpha: Operand<D>,
    scale: f64,
}

impl<const D: usize> Pareto<D> {
    /// The Pareto distribution above the number `scale > 0`, with exponent `alpha > 0`.
    pub fn new(scale: f64, alpha: impl Into<Operand<D>>) -> Self {
        Self { alpha: alpha.into(), scale }
    }

    pub(crate) fn scale_and_alpha(&self) -> (f64, &Operand<D>) {
        (self.scale, &self.alpha)
    }
}

impl<const D: usize> Distribution<D> for Pareto<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Pareto", alpha: Positive);

    fn support(&self) -> Support {
        Support::AtLeast { low: self.scale }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let wait = -noise.uniform(shape).log();
        (wait / &self.alpha).exp() * self.scale
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let log = divided(value, self.scale).log();
        -log.clone() - log * &self.alpha + &(self.alpha.log() - self.scale.ln())
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let (distribution, scale) = (self.name(), Operand::<D>::Scalar(self.scale));
        Parameter::new("scale", &scale, Domain::Positive).check(distribution)?;
        broadcast(distribution, &self.parameters())
    }
}

impl<const D: usize> Moments<D> for Pareto<D> {
    fn mean(&self) -> Operand<D> {
        let mean = self.alpha.clone() / (self.alpha.clone() - 1.0) * self.scale;
        mean.where_above(&self.alpha, 1.0, f64::INFINITY)
    }

    fn variance(&self) -> Operand<D> {
        let less = |k: f64| self.alpha.clone() - k;
        let variance = self.alpha.clone() / (less(1.0).square() * less(2.0)) * self.scale.powi(2);
        variance.where_above(&self.alpha, 2.0, f64::INFINITY)
    }
}

impl<const D: usize> Entropy<D> for Pareto<D> {
    fn entropy(&self) -> Operand<D> {
        self.alpha.recip() - self.alpha.log() + (self.scale.ln() + 1.0)
    }
}

impl<const D: usize> Cdf<D> for Pareto<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        -expm1(divided(value, self.scale).clamp_min(1.0).log() * &self.alpha * -1.0)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.log_sf(value).exp()
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        divided(value, self.scale).clamp_min(1.0).log() * &self.alpha * -1.0
    }
}

impl<const D: usize> Quantile<D> for Pareto<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        (-log1p(-probability(p)) / &self.alpha).exp() * self.scale
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        (-probability(p).log() / &self.alpha).exp() * self.scale
    }
}
