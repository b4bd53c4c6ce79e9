use burn::tensor::{Float, Tensor};

use crate::moments::from_zero;
use crate::{
    Cdf, Distribution, Entropy, Moments, Noise, Normal, Operand, Parameter, Quantile, Support,
    TensorMap, expm1,
};

/// The log-normal distribution: `exp x` for `x ~ N(μ, σ²)`.
///
/// `log p(x) = log N(log x; μ, σ²) - log x` for `x > 0`
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, LogNormal};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_prob: f32 = LogNormal::new(0.0, 1.0).log_prob(x).into_scalar();
/// assert!((log_prob + 1.852_312_2).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 14.
#[derive(Clone, Debug)]
pub struct LogNormal<const D: usize> {
    log: Normal<D>,
}

impl<const D: usize> LogNormal<D> {
    /// The distribution of `exp x` for `x` normal with mean `loc` and deviation `scale > 0`.
    pub fn new(loc: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { log: Normal::new(loc, scale) }
    }

    /// The distribution of `log x`.
    pub(crate) fn logarithm(&self) -> &Normal<D> {
        &self.log
    }
}

impl<const D: usize> Distribution<D> for LogNormal<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "LogNormal"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.log.parameters()
    }

    fn support(&self) -> Support {
        Support::Positive
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { log: self.log.with_tensors(map) }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        self.log.draw(shape, noise).exp()
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let log = value.log();
        self.log.log_prob(log.clone()) - log
    }
}

impl<const D: usize> Moments<D> for LogNormal<D> {
    fn mean(&self) -> Operand<D> {
        (self.log.mean() + self.log.variance() * 0.5).exp()
    }

    fn variance(&self) -> Operand<D> {
        let spread = self.log.variance();
        spread.map(f64::exp_m1, expm1) * (self.log.mean() * 2.0 + spread).exp()
    }
}

impl<const D: usize> Entropy<D> for LogNormal<D> {
    fn entropy(&self) -> Operand<D> {
        self.log.entropy() + self.log.mean()
    }
}

impl<const D: usize> Cdf<D> for LogNormal<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, 0.0, |value| self.log.cdf(value.log()))
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, 1.0, |value| self.log.sf(value.log()))
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, f64::NEG_INFINITY, |value| self.log.log_cdf(value.log()))
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, 0.0, |value| self.log.log_sf(value.log()))
    }
}

impl<const D: usize> Quantile<D> for LogNormal<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        self.log.icdf(p).exp()
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        self.log.isf(p).exp()
    }
}
