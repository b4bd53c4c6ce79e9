use burn::tensor::{Float, Tensor};

use crate::distributions::Normal;
use crate::operands::operands;
use crate::shape::with_steps;
use crate::{
    DistError, Distribution, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Support, broadcast,
};

/// A walk of `T` steps from 0 with independent normal steps: `xₜ ~ N(xₜ₋₁, σₜ²)`, `x₀ = 0`.
///
/// `log p(x) = Σₜ log N(xₜ - xₜ₋₁; 0, σₜ²)`
///
/// # Shapes
/// `scale` is `[.., 1]` or `[.., T]`; values are `[.., T]`, and `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, GaussianRandomWalk};
///
/// let device = Device::flex();
/// let x = Tensor::<2>::from_floats([[1.0, 3.0, 2.0]], &device);
/// let walk = GaussianRandomWalk::new(Tensor::ones([1, 1], &device), 3);
/// let log_prob: f32 = walk.log_prob(x).into_scalar();
/// assert!((log_prob + 3.0 + 3.0 * 0.918_938_5).abs() < 1e-6); // steps 1, 2 and -1
/// ```
///
/// # References
/// Durbin & Koopman (2012), *Time Series Analysis by State Space Methods*, section 2.1.
#[derive(Clone, Debug)]
pub struct GaussianRandomWalk<const D: usize> {
    scale: Operand<D>,
    steps: usize,
}

impl<const D: usize> GaussianRandomWalk<D> {
    /// `steps` steps of deviation `scale > 0`.
    pub fn new(scale: Tensor<D>, steps: usize) -> Self {
        Self { scale: Operand::Tensor(scale), steps }
    }

    /// `scale` for each step.
    fn scales(&self) -> Tensor<D> {
        let scale = self.scale.tensor();
        match scale.dims()[D - 1] == self.steps {
            true => scale,
            false => scale.repeat_dim(D - 1, self.steps),
        }
    }
}

impl<const D: usize> Distribution<D> for GaussianRandomWalk<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("GaussianRandomWalk", scale: Positive);

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        (noise.normal(shape) * &self.scale).cumsum(D - 1)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let steps = value.clone() - lagged(value, 1);
        Normal::new(0.0, self.scales()).log_prob(steps).sum_dim(D - 1)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let shape = broadcast(self.name(), &self.parameters())?;
        if ![1, self.steps].contains(&shape[D - 1]) {
            let (distribution, steps) = (self.name(), self.steps);
            return Err(DistError::Steps { distribution, steps, shape: shape.to_vec() });
        }
        with_steps(self.name(), shape, D - 1, self.steps)
    }

    fn outline(&self) -> [usize; D] {
        let mut shape = self.scale.dims();
        shape[D - 1] = self.steps;
        shape
    }
}

/// `xₜ₋ₖ`, which is 0 before the first step.
pub(super) fn lagged<const D: usize>(x: Tensor<D>, k: usize) -> Tensor<D> {
    let steps = x.dims()[D - 1];
    let start = x.clone().inner().narrow(D - 1, 0, k.min(steps)).zeros_like();
    match steps.saturating_sub(k) {
        0 => start,
        kept => Tensor::cat(vec![start, x.narrow(D - 1, 0, kept)], D - 1),
    }
}

impl<const D: usize> Moments<D> for GaussianRandomWalk<D> {
    fn mean(&self) -> Operand<D> {
        Operand::Scalar(0.0)
    }

    /// `σ₁² + .. + σₜ²`
    fn variance(&self) -> Operand<D> {
        Operand::Tensor(self.scales().square().cumsum(D - 1))
    }
}

impl<const D: usize> Entropy<D> for GaussianRandomWalk<D> {
    fn entropy(&self) -> Operand<D> {
        let constant = self.steps as f64 * (HALF_LN_TWO_PI + 0.5);
        Operand::Tensor(self.scales().log().sum_dim(D - 1) + constant)
    }
}
