//! Bijections of vectors along the last axis.

use burn::tensor::{Int, Tensor, TensorData};

use crate::place::constant_like;
use crate::transforms::triangle::{length, sums, with_length};
use crate::{DistError, Support, Transform, log1p};

/// `x₁ = z₁`, `xₖ = xₖ₋₁ + exp zₖ`, onto the increasing vectors; `log |dx/dz| = z₂ + .. + z_K`.
///
/// # Shapes
/// `z` and `x` are `[.., K]`, the log-determinant `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Ordered, Transform};
///
/// let z = Tensor::<2>::from_floats([[-1.0, 0.0, 2.0_f32.ln()]], &Device::flex());
/// let (x, log_det) = Ordered.forward_and_log_det(z);
/// let x = x.into_data().try_to_vec::<f32>().unwrap();
/// assert!((x[1] - 0.0).abs() < 1e-6 && (x[2] - 2.0).abs() < 1e-6);
/// assert!((log_det.into_scalar::<f32>() - 2.0_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Stan Development Team (2024), *Stan Reference Manual*, section "Ordered vector".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ordered;

impl<const D: usize> Transform<D> for Ordered {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let count = z.dims()[D - 1];
        if count == 1 {
            return (z.clone(), none(&z));
        }
        let (first, rest) = (z.clone().narrow(D - 1, 0, 1), z.narrow(D - 1, 1, count - 1));
        let steps = Tensor::cat(vec![first, rest.clone().exp()], D - 1);
        let x = steps.clone().matmul(sums(&steps, count, |j, k| j <= k));
        (x, rest.sum_dim(D - 1))
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let rest = x.dims()[D - 1] - 1;
        if rest == 0 {
            return (x.clone(), none(&x));
        }
        let (low, high) = (x.clone().narrow(D - 1, 0, rest), x.clone().narrow(D - 1, 1, rest));
        let steps = (high - low).log();
        let z = Tensor::cat(vec![x.narrow(D - 1, 0, 1), steps.clone()], D - 1);
        (z, -steps.sum_dim(D - 1))
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        Some(Support::Ordered { count: length(shape) })
    }
}

/// `x = z H`, onto the vectors that add up to 0, by the orthonormal rows
/// `hₖ = (1, .., 1, -k, 0, .., 0) / √(k (k + 1))` with `k` ones; distances stay, and `log |dx/dz| = 0`.
///
/// # Shapes
/// `z` is `[.., K - 1]`, `x` is `[.., K]`, and the log-determinant `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Transform, ZeroSum};
///
/// let z = Tensor::<2>::from_floats([[2.0_f32.sqrt(), 0.0]], &Device::flex());
/// let x = ZeroSum.forward_and_log_det(z).0.into_data().try_to_vec::<f32>().unwrap();
/// assert!((x[0] - 1.0).abs() < 1e-6 && (x[1] + 1.0).abs() < 1e-6 && x[2] == 0.0);
/// ```
///
/// # References
/// Egozcue et al. (2003), *Isometric logratio transformations*, equation 18: the same basis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZeroSum;

impl<const D: usize> Transform<D> for ZeroSum {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let basis = helmert(&z, z.dims()[D - 1]);
        let zero = none(&z);
        (z.matmul(basis), zero)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let basis = helmert(&x, x.dims()[D - 1] - 1);
        let zero = none(&x);
        (x.matmul(basis.swap_dims(D - 2, D - 1)), zero)
    }

    one_longer!();

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        Some(Support::ZeroSum { count: length(shape) })
    }
}

/// The rows `h₁, .., h_rows` of length `rows + 1`.
fn helmert<const D: usize>(like: &Tensor<D>, rows: usize) -> Tensor<D> {
    let element = |row: usize, column: usize| {
        let k = (row + 1) as f64;
        let entry = match column {
            column if column <= row => 1.0,
            column if column == row + 1 => -k,
            _ => 0.0,
        };
        entry / (k * (k + 1.0)).sqrt()
    };
    let columns = rows + 1;
    let elements = (0..rows * columns).map(|i| element(i / columns, i % columns)).collect();
    let mut shape = [1; D];
    shape[D - 2..].copy_from_slice(&[rows, columns]);
    constant_like(like, elements, shape)
}

/// A log-determinant of 0 for each vector.
fn none<const D: usize>(like: &Tensor<D>) -> Tensor<D> {
    like.clone().inner().narrow(D - 1, 0, 1).zeros_like()
}

/// `x = (2 z, |z|² - 1) / (|z|² + 1)`, onto the sphere of unit vectors but for its pole `(0, .., 0, 1)`;
/// `log |dx/dz| = (K - 1) (log 2 - log(1 + |z|²))`, by which the surface grows.
///
/// # Shapes
/// `z` is `[.., K - 1]`, `x` is `[.., K]`, and the log-determinant `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Stereographic, Transform};
///
/// let z = Tensor::<2>::from_floats([[2.0, 0.0]], &Device::flex());
/// let (x, log_det) = Stereographic.forward_and_log_det(z);
/// let x = x.into_data().try_to_vec::<f32>().unwrap();
/// assert!((x[0] - 0.8).abs() < 1e-6 && (x[2] - 0.6).abs() < 1e-6);
/// assert!((log_det.into_scalar::<f32>() - 2.0 * 0.4_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// do Carmo (1976), *Differential Geometry of Curves and Surfaces*, section 2.2, exercise 16.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stereographic;

impl<const D: usize> Transform<D> for Stereographic {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let axes = z.dims()[D - 1] as f64;
        let square = z.clone().square().sum_dim(D - 1);
        let scale = (square.clone() + 1.0).recip();
        let last = (square.clone() - 1.0) * scale.clone();
        let x = Tensor::cat(vec![z * scale * 2.0, last], D - 1);
        (x, (-log1p(square) + std::f64::consts::LN_2) * axes)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let axes = x.dims()[D - 1] - 1;
        let gap = -x.clone().narrow(D - 1, axes, 1) + 1.0; // 2 / (|z|² + 1)
        (x.narrow(D - 1, 0, axes) / gap.clone(), gap.log() * -(axes as f64))
    }

    one_longer!();

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        Some(Support::UnitVector { count: length(shape) })
    }
}

/// `xₖ = z_{order k}`, another order of the elements; `log |dx/dz| = 0`.
///
/// # Shapes
/// `z` and `x` are `[.., K]`, the log-determinant `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Permutation, Transform};
///
/// let z = Tensor::<2>::from_floats([[5.0, 6.0, 7.0]], &Device::flex());
/// let (x, _) = Permutation::new(vec![2, 0, 1]).unwrap().forward_and_log_det(z);
/// assert_eq!(x.into_data().try_to_vec::<f32>().unwrap(), [7.0, 5.0, 6.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Permutation {
    order: Vec<usize>,
    back: Vec<usize>,
}

impl Permutation {
    /// The order in which the elements are taken.
    ///
    /// # Errors
    /// [`DistError::Permutation`] if `order` does not have each of `0, 1, .., K - 1` once.
    pub fn new(order: Vec<usize>) -> Result<Self, DistError> {
        let mut back = vec![order.len(); order.len()];
        for (position, &taken) in order.iter().enumerate() {
            match back.get_mut(taken) {
                Some(slot) if *slot == order.len() => *slot = position,
                _ => return Err(DistError::Permutation { order }),
            }
        }
        Ok(Self { order, back })
    }
}

impl<const D: usize> Transform<D> for Permutation {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let zero = none(&z);
        (chosen(z, &self.order), zero)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let zero = none(&x);
        (chosen(x, &self.back), zero)
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn forward_shape(&self, shape: &[usize]) -> Vec<usize> {
        with_length(shape, |_| self.order.len())
    }

    fn inverse_shape(&self, shape: &[usize]) -> Vec<usize> {
        with_length(shape, |_| self.order.len())
    }
}

fn chosen<const D: usize>(x: Tensor<D>, order: &[usize]) -> Tensor<D> {
    let positions = order.iter().map(|k| *k as i64).collect::<Vec<_>>();
    let positions = TensorData::new(positions, [order.len()]);
    x.clone().select(D - 1, Tensor::<1, Int>::from_data(positions, &x.device().inner()))
}
