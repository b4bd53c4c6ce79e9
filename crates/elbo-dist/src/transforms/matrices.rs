//! Bijections from vectors onto sets of matrices.

use std::f64::consts::LN_2;

use burn::tensor::Tensor;

use crate::linalg::{keep, unchecked_cholesky};
use crate::place::constant_like;
use crate::special::asinh;
use crate::transforms::triangle::{Triangle, length, sums};
use crate::{Support, Tanh, Transform};

/// The bijection onto the lower triangular matrices with a positive diagonal: `Lᵢᵢ = exp zᵢᵢ`, and
/// `Lᵢⱼ = zᵢⱼ` below it; `log |dL/dz| = Σ zᵢᵢ`.
///
/// # Shapes
/// `z` is `[.., 1, n (n + 1) / 2]`, the triangle row by row; `L` is `[.., n, n]`, and the log-determinant
/// `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{LowerCholesky, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.0, 5.0, 2.0_f32.ln()]], &Device::flex());
/// let (l, log_det) = LowerCholesky.forward_and_log_det(z);
/// assert_eq!(l.into_data().try_to_vec::<f32>().unwrap(), [1.0, 0.0, 5.0, 2.0]);
/// assert_eq!(log_det.into_scalar::<f32>(), 2.0_f32.ln());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowerCholesky;

impl<const D: usize> Transform<D> for LowerCholesky {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let whole = Triangle::Lower.fill(z);
        let (eye, below) = (keep(&whole, |i, j| i == j), keep(&whole, |i, j| i > j));
        let logs = whole.clone() * eye.clone();
        (whole * below + logs.clone().exp() * eye, total(logs))
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let logs = diagonal_or_one(x.clone()).log();
        let below = keep(&x, |i, j| i > j);
        (Triangle::Lower.take(x * below + logs.clone()), -total(logs))
    }

    from_triangle!(Triangle::Lower);

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        Some(Support::LowerCholesky { size: length(shape) })
    }
}

/// The bijection onto the symmetric positive definite matrices `A = L Lᵀ`, by their factor's
/// ([`LowerCholesky`]); of the lower triangle, `log |dA/dz| = n log 2 + Σᵢ (n - i + 2) zᵢᵢ` for `i = 1, .., n`.
///
/// # Shapes
/// `z` is `[.., 1, n (n + 1) / 2]`, `A` is `[.., n, n]`, and the log-determinant `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{PositiveDefinite, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.0, 5.0, 2.0_f32.ln()]], &Device::flex());
/// let (a, log_det) = PositiveDefinite.forward_and_log_det(z);
/// assert_eq!(a.into_data().try_to_vec::<f32>().unwrap(), [1.0, 5.0, 5.0, 29.0]);
/// assert!((log_det.into_scalar::<f32>() - 16.0_f32.ln()).abs() < 1e-6); // 2² · 2²
/// ```
///
/// # References
/// Muirhead (1982), *Aspects of Multivariate Statistical Theory*, theorem 2.1.9.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositiveDefinite;

impl<const D: usize> Transform<D> for PositiveDefinite {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let (l, log_det) = LowerCholesky.forward_and_log_det(z);
        let slope = log_slope_of_square(&l);
        (l.clone().matmul(l.swap_dims(D - 2, D - 1)), log_det + slope)
    }

    /// NaN where `x` has no factor.
    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let l = unchecked_cholesky(x);
        let slope = log_slope_of_square(&l);
        let (z, log_det) = LowerCholesky.inverse_and_log_det(l);
        (z, log_det - slope)
    }

    from_triangle!(Triangle::Lower);

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        Some(Support::PositiveDefinite { size: length(shape) })
    }
}

/// `log |d(L Lᵀ)/dL| = n log 2 + Σᵢ (n - i + 1) log Lᵢᵢ` for `i = 1, .., n`, of lower triangles.
pub(crate) fn log_slope_of_square<const D: usize>(l: &Tensor<D>) -> Tensor<D> {
    let n = l.dims()[D - 1];
    let mut shape = [1; D];
    shape[D - 2] = n;
    let weights = constant_like(l, (0..n).map(|i| (n - i) as f64).collect(), shape);
    total(diagonal_or_one(l.clone()).log() * weights) + n as f64 * LN_2
}

/// The bijection onto the Cholesky factors of correlation matrices, by partial correlations
/// `rᵢⱼ = tanh zᵢⱼ`: `Lᵢⱼ = rᵢⱼ √(Πₖ (1 - rᵢₖ²))` with the product over `k < j`, and `rᵢᵢ = 1`. Rows have
/// length 1; of what is below the diagonal,
/// `log |dL/dz| = Σ (log(1 - rᵢⱼ²) + ½ Σₖ log(1 - rᵢₖ²))` over `j < i` and `k < j`.
///
/// # Shapes
/// `z` is `[.., 1, n (n - 1) / 2]`, row by row; `L` is `[.., n, n]`, and the log-determinant `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{CorrCholesky, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.6_f32.atanh()]], &Device::flex());
/// let (l, log_det) = CorrCholesky.forward_and_log_det(z);
/// let l = l.into_data().try_to_vec::<f32>().unwrap();
/// assert!((l[2] - 0.6).abs() < 1e-6 && (l[3] - 0.8).abs() < 1e-6);
/// assert!((log_det.into_scalar::<f32>() - 0.64_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Lewandowski, Kurowicka & Joe (2009), *Generating random correlation matrices*, section 2; Stan
/// Development Team (2024), *Stan Reference Manual*, section "Cholesky factors of correlation matrices".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrCholesky;

impl<const D: usize> Transform<D> for CorrCholesky {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let (partial, log_rest) = Tanh.forward_and_log_det(Triangle::Strict.fill(z));
        let log_rest = log_rest.clone() * keep(&log_rest, |i, j| i > j);
        let log_length = log_lengths(log_rest.clone());
        let below = keep(&log_rest, |i, j| i > j);
        let log_det = total(log_rest + log_length.clone() * below);
        (from_partial(partial, log_length), log_det)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let n = x.dims()[D - 1];
        let square = x.clone().square();
        let below = keep(&x, |i, j| i > j);
        // Σ Lᵢₖ² over k ≥ j, and over k > j: what the first j, and one more, have left. 1 elsewhere.
        let one = -below.clone() + 1.0;
        let left = |part: &dyn Fn(usize, usize) -> bool| {
            square.clone().matmul(sums(&x, n, part)) * below.clone() + one.clone()
        };
        let (before, after) = (left(&|k, j| k >= j), left(&|k, j| k > j));
        let z = asinh(x.clone() / after.clone().sqrt());
        (Triangle::Strict.take(z), total(before.log() * 0.5 - after.log()))
    }

    from_triangle!(Triangle::Strict);

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        Some(Support::CorrCholesky { size: length(shape) })
    }
}

/// `½ Σₖ log(1 - rᵢₖ²)` over `k < j`, of logarithms that are 0 from the diagonal on.
pub(crate) fn log_lengths<const D: usize>(log_rest: Tensor<D>) -> Tensor<D> {
    let n = log_rest.dims()[D - 1];
    log_rest.clone().matmul(sums(&log_rest, n, |k, j| k < j)) * 0.5
}

/// The factor of partial correlations, which are 0 from the diagonal on, and the logarithms of what the
/// earlier ones leave of each row's length.
pub(crate) fn from_partial<const D: usize>(partial: Tensor<D>, log_length: Tensor<D>) -> Tensor<D> {
    let eye = keep(&partial, |i, j| i == j);
    (partial + eye) * log_length.exp()
}

/// The diagonal, and 1 off it.
fn diagonal_or_one<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let off = keep(&x, |i, j| i != j);
    x * (-off.clone() + 1.0) + off
}

/// The sum over each matrix.
fn total<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.sum_dim(D - 1).sum_dim(D - 2)
}
