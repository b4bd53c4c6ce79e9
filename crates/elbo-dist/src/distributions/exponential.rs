use burn::tensor::{Float, Tensor};

use crate::moments::probability;
use crate::operands::operands;
use crate::{
    Cdf, Distribution, Entropy, Gamma, Moments, Noise, Operand, Quantile, Support, expm1, log1p,
};

/// The exponential distribution with rate `λ`.
///
/// `log p(x) = log λ - λ x` for `x ≥ 0`
///
/// # Shapes
/// `rate` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Exponential};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Exponential::new(2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 5.306_852_8).abs() < 1e-6); // log 2 - 6
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 19.
#[derive(Clone, Debug)]
pub struct Exponential<const D: usize> {
    rate: Operand<D>,
}

impl<const D: usize> Exponential<D> {
    /// The exponential distribution with `rate > 0`, one over its mean.
    pub fn new(rate: impl Into<Operand<D>>) -> Self {
        Self { rate: rate.into() }
    }

    pub(crate) fn as_gamma(&self) -> Gamma<D> {
        Gamma::new(1.0, self.rate.clone())
    }
}

impl<const D: usize> Distribution<D> for Exponential<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Exponential", rate: Positive);

    fn support(&self) -> Support {
        Support::NonNegative
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        -noise.uniform(shape).log() / &self.rate
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        value * &self.rate * -1.0 + &self.rate.log()
    }
}

impl<const D: usize> Moments<D> for Exponential<D> {
    fn mean(&self) -> Operand<D> {
        self.rate.recip()
    }

    fn variance(&self) -> Operand<D> {
        self.rate.square().recip()
    }
}

impl<const D: usize> Entropy<D> for Exponential<D> {
    fn entropy(&self) -> Operand<D> {
        -self.rate.log() + 1.0
    }
}

impl<const D: usize> Cdf<D> for Exponential<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        -expm1(value.clamp_min(0.0) * &self.rate * -1.0)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.log_sf(value).exp()
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        -(value.clamp_min(0.0) * &self.rate)
    }
}

impl<const D: usize> Quantile<D> for Exponential<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        -log1p(-probability(p)) / &self.rate
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        -probability(p).log() / &self.rate
    }
}
