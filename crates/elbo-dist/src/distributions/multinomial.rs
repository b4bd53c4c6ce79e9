use burn::tensor::{Float, Tensor};

use crate::distributions::binomial::binomial;
use crate::special::log_softmax;
use crate::{
    Categorical, DistError, Distribution, Domain, ElementNoise, Moments, Noise, Operand, Parameter,
    Support, TensorMap, broadcast, lgamma, lgamma_scalar,
};

/// The multinomial distribution: how often each of `K` categories comes up in `n` draws.
///
/// `log p(x) = log n! + Σₖ (xₖ log pₖ - log xₖ!)`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `logits` and values are `[.., K]`; `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Multinomial};
///
/// let device = Device::flex();
/// let three = Multinomial::probs(3, Tensor::<2>::from_floats([[0.5, 0.25, 0.25]], &device));
/// let x = Tensor::<2>::from_floats([[1.0, 2.0, 0.0]], &device);
/// let log_prob: f32 = three.log_prob(x).into_scalar();
/// assert!((log_prob - (3.0_f32 / 32.0).ln()).abs() < 2e-6); // 3 · ½ · ¼²
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1997), *Discrete Multivariate Distributions*, chapter 35.
#[derive(Clone, Debug)]
pub struct Multinomial<const D: usize> {
    total_count: f64,
    each: Categorical<D>,
}

impl<const D: usize> Multinomial<D> {
    /// By unnormalized log-probabilities along the last axis, `-∞` for what cannot be.
    pub fn logits(total_count: u32, logits: Tensor<D>) -> Self {
        Self { total_count: f64::from(total_count), each: Categorical::logits(logits) }
    }

    /// By unnormalized probabilities along the last axis.
    pub fn probs(total_count: u32, probs: Tensor<D>) -> Self {
        Self { total_count: f64::from(total_count), each: Categorical::probs(probs) }
    }
}

impl<const D: usize> Distribution<D> for Multinomial<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "Multinomial"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.each.parameters()
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        let count = self.each.weights().dims()[D - 1];
        Support::Partition { count, total: self.total_count }
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { each: self.each.with_tensors(map), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let logits = Operand::Tensor(self.each.weights()).to_host(shape);
        partition(self.total_count, &logits, shape, noise)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let log_probs = log_softmax(self.each.weights(), D - 1);
        let each = value.clone() * log_probs;
        let none = value.clone().inner().equal_elem(0.0).expand(each.dims());
        let each = each.mask_fill(none, 0.0) - lgamma(value + 1.0);
        each.sum_dim(D - 1) + lgamma_scalar(self.total_count + 1.0)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        self.each.shape()?;
        broadcast(self.name(), &self.parameters())
    }

    fn check(&self) -> Result<(), DistError> {
        let total: Operand<D> = Operand::Scalar(self.total_count);
        Parameter::new("total_count", &total, Domain::Count).check(self.name())?;
        self.each.check()
    }
}

impl<const D: usize> Moments<D> for Multinomial<D> {
    fn mean(&self) -> Operand<D> {
        Operand::Tensor(log_softmax(self.each.weights(), D - 1).exp() * self.total_count)
    }

    fn variance(&self) -> Operand<D> {
        let probs = log_softmax(self.each.weights(), D - 1).exp();
        Operand::Tensor(probs.clone() * (-probs + 1.0) * self.total_count)
    }
}

/// Parts of `total` for each vector of unnormalized log-probabilities: each category's is binomial among
/// what the ones before it left.
pub(super) fn partition<const D: usize>(
    total: f64,
    logits: &[f64],
    shape: [usize; D],
    noise: &mut Noise,
) -> Tensor<D> {
    let count = shape[D - 1].max(1);
    let mut events = shape;
    events[D - 1] = 1;
    let values = noise.rejection_values(&events, |event, noise| {
        parts(total, &logits[event * count..(event + 1) * count], noise)
    });
    noise.place().tensor(values.concat(), shape)
}

fn parts(total: f64, logits: &[f64], noise: &mut ElementNoise) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|logit| (logit - most).exp()).collect();
    let (mut left, mut rest) = (total, weights.iter().sum::<f64>());
    let part = |(k, weight): (usize, &f64)| {
        rest = (rest - weight).max(0.0);
        let last = k + 1 == weights.len() || rest == 0.0;
        let part = if last { left } else { binomial(left, (weight / rest).ln(), noise) };
        left -= part;
        part
    };
    weights.iter().enumerate().map(part).collect()
}
