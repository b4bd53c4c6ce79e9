use burn::tensor::{Float, Tensor};

use crate::distributions::logit;
use crate::moments::probability;
use crate::noise::into_open_unit;
use crate::operands::operands;
use crate::special::log_odds;
use crate::{Cdf, Distribution, Noise, Operand, Quantile, Support, log1p, sigmoid, softplus};

/// The relaxed Bernoulli (binary Concrete) distribution on (0, 1), by log-odds `l` at temperature `τ`.
///
/// `log p(x) = log τ - log(1 + eʸ) - log(1 + e⁻ʸ) - log x - log(1 - x)` for `y = τ logit x - l`
///
/// Draws tend to those of a Bernoulli as the temperature falls to 0.
///
/// # Shapes
/// `temperature`, `logits` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, RelaxedBernoulli};
///
/// let x = Tensor::<2>::from_floats([[0.5]], &Device::flex());
/// let log_prob: f32 = RelaxedBernoulli::logits(2.0, 0.0).log_prob(x).into_scalar();
/// assert!((log_prob - 0.693_147_2).abs() < 1e-6);
/// ```
///
/// # References
/// Maddison, Mnih & Teh (2017), *The Concrete distribution*, appendix C.2; Jang, Gu & Poole (2017).
#[derive(Clone, Debug)]
pub struct RelaxedBernoulli<const D: usize> {
    temperature: Operand<D>,
    logits: Operand<D>,
}

impl<const D: usize> RelaxedBernoulli<D> {
    /// By log-odds, at `temperature > 0`.
    pub fn logits(temperature: impl Into<Operand<D>>, logits: impl Into<Operand<D>>) -> Self {
        Self { temperature: temperature.into(), logits: logits.into() }
    }

    /// By the probability that `x > ½`, strictly between 0 and 1.
    pub fn probs(temperature: impl Into<Operand<D>>, probs: impl Into<Operand<D>>) -> Self {
        Self::logits(temperature, logit(&probs.into()))
    }
}

impl<const D: usize> Distribution<D> for RelaxedBernoulli<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("RelaxedBernoulli", temperature: Positive, logits: Real);

    fn support(&self) -> Support {
        Support::UnitInterval
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        into_open_unit(self.icdf(u))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let (log, log_rest) = (value.clone().log(), log1p(-value));
        let y = (log.clone() - log_rest.clone()) * &self.temperature - &self.logits;
        let outer = softplus(y.clone()) + softplus(-y) + log + log_rest;
        -outer + &self.temperature.log()
    }
}

impl<const D: usize> Cdf<D> for RelaxedBernoulli<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp(0.0, 1.0);
        let y = log_odds(value) * &self.temperature - &self.logits;
        sigmoid(y)
    }
}

impl<const D: usize> Quantile<D> for RelaxedBernoulli<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        sigmoid((log_odds(probability(p)) + &self.logits) / &self.temperature)
    }
}
