//! The score of a distribution.

use burn::tensor::{Gradients, Tensor};

use crate::{Distribution, TensorMap};

/// The squared length of the score, `|∂ log p(x) / ∂η|²` over all tensors `η` among the parameters, of each
/// event on its own; a constant. Numbers among the parameters do not count, and there is no score if all are.
///
/// # Shapes
/// That of `log_prob`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Normal, score_square};
///
/// let device = Device::flex();
/// let loc = Tensor::<2>::from_floats([[1.0]], &device); // shared by two draws
/// let x = Tensor::from_floats([[1.5], [3.0]], &device);
/// let square = score_square(&Normal::new(loc, 1.0), x); // (x - loc)²
/// assert_eq!(square.into_data().try_to_vec::<f32>().unwrap(), [0.25, 4.0]);
/// ```
pub fn score_square<const D: usize, P: Distribution<D>>(
    distribution: &P,
    value: Tensor<D, P::Kind>,
) -> Tensor<D> {
    let independent = D - distribution.event_rank();
    let mut leaves = Leaves { sizes: value.dims()[..independent].to_vec(), squares: Vec::new() };
    let log_prob = distribution.clone().with_tensors(&mut leaves).log_prob(value);
    let zero = log_prob.clone().inner().zeros_like();
    if !log_prob.is_tracked() {
        return zero;
    }
    let shape = zero.dims();
    let gradients = log_prob.backward();
    let squares = leaves.squares.iter().filter_map(|square| square(&gradients));
    squares.fold(zero, |sum, square| sum + square.reshape(shape))
}

/// Makes of each parameter a leaf with a number an independent element.
struct Leaves {
    /// The sizes of the axes of independent elements.
    sizes: Vec<usize>,
    /// The squared gradient of each leaf `[elements, 1]`, if it has one.
    squares: Vec<Square>,
}

type Square = Box<dyn Fn(&Gradients) -> Option<Tensor<2>>>;

impl TensorMap for Leaves {
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
        let mut shape = tensor.dims();
        for (size, wanted) in shape.iter_mut().zip(&self.sizes) {
            *size = (*size).max(*wanted);
        }
        let leaf = Tensor::from_inner(tensor.inner().expand(shape)).require_grad();
        let elements: usize = shape[..self.sizes.len()].iter().product();
        let rows = [elements, shape.iter().product::<usize>() / elements.max(1)];
        let handle = leaf.clone();
        self.squares.push(Box::new(move |gradients| {
            Some(handle.grad(gradients)?.square().reshape(rows).sum_dim(1))
        }));
        leaf
    }
}
