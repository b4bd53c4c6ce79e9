use burn::tensor::{Bool, Float, Tensor};

use crate::place::constant_like;
use crate::shape::widest;
use crate::{DistError, Distribution, Moments, Noise, Operand, Parameter, Support, TensorMap};

/// A distribution of which only some elements count: the others have log-density 0, whatever their value.
///
/// `log p(x) = log p₀(x)` where the mask is true, and 0 elsewhere
///
/// Draws are those of the base, masked or not. What is hidden may be anything, NaN too: an event inside the support takes
/// its place before the density is computed. (A program that validates its data looks at all of them; the trace's own
/// mask, `t.mask`, tells it which are hidden.) A hidden latent has no prior: its posterior is not proper.
///
/// # Shapes
/// The mask broadcasts to `log_prob`, and so has size 1 on the axes of an event.
///
/// # Example
/// ```
/// use burn::tensor::{Bool, Device, Tensor};
/// use elbo_dist::{Distribution, Masked, Normal};
///
/// let device = Device::flex();
/// let mask = Tensor::<2, Bool>::from_data([[true, false]], &device);
/// let x = Tensor::<2>::from_floats([[1.0, 99.0]], &device);
/// let log_prob = Masked::new(Normal::new(0.0, 1.0), mask).log_prob(x);
/// assert!((log_prob.sum().into_scalar::<f32>() + 0.5 + 0.918_938_5).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct Masked<P, const D: usize> {
    base: P,
    mask: Tensor<D, Bool>,
}

impl<P: Distribution<D, Kind = Float>, const D: usize> Masked<P, D> {
    /// The elements of `base` where `mask` is true.
    pub fn new(base: P, mask: Tensor<D, Bool>) -> Self {
        Self { base, mask }
    }

    /// Whether each element of `shape` is masked out.
    fn hidden(&self, shape: [usize; D]) -> Tensor<D, Bool> {
        self.mask.clone().expand(shape).bool_not()
    }
}

impl<P: Distribution<D, Kind = Float>, const D: usize> Distribution<D> for Masked<P, D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = P::REPARAMETERIZED;

    fn name(&self) -> &'static str {
        "Masked"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.base.parameters()
    }

    fn event_rank(&self) -> usize {
        self.base.event_rank()
    }

    fn support(&self) -> Support {
        self.base.support()
    }

    fn is_proper(&self) -> bool {
        self.base.is_proper()
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { base: self.base.with_tensors(map), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        self.base.draw(shape, noise)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let shape = widest(value.dims(), self.mask.dims());
        let support = self.support();
        let event = support.one_event::<D>().expect("values have room for an event");
        let inside = constant_like(&value, support.inner_event(), event).expand(shape);
        let value = value.expand(shape).mask_where(self.hidden(shape), inside);
        let log_prob = self.base.log_prob(value);
        let shape = log_prob.dims();
        log_prob.mask_fill(self.hidden(shape), 0.0)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let (shape, mask) = (self.base.shape()?, self.mask.dims());
        let events = D - self.event_rank();
        let fits = |axis: usize| match axis < events {
            true => {
                mask[axis] == shape[axis] || mask[axis] == 1 || shape[axis] == 1 && mask[axis] > 0
            }
            false => mask[axis] == 1,
        };
        if !(0..D).all(fits) {
            let (distribution, shape) = (self.name(), shape.to_vec());
            return Err(DistError::Mask { distribution, mask: mask.to_vec(), shape });
        }
        Ok(widest(shape, mask))
    }

    fn outline(&self) -> [usize; D] {
        widest(self.base.outline(), self.mask.dims())
    }

    fn check(&self) -> Result<(), DistError> {
        self.base.check()
    }
}

/// Of the draws, which a mask leaves as they are.
impl<P, const D: usize> Moments<D> for Masked<P, D>
where
    P: Moments<D> + Distribution<D, Kind = Float>,
{
    fn mean(&self) -> Operand<D> {
        self.base.mean()
    }

    fn variance(&self) -> Operand<D> {
        self.base.variance()
    }
}
