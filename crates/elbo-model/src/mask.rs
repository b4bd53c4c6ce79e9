//! Masks over elementwise log-probabilities.

use burn::tensor::{Bool, DType, Device, Tensor};

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
        let flat = match shape.iter().product::<usize>() {
            0 => Tensor::empty([0], &mask.device()), // where 0 in a reshape means "as it was"
            count => mask.reshape([count]),
        };
        Self { shape, flat }
    }

    /// The size of axis 0.
    pub fn particles(&self) -> usize {
        self.shape[0]
    }

    /// 1 where an element counts, on the host.
    pub fn numbers(&self) -> Vec<f64> {
        self.flat.clone().float().inner().into_data().iter::<f64>().collect()
    }

    pub fn device(&self) -> Device {
        self.flat.device()
    }

    pub fn dtype(&self) -> DType {
        self.flat.dtype()
    }

    /// Checks that the mask broadcasts to `shape`.
    pub fn check<const D: usize>(&self, site: &str, shape: [usize; D]) -> Result<(), ModelError> {
        let fits = self.shape.len() == D
            && self.shape.iter().zip(shape).all(|(mask, size)| *mask == size || *mask == 1);
        if fits {
            return Ok(());
        }
        let (site, mask) = (site.to_string(), self.shape.clone());
        Err(ModelError::Mask { site, shape: shape.to_vec(), mask })
    }

    /// Whether each element of `shape`, to which the mask broadcasts, is masked out.
    pub fn hidden<const D: usize>(&self, shape: [usize; D]) -> Tensor<D, Bool> {
        let own: [usize; D] = std::array::from_fn(|axis| self.shape[axis]);
        self.flat.clone().reshape(own).expand(shape).bool_not()
    }
}
