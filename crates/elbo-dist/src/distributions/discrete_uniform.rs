use burn::tensor::{Float, Tensor};

use crate::operands::operands;
use crate::{Cdf, DistError, Distribution, Entropy, Moments, Noise, Operand, Support};

/// The uniform distribution over the integers from `low` to `high`.
///
/// `log p(k) = -log(high - low + 1)`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// Values are rank `D`; `log_prob` has their shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, DiscreteUniform};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = DiscreteUniform::new(1, 6).log_prob(x).into_scalar();
/// assert!((log_prob + 1.791_759_5).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, chapter 6.
#[derive(Clone, Copy, Debug)]
pub struct DiscreteUniform {
    low: f64,
    high: f64,
}

impl DiscreteUniform {
    /// The uniform distribution over `low, low + 1, .., high`.
    pub fn new(low: i32, high: i32) -> Self {
        Self { low: f64::from(low), high: f64::from(high) }
    }

    fn count(&self) -> f64 {
        self.high - self.low + 1.0
    }

    pub(crate) fn ends(&self) -> [f64; 2] {
        [self.low, self.high]
    }
}

impl<const D: usize> Distribution<D> for DiscreteUniform {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    operands!("DiscreteUniform");

    fn support(&self) -> Support {
        Support::Integers { low: self.low, high: self.high }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        (noise.uniform(shape) * self.count()).floor().clamp_max(self.count() - 1.0) + self.low
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        value.inner().zeros_like() - self.count().ln()
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let (low, high) = (self.low, self.high);
        match low <= high {
            true => Ok([1; D]),
            false => Err(DistError::Interval { distribution: "DiscreteUniform", low, high }),
        }
    }
}

impl<const D: usize> Moments<D> for DiscreteUniform {
    fn mean(&self) -> Operand<D> {
        Operand::Scalar(0.5 * (self.low + self.high))
    }

    fn variance(&self) -> Operand<D> {
        Operand::Scalar((self.count().powi(2) - 1.0) / 12.0)
    }
}

impl<const D: usize> Entropy<D> for DiscreteUniform {
    fn entropy(&self) -> Operand<D> {
        Operand::Scalar(self.count().ln())
    }
}

impl<const D: usize> Cdf<D> for DiscreteUniform {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        ((value.floor() - (self.low - 1.0)) / self.count()).clamp(0.0, 1.0)
    }
}
