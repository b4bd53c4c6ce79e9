//! Independent copies of a distribution.

use std::any::Any;

use burn::tensor::Tensor;

use crate::shape::widest;
use crate::{
    Cdf, DistError, Distribution, Entropy, Moments, Noise, Operand, Parameter, Quantile, Support,
    TensorMap,
};

/// Independent copies of a base distribution, made by [`Distribution::iid`].
///
/// # Shapes
/// One draw has the shape that the base's shape and the given one broadcast to. An axis that
/// belongs to one event, the last of a [`Categorical`](crate::Categorical), takes no copies.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Normal};
///
/// let loc = Tensor::<2>::from_floats([[0.0], [5.0]], &Device::flex()); // [2, 1]
/// let copies = Normal::new(loc, 1.0).iid([1, 3]);
/// assert_eq!(copies.shape().unwrap(), [2, 3]);
/// let x = Tensor::<2>::from_floats([[0.0, 1.0, 2.0]], &Device::flex());
/// let log_prob = copies.log_prob(x).sum_dim(1).into_data().try_to_vec::<f32>().unwrap();
/// assert!((log_prob[0] - (-2.5 - 3.0 * 0.918_938_5)).abs() < 1e-5); // -½ (0 + 1 + 4) - ..
/// ```
#[derive(Clone, Debug)]
pub struct Iid<P, const D: usize> {
    base: P,
    shape: [usize; D],
}

impl<P, const D: usize> Iid<P, D> {
    /// Copies of `base` that fill `shape`.
    pub fn new(base: P, shape: [usize; D]) -> Self {
        Self { base, shape }
    }
}

impl<P: Distribution<D>, const D: usize> Iid<P, D> {
    fn mismatch(&self, base: [usize; D], event: Option<usize>) -> DistError {
        let event = event.map(|axis| format!(" with one event along axis {axis}"));
        let shapes = format!("base {base:?}{}, iid {:?}", event.unwrap_or_default(), self.shape);
        DistError::Broadcast { distribution: self.name(), shapes }
    }
}

impl<P: Distribution<D>, const D: usize> Distribution<D> for Iid<P, D> {
    type Kind = P::Kind;
    const REPARAMETERIZED: bool = P::REPARAMETERIZED;

    fn name(&self) -> &'static str {
        self.base.name()
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.base.parameters()
    }

    fn support(&self) -> Support {
        self.base.support()
    }

    fn erased(&self) -> &dyn Any {
        self.base.erased()
    }

    fn event_rank(&self) -> usize {
        self.base.event_rank()
    }

    fn is_proper(&self) -> bool {
        self.base.is_proper()
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { base: self.base.with_tensors(map), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D, Self::Kind> {
        self.base.draw(shape, noise)
    }

    fn log_prob(&self, value: Tensor<D, Self::Kind>) -> Tensor<D> {
        self.base.log_prob(value)
    }

    fn outline(&self) -> [usize; D] {
        let outline = self.base.outline();
        widest(outline, self.shape)
    }

    fn check(&self) -> Result<(), DistError> {
        self.base.check()
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let mut shape = self.base.shape()?;
        for axis in 0..D {
            let (size, copies) = (shape[axis], self.shape[axis]);
            let of_one_event = axis + self.event_rank() >= D;
            if copies != 1 && copies != size && (size != 1 || of_one_event) {
                return Err(self.mismatch(shape, of_one_event.then_some(axis)));
            }
            shape[axis] = if copies == 1 { size } else { copies };
        }
        Ok(shape)
    }
}

impl<P: Moments<D>, const D: usize> Moments<D> for Iid<P, D> {
    fn mean(&self) -> Operand<D> {
        self.base.mean()
    }

    fn variance(&self) -> Operand<D> {
        self.base.variance()
    }
}

/// Of each copy.
impl<P: Entropy<D>, const D: usize> Entropy<D> for Iid<P, D> {
    fn entropy(&self) -> Operand<D> {
        self.base.entropy()
    }
}

impl<P: Cdf<D>, const D: usize> Cdf<D> for Iid<P, D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        self.base.cdf(value)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.base.sf(value)
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        self.base.log_cdf(value)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.base.log_sf(value)
    }
}

impl<P: Quantile<D>, const D: usize> Quantile<D> for Iid<P, D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        self.base.icdf(p)
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        self.base.isf(p)
    }
}
