use burn::tensor::{Float, Tensor};

use crate::moments::probability;
use crate::operand::divided;
use crate::{
    Cdf, DistError, Distribution, Entropy, Moments, Noise, Operand, Parameter, Quantile, Support,
    TensorMap,
};

/// The uniform distribution on an interval with fixed ends.
///
/// `log p(x) = -log(high - low)` for `x` between them
///
/// For ends that differ by element or depend on another site, scale a `Uniform::new(0.0, 1.0)`.
///
/// # Shapes
/// Values are rank `D`; `log_prob` has their shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Uniform};
///
/// let x = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// let log_prob: f32 = Uniform::new(-1.0, 3.0).log_prob(x).into_scalar();
/// assert!((log_prob + 1.386_294_4).abs() < 1e-6); // -log 4
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1995), *Continuous Univariate Distributions* 2, chapter 26.
#[derive(Clone, Copy, Debug)]
pub struct Uniform {
    low: f64,
    high: f64,
}

impl Uniform {
    /// The uniform distribution from `low` to `high > low`.
    pub fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    pub(crate) fn ends(&self) -> [f64; 2] {
        [self.low, self.high]
    }
}

impl<const D: usize> Distribution<D> for Uniform {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "Uniform"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    fn support(&self) -> Support {
        Support::Interval { low: self.low, high: self.high }
    }

    fn with_tensors(self, _: &mut impl TensorMap) -> Self {
        self
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        noise.uniform(shape) * (self.high - self.low) + self.low
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        value.inner().zeros_like() - (self.high - self.low).ln()
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let &Self { low, high } = self;
        let distribution = Distribution::<D>::name(self);
        // An overflowing length is as useless as none.
        match low < high && (high - low).is_finite() {
            true => Ok([1; D]),
            false => Err(DistError::Interval { distribution, low, high }),
        }
    }
}

impl<const D: usize> Moments<D> for Uniform {
    fn mean(&self) -> Operand<D> {
        Operand::Scalar(0.5 * (self.low + self.high))
    }

    fn variance(&self) -> Operand<D> {
        Operand::Scalar((self.high - self.low).powi(2) / 12.0)
    }
}

impl<const D: usize> Entropy<D> for Uniform {
    fn entropy(&self) -> Operand<D> {
        Operand::Scalar((self.high - self.low).ln())
    }
}

impl<const D: usize> Cdf<D> for Uniform {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        divided(value - self.low, self.high - self.low).clamp(0.0, 1.0)
    }
}

impl<const D: usize> Quantile<D> for Uniform {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        probability(p) * (self.high - self.low) + self.low
    }
}
