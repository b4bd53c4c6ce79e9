use burn::tensor::{Float, Int, Tensor};

use crate::special::log_softmax;
use crate::{
    Categorical, DistError, Distribution, Entropy, Moments, Noise, Operand, Parameter, Support,
    TensorMap, broadcast,
};

/// The categorical distribution over vectors of zeros with a single 1, by unnormalized
/// log-probabilities.
///
/// `log p(x) = Σₖ xₖ (lₖ - log Σⱼ exp lⱼ)`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `logits` and values are `[.., K]`; `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, OneHotCategorical};
///
/// let device = Device::flex();
/// let coin = OneHotCategorical::probs(Tensor::<2>::from_floats([[1.0, 3.0]], &device));
/// let second = Tensor::<2>::from_floats([[0.0, 1.0]], &device);
/// assert!((coin.log_prob(second).into_scalar::<f32>() - 0.75_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, equation 2.26.
#[derive(Clone, Debug)]
pub struct OneHotCategorical<const D: usize> {
    index: Categorical<D>,
}

impl<const D: usize> OneHotCategorical<D> {
    /// By unnormalized log-probabilities along the last axis, `-∞` for what cannot be.
    pub fn logits(logits: Tensor<D>) -> Self {
        Self { index: Categorical::logits(logits) }
    }

    /// By unnormalized probabilities along the last axis.
    pub fn probs(probs: Tensor<D>) -> Self {
        Self { index: Categorical::probs(probs) }
    }

    /// The distribution of the place of the 1.
    pub(crate) fn index(&self) -> &Categorical<D> {
        &self.index
    }

    fn count(&self) -> usize {
        self.index.weights().dims()[D - 1]
    }
}

impl<const D: usize> Distribution<D> for OneHotCategorical<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "OneHotCategorical"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.index.parameters()
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::OneHot { count: self.count() }
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { index: self.index.with_tensors(map) }
    }

    fn draw(&self, mut shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let count = std::mem::replace(&mut shape[D - 1], 1);
        let index = self.index.draw(shape, noise);
        shape[D - 1] = count;
        let mut axes = [1; D];
        axes[D - 1] = count;
        let numbers = Tensor::<1, Int>::arange(0..count as i64, &index.device()).reshape(axes);
        let hot = index.expand(shape).equal(numbers.expand(shape));
        hot.float().cast(noise.place().dtype())
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let log_probs = log_softmax(self.index.weights(), D - 1);
        let each = value.clone() * log_probs;
        let cold = value.inner().equal_elem(0.0).expand(each.dims());
        each.mask_fill(cold, 0.0).sum_dim(D - 1) // 0 · -∞ is 0 here
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        self.index.shape()?;
        broadcast(self.name(), &self.parameters())
    }

    fn check(&self) -> Result<(), DistError> {
        self.index.check()
    }
}

impl<const D: usize> Moments<D> for OneHotCategorical<D> {
    fn mean(&self) -> Operand<D> {
        Operand::Tensor(log_softmax(self.index.weights(), D - 1).exp())
    }

    fn variance(&self) -> Operand<D> {
        let mean = self.mean();
        mean.clone() * (-mean + 1.0)
    }
}

impl<const D: usize> Entropy<D> for OneHotCategorical<D> {
    fn entropy(&self) -> Operand<D> {
        self.index.entropy()
    }
}
