use burn::tensor::{Float, Tensor};

use crate::noise::into_open_unit;
use crate::operands::operands;
use crate::shape::{one_an_event, with_categories};
use crate::special::log_softmax;
use crate::{DistError, Distribution, Noise, Operand, Support, broadcast, lgamma_scalar};

/// The relaxed one-hot categorical (Concrete) distribution on the simplex, by unnormalized log-probabilities
/// `l` at temperature `τ`.
///
/// `log p(x) = log Γ(K) + (K - 1) log τ + Σₖ (lₖ - (τ + 1) log xₖ) - K log Σₖ exp(lₖ - τ log xₖ)`
///
/// Draws tend to those of a [`OneHotCategorical`](crate::OneHotCategorical) as the temperature falls to 0;
/// their moments have no closed form.
///
/// # Shapes
/// `temperature` is `[.., 1]`; `logits` and values are `[.., K]`, and `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, RelaxedOneHotCategorical};
///
/// let device = Device::flex();
/// let logits = Tensor::<2>::from_floats([[0.0, 0.0]], &device);
/// let x = Tensor::<2>::from_floats([[0.5, 0.5]], &device);
/// let log_prob: f32 = RelaxedOneHotCategorical::logits(2.0, logits).log_prob(x).into_scalar();
/// assert!((log_prob - 2.0_f32.ln()).abs() < 1e-6); // as RelaxedBernoulli at ½
/// ```
///
/// # References
/// Maddison, Mnih & Teh (2017), *The Concrete distribution*, equation 10; Jang, Gu & Poole (2017),
/// *Categorical reparameterization with Gumbel-softmax*.
#[derive(Clone, Debug)]
pub struct RelaxedOneHotCategorical<const D: usize> {
    temperature: Operand<D>,
    logits: Operand<D>,
}

impl<const D: usize> RelaxedOneHotCategorical<D> {
    /// By unnormalized log-probabilities along the last axis, at `temperature > 0`.
    pub fn logits(temperature: impl Into<Operand<D>>, logits: Tensor<D>) -> Self {
        Self { temperature: temperature.into(), logits: Operand::Tensor(logits) }
    }

    /// By unnormalized probabilities above 0.
    pub fn probs(temperature: impl Into<Operand<D>>, probs: Tensor<D>) -> Self {
        Self::logits(temperature, probs.log())
    }
}

impl<const D: usize> Distribution<D> for RelaxedOneHotCategorical<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("RelaxedOneHotCategorical", temperature: Positive, logits: Real);

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Simplex { count: self.logits.dims()[D - 1] }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let gumbel = noise.gumbel(shape);
        let logits = (gumbel + self.logits.tensor()) / &self.temperature;
        into_open_unit(log_softmax(logits, D - 1).exp())
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let count = self.logits.dims()[D - 1] as f64;
        let log = value.log();
        let scores = -(log.clone() * &self.temperature) + self.logits.tensor();
        // Σ (lₖ - τ log xₖ) - K log Σ exp(..) is the sum of their logarithmic softmax.
        let balance = log_softmax(scores, D - 1).sum_dim(D - 1);
        let constant = self.temperature.log() * (count - 1.0) + lgamma_scalar(count);
        balance - log.sum_dim(D - 1) + &constant
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        one_an_event(self.name(), "temperature", &self.temperature, 1)?;
        with_categories(self.name(), broadcast(self.name(), &self.parameters())?)
    }
}
