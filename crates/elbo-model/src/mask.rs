//! Masks over elementwise log-probabilities.

use burn::tensor::{Bool, Tensor};

use crate::ModelError;

/// A mask of any rank: true where an element counts.
#[derive(Clone)]
pub(crate) struct Mask {
    shape: Vec<usize>,
    flat: Tensor<1, Bool>,
}

impl Mask {
    pub fn new<const D: usize>(mask: Tensor<D, Bool>) -> Self {
        let shape = mask.dims().to_vec();
        let count = shape.iter().product::<usize>();
        Self { shape, flat: mask.reshape([count]) }
    }

    /// The log-probability with 0 where the mask is false.
    pub fn apply<const D: usize>(
        &self,
        site: &str,
        log_prob: Tensor<D>,
    ) -> Result<Tensor<D>, ModelError> {
        let hidden = self.hidden(site, log_prob.dims())?;
        Ok(log_prob.mask_fill(hidden, 0.0))
    }

    /// Whether each element of `shape` is masked out.
    pub fn hidden<const D: usize>(
        &self,
        site: &str,
        shape: [usize; D],
    ) -> Result<Tensor<D, Bool>, ModelError> {
        let fits = self.shape.len() == D
            && self.shape.iter().zip(shape).all(|(mask, size)| *mask == size || *mask == 1);
        if !fits {
            return Err(ModelError::Mask {
                site: site.to_string(),
                shape: shape.to_vec(),
                mask: self.shape.clone(),
            });
        }
        let own: [usize; D] = std::array::from_fn(|axis| self.shape[axis]);
        Ok(self.flat.clone().reshape(own).expand(shape).bool_not())
    }
}
