//! Bijections, with their log-determinants.

/// The shapes of a bijection from vectors to those that are one number longer.
macro_rules! one_longer {
    () => {
        fn event_rank(&self) -> usize {
            1
        }

        fn forward_shape(&self, shape: &[usize]) -> Vec<usize> {
            $crate::transforms::triangle::longer(shape)
        }

        fn inverse_shape(&self, shape: &[usize]) -> Vec<usize> {
            $crate::transforms::triangle::shorter(shape)
        }
    };
}

/// The shapes of a bijection from the packed triangles of matrices.
macro_rules! from_triangle {
    ($triangle:expr) => {
        fn event_rank(&self) -> usize {
            2
        }

        fn forward_shape(&self, shape: &[usize]) -> Vec<usize> {
            $triangle.forward_shape(shape)
        }

        fn inverse_shape(&self, shape: &[usize]) -> Vec<usize> {
            $triangle.inverse_shape(shape)
        }
    };
}

mod elementary;
mod maps;
mod matrices;
mod stick_breaking;
pub(crate) mod triangle;
mod vectors;

use burn::tensor::Tensor;

pub use elementary::{Above, Below, Exp, Identity, Interval};
pub use maps::{Affine, Chain, Inverse, Power, Softplus, Tanh};
pub use matrices::{CorrCholesky, LowerCholesky, PositiveDefinite};
pub(crate) use matrices::{from_partial, log_lengths, log_slope_of_square};
pub use stick_breaking::StickBreaking;
pub use vectors::{Ordered, Permutation, Stereographic, ZeroSum};

use crate::Support;

/// A bijection `x = f(z)`: of each element, of the vectors along the last axis, or of the matrices along
/// the last two.
///
/// # Shapes
/// Elementwise, value and log-determinant have the shape of the argument. Of vectors and matrices the last
/// axes may have other sizes in `x` than in `z`, and have size 1 in the log-determinant.
pub trait Transform<const D: usize>: Send + Sync + 'static {
    /// `f(z)` and `log |dx/dz|` at `z`.
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>);

    /// `f⁻¹(x)` and `log |dz/dx|` at `x`.
    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>);

    /// How many of the last axes are mapped together: none, 1 of vectors, 2 of matrices.
    fn event_rank(&self) -> usize {
        0
    }

    /// Whether its numbers make it a bijection: finite, with a scale that is not 0, ends in order.
    fn is_bijection(&self) -> bool {
        true
    }

    /// The shape of `f(z)` for a `z` of `shape`.
    fn forward_shape(&self, shape: &[usize]) -> Vec<usize> {
        shape.to_vec()
    }

    /// The shape of `f⁻¹(x)` for an `x` of `shape`.
    fn inverse_shape(&self, shape: &[usize]) -> Vec<usize> {
        shape.to_vec()
    }

    /// What is mapped, for a `z` of `shape`, if that is known: the real line, unless said otherwise.
    fn domain(&self, _shape: &[usize]) -> Option<Support> {
        Some(Support::Real)
    }

    /// Where the domain is mapped to, for an `x` of `shape`, if that is known.
    fn codomain(&self, _shape: &[usize]) -> Option<Support> {
        Some(Support::Real)
    }
}

/// The sum of a log-determinant or log-probability of events of rank `own` over the rest of events of rank
/// `event`.
pub(crate) fn over_event<const D: usize>(log: Tensor<D>, own: usize, event: usize) -> Tensor<D> {
    (own..event).fold(log, |log, axis| log.sum_dim(D - 1 - axis))
}
