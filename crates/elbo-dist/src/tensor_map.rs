//! Changes to all parameters of a distribution at once.

use burn::tensor::Tensor;

use crate::Operand;

/// Makes of each tensor among a distribution's parameters another, and of numbers tensors where it wants to.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Exponential, Moments, Operand, TensorMap};
///
/// struct Doubled;
///
/// impl TensorMap for Doubled {
///     fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
///         tensor * 2.0
///     }
/// }
///
/// let rate = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// let Operand::Tensor(mean) = Exponential::new(rate).with_tensors(&mut Doubled).mean() else {
///     panic!("made from a tensor")
/// };
/// assert_eq!(mean.into_scalar::<f32>(), 0.5);
/// ```
pub trait TensorMap {
    /// What becomes of `tensor`.
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D>;

    /// What becomes of a number: by default, it stays.
    fn number<const D: usize>(&mut self, number: f64) -> Operand<D> {
        Operand::Scalar(number)
    }
}

/// Makes every tensor a constant.
pub(crate) struct Constants;

impl TensorMap for Constants {
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
        tensor.inner()
    }
}
