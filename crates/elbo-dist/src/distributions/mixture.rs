use burn::tensor::{Float, Tensor};

use crate::shape::{merged, of_numbers, sizes_apart, widest};
use crate::special::log_softmax;
use crate::{
    Categorical, Cdf, DistError, Distribution, Moments, Noise, Operand, Parameter, Support,
    TensorMap, logsumexp,
};

/// A mixture of `K` distributions of one family, which lie along the last axis.
///
/// `log p(x) = log Σₖ wₖ pₖ(x)`
///
/// Draws are constants: no gradient flows through them.
///
/// # Shapes
/// The weights' logits and the components' parameters are `[.., K]`; values and `log_prob` are `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Categorical, Distribution, Mixture, Normal};
///
/// let device = Device::flex();
/// let weights = Categorical::probs(Tensor::<2>::from_floats([[0.25, 0.75]], &device));
/// let locs = Tensor::<2>::from_floats([[-1.0, 1.0]], &device);
/// let mixture = Mixture::new(weights, Normal::new(locs, 1.0));
/// let x = Tensor::<2>::from_floats([[0.0]], &device);
/// let log_prob: f32 = mixture.log_prob(x).into_scalar();
/// assert!((log_prob + 1.418_938_5).abs() < 1e-6); // both are log N(1; 0, 1)
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, equation 9.7.
#[derive(Clone, Debug)]
pub struct Mixture<P, const D: usize> {
    weights: Categorical<D>,
    components: P,
}

impl<P: Distribution<D, Kind = Float>, const D: usize> Mixture<P, D> {
    /// The mixture of `components` with these weights.
    pub fn new(weights: Categorical<D>, components: P) -> Self {
        Self { weights, components }
    }

    fn log_weights(&self) -> Tensor<D> {
        log_softmax(self.weights.weights(), D - 1)
    }

    /// `Σₖ wₖ valueₖ`.
    fn average(&self, value: Tensor<D>) -> Tensor<D> {
        (self.log_weights().exp() * value).sum_dim(D - 1)
    }
}

impl<P: Distribution<D, Kind = Float>, const D: usize> Distribution<D> for Mixture<P, D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "Mixture"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        let mut parameters = self.components.parameters();
        parameters.extend(self.weights.parameters());
        parameters
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        self.components.support()
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            weights: self.weights.with_tensors(map),
            components: self.components.with_tensors(map),
        }
    }

    fn draw(&self, mut shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let index = self.weights.draw(shape, noise);
        shape[D - 1] = self.weights.weights().dims()[D - 1];
        self.components.draw(shape, noise).inner().gather(D - 1, index)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        logsumexp(self.components.log_prob(value) + self.log_weights(), D - 1)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        of_numbers(self.name(), &self.components)?;
        let mut shape = self.components.shape()?;
        let weights = self.weights.weights().dims();
        if ![1, weights[D - 1]].contains(&shape[D - 1]) {
            return Err(sizes_apart(self.name(), self.parameters()));
        }
        shape[D - 1] = 1;
        self.weights.shape()?;
        merged(self.name(), shape, &weights, D - 1, &self.parameters())
    }

    fn outline(&self) -> [usize; D] {
        let mut shape = widest(self.components.outline(), self.weights.outline());
        shape[D - 1] = 1;
        shape
    }

    fn is_proper(&self) -> bool {
        self.components.is_proper()
    }

    fn check(&self) -> Result<(), DistError> {
        self.weights.check()?;
        self.components.check()
    }
}

impl<P: Moments<D> + Distribution<D, Kind = Float>, const D: usize> Moments<D> for Mixture<P, D> {
    fn mean(&self) -> Operand<D> {
        Operand::Tensor(self.average(self.components.mean().on(&self.weights.weights())))
    }

    /// `Σ wₖ (vₖ + mₖ²) - (Σ wₖ mₖ)²`, about the mean.
    fn variance(&self) -> Operand<D> {
        let means = self.components.mean().on(&self.weights.weights());
        let spread = (means.clone() - self.average(means)).square();
        Operand::Tensor(self.average(spread + &self.components.variance()))
    }
}

impl<P: Cdf<D> + Distribution<D, Kind = Float>, const D: usize> Cdf<D> for Mixture<P, D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        self.average(self.components.cdf(value))
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.average(self.components.sf(value))
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        logsumexp(self.components.log_cdf(value) + self.log_weights(), D - 1)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        logsumexp(self.components.log_sf(value) + self.log_weights(), D - 1)
    }
}
