//! Independent copies of a distribution.

use burn::tensor::Tensor;

use crate::{DistError, Distribution, Noise, Operand, Support};

/// Independent copies of a base distribution, made by [`Distribution::iid`].
///
/// # Shapes
/// One draw has the shape that the base's shape and the given one broadcast to.
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

impl<P: Distribution<D>, const D: usize> Distribution<D> for Iid<P, D> {
    type Kind = P::Kind;
    const REPARAMETERIZED: bool = P::REPARAMETERIZED;

    fn name(&self) -> &'static str {
        self.base.name()
    }

    fn parameters(&self) -> Vec<(&'static str, &Operand<D>)> {
        self.base.parameters()
    }

    fn support(&self) -> Support {
        self.base.support()
    }

    fn detach(self) -> Self {
        Self { base: self.base.detach(), ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D, Self::Kind> {
        self.base.draw(shape, noise)
    }

    fn log_prob(&self, value: Tensor<D, Self::Kind>) -> Tensor<D> {
        self.base.log_prob(value)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let mut shape = self.base.shape()?;
        for (size, copies) in shape.iter_mut().zip(self.shape) {
            if *size == 1 {
                *size = copies;
            } else if copies != 1 && copies != *size {
                return Err(DistError::Broadcast {
                    distribution: self.name(),
                    shapes: format!("base {:?}, iid {:?}", self.base.shape()?, self.shape),
                });
            }
        }
        Ok(shape)
    }
}
