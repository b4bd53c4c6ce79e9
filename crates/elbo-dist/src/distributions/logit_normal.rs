use burn::tensor::{Float, Tensor};

use crate::noise::into_open_unit;
use crate::special::log_odds;
use crate::{
    Cdf, Distribution, Noise, Normal, Operand, Parameter, Quantile, Support, TensorMap, log1p,
    sigmoid,
};

/// The logit-normal distribution: `σ(x)` for `x ~ N(μ, σ²)`.
///
/// `log p(x) = log N(logit x; μ, σ²) - log x - log(1 - x)` for `0 < x < 1`; its moments have no closed form
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, LogitNormal};
///
/// let x = Tensor::<2>::from_floats([[0.25]], &Device::flex());
/// let log_prob: f32 = LogitNormal::new(0.0, 1.0).log_prob(x).into_scalar();
/// assert!((log_prob - 0.151_563_4).abs() < 1e-6);
/// ```
///
/// # References
/// Atchison & Shen (1980), *Logistic-normal distributions*.
#[derive(Clone, Debug)]
pub struct LogitNormal<const D: usize> {
    logit: Normal<D>,
}

impl<const D: usize> LogitNormal<D> {
    /// The distribution of `1 / (1 + e⁻ˣ)` for `x` normal with mean `loc` and deviation `scale > 0`.
    pub fn new(loc: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { logit: Normal::new(loc, scale) }
    }

    /// The distribution of `logit x`.
    pub(crate) fn log_odds(&self) -> &Normal<D> {
        &self.logit
    }
}

impl<const D: usize> Distribution<D> for LogitNormal<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "LogitNormal"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.logit.parameters()
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { logit: self.logit.with_tensors(map) }
    }

    fn support(&self) -> Support {
        Support::UnitInterval
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let z = self.logit.draw(shape, noise);
        into_open_unit(sigmoid(z))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let (log, log_rest) = (value.clone().log(), log1p(-value));
        self.logit.log_prob(log.clone() - log_rest.clone()) - log - log_rest
    }
}

impl<const D: usize> Cdf<D> for LogitNormal<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        self.logit.cdf(log_odds(value.clamp(0.0, 1.0)))
    }
}

impl<const D: usize> Quantile<D> for LogitNormal<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        sigmoid(self.logit.icdf(p))
    }
}
