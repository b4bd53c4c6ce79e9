//! Factorizations and solves of small matrices, in batches and with gradients.
//!
//! Values are compositions of tensor operations, block by block, computed without a graph: about `10 n` of
//! them for matrices of `n` rows, most of them products. Gradients are tied to the arguments by the
//! differential of the result, a few products more.

use burn::tensor::Tensor;

use crate::place::constant_like;
use crate::{DistError, unravel};

/// The lower factor `L` of a symmetric positive definite `A = L Lᵀ`, of which the lower triangle is read.
///
/// With `dL = L Φ(L⁻¹ dA L⁻ᵀ)`, where `Φ` keeps the lower triangle and halves the diagonal. The result's
/// residual `L Lᵀ - A` is about `n ε` of `A`.
///
/// # Shapes
/// `[.., n, n]`, with any leading axes.
///
/// # Errors
/// [`DistError::NotPositiveDefinite`] with the first matrix that is not; reads one number a matrix.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let a = Tensor::<2>::from_floats([[4.0, 2.0], [2.0, 5.0]], &Device::flex());
/// let l = elbo_dist::cholesky(a).unwrap().into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(l, [2.0, 0.0, 1.0, 2.0]);
/// ```
///
/// # References
/// Golub & Van Loan (2013), *Matrix Computations*, section 4.2; gradient: Murray (2016), *Differentiation
/// of the Cholesky decomposition*, equation 8.
pub fn cholesky<const D: usize>(a: Tensor<D>) -> Result<Tensor<D>, DistError> {
    let l = unchecked_cholesky(a);
    check(&l.clone().inner())?;
    Ok(l)
}

/// [`cholesky`] for programs, which cannot return an error: a matrix that has no factor gets one with NaN, and the other
/// particles their own. Reads nothing to the host.
///
/// # Shapes
/// `[.., n, n]`, with any leading axes.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let a = Tensor::<3>::from_floats([[[4.0]], [[-1.0]]], &Device::flex());
/// let l = elbo_dist::unchecked_cholesky(a).into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(l[0], 2.0);
/// assert!(l[1].is_nan());
/// ```
pub fn unchecked_cholesky<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    let constant = a.clone().inner();
    let l = factor(constant.clone());
    if !a.is_tracked() {
        return l;
    }
    let inverse = inverse_of_lower(l.clone());
    let change = lower(a - constant);
    let diagonal = keep(&change, |i, j| i == j);
    // The upper triangle mirrors the lower one, which counts twice but for the diagonal.
    let symmetric = change.clone() + change.clone().swap_dims(D - 2, D - 1) - change * diagonal;
    let inner = inverse.clone().matmul(symmetric).matmul(inverse.swap_dims(D - 2, D - 1));
    let half = keep(&l, |i, j| i > j) + keep(&l, |i, j| i == j) * 0.5;
    l.clone().matmul(inner * half) + l
}

/// `X` with `L X = B`, for a lower triangular `L`; what lies above its diagonal is not read.
///
/// # Shapes
/// `L` is `[.., n, n]`, `B` is `[.., n, m]`; leading axes broadcast.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let l = Tensor::<2>::from_floats([[2.0, 0.0], [1.0, 4.0]], &device);
/// let b = Tensor::<2>::from_floats([[2.0], [9.0]], &device);
/// let x = elbo_dist::solve_lower(l, b).into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(x, [1.0, 2.0]);
/// ```
///
/// # References
/// Golub & Van Loan (2013), *Matrix Computations*, section 3.1; by the inverse of diagonal blocks.
pub fn solve_lower<const D: usize>(l: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let (l0, b0) = (lower(l.clone().inner()), b.clone().inner());
    let inverse = inverse_of_lower(l0.clone());
    let x = inverse.clone().matmul(b0.clone());
    if !l.is_tracked() && !b.is_tracked() {
        return x;
    }
    // dX = L⁻¹ (dB - dL X)
    let change = (b - b0) - lower(l - l0).matmul(x.clone());
    inverse.matmul(change) + x
}

/// `X` with `Lᵀ X = B`, for a lower triangular `L`.
///
/// # Shapes
/// As [`solve_lower`].
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let l = Tensor::<2>::from_floats([[2.0, 0.0], [1.0, 4.0]], &device);
/// let b = Tensor::<2>::from_floats([[4.0], [8.0]], &device);
/// let x = elbo_dist::solve_lower_transposed(l, b).into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(x, [1.0, 2.0]);
/// ```
pub fn solve_lower_transposed<const D: usize>(l: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let (l0, b0) = (lower(l.clone().inner()), b.clone().inner());
    let inverse = inverse_of_lower(l0.clone()).swap_dims(D - 2, D - 1);
    let x = inverse.clone().matmul(b0.clone());
    if !l.is_tracked() && !b.is_tracked() {
        return x;
    }
    // dX = L⁻ᵀ (dB - dLᵀ X)
    let change = (b - b0) - lower(l - l0).swap_dims(D - 2, D - 1).matmul(x.clone());
    inverse.matmul(change) + x
}

/// `X` with `X L = B`, for a lower triangular `L`: the transpose of `Lᵀ Xᵀ = Bᵀ`.
///
/// # Shapes
/// `B` is `[.., m, n]`, `L` is `[.., n, n]`; leading axes broadcast.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let l = Tensor::<2>::from_floats([[2.0, 0.0], [1.0, 4.0]], &device);
/// let b = Tensor::<2>::from_floats([[4.0, 8.0]], &device);
/// let x = elbo_dist::solve_right(b, l).into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(x, [1.0, 2.0]);
/// ```
pub fn solve_right<const D: usize>(b: Tensor<D>, l: Tensor<D>) -> Tensor<D> {
    solve_lower_transposed(l, b.swap_dims(D - 2, D - 1)).swap_dims(D - 2, D - 1)
}

/// `log |L Lᵀ| = 2 Σ log Lᵢᵢ`.
///
/// # Shapes
/// `L` is `[.., n, n]`, the result `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let l = Tensor::<2>::from_floats([[2.0, 0.0], [1.0, 4.0]], &Device::flex());
/// assert!((elbo_dist::log_det(l).into_scalar::<f32>() - 64.0_f32.ln()).abs() < 1e-6);
/// ```
pub fn log_det<const D: usize>(l: Tensor<D>) -> Tensor<D> {
    diagonal(&l).log().sum_dim(D - 2) * 2.0
}

/// The diagonal of a square matrix, as a column `[.., n, 1]`.
pub(crate) fn diagonal<const D: usize>(x: &Tensor<D>) -> Tensor<D> {
    (x.clone() * keep(x, |i, j| i == j)).sum_dim(D - 1)
}

/// `(W Wᵀ + diag d)⁻¹ B` and `log |W Wᵀ + diag d|`, for a `W` of few columns.
///
/// By the identities of Woodbury and of the matrix determinant, through the factor of the `r` by `r`
/// capacitance `C = I + Wᵀ diag(1/d) W`:
/// `(1/d) (B - W C⁻¹ Wᵀ B/d)` and `log |C| + Σ log d`.
///
/// # Shapes
/// `W` is `[.., n, r]`, `d` is `[.., n, 1]` and positive, `B` is `[.., n, m]`; the results are `[.., n, m]`
/// and `[.., 1, 1]`.
///
/// # Errors
/// [`DistError::NotPositiveDefinite`] if a `d` is not positive, or numbers are not finite.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let w = Tensor::<2>::from_floats([[1.0], [1.0]], &device);
/// let d = Tensor::<2>::from_floats([[1.0], [2.0]], &device);
/// let b = Tensor::<2>::from_floats([[3.0], [4.0]], &device); // of [[2, 1], [1, 3]] and (1, 1)
/// let (x, log_det) = elbo_dist::low_rank_solve(w, d, b).unwrap();
/// let x = x.into_data().try_to_vec::<f32>().unwrap();
/// assert!((x[0] - 1.0).abs() < 1e-6 && (x[1] - 1.0).abs() < 1e-6);
/// assert!((log_det.into_scalar::<f32>() - 5.0_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Woodbury (1950), *Inverting modified matrices*; Golub & Van Loan (2013), section 2.1.4.
pub fn low_rank_solve<const D: usize>(
    w: Tensor<D>,
    d: Tensor<D>,
    b: Tensor<D>,
) -> Result<(Tensor<D>, Tensor<D>), DistError> {
    let l = capacitance(&w, &d);
    let (x, log_det) = solve_by_capacitance(w.clone(), d, l, b);
    let found: Vec<f64> = log_det.clone().inner().into_data().iter::<f64>().collect();
    match found.iter().position(|log_det| !log_det.is_finite()) {
        None => Ok((x, log_det)),
        Some(position) => {
            let index = unravel(position, &log_det.dims()[..D - 2]);
            Err(DistError::NotPositiveDefinite { index, size: w.dims()[D - 2] })
        }
    }
}

/// The factor of `I + Wᵀ diag(1/d) W`, which is positive definite if each `d` is positive.
pub(crate) fn capacitance<const D: usize>(w: &Tensor<D>, d: &Tensor<D>) -> Tensor<D> {
    let inner = w.clone().swap_dims(D - 2, D - 1).matmul(w.clone() / d.clone());
    unchecked_cholesky(inner.clone() + keep(&inner, |i, j| i == j))
}

/// [`low_rank_solve`] with the factor of the [`capacitance`].
pub(crate) fn solve_by_capacitance<const D: usize>(
    w: Tensor<D>,
    d: Tensor<D>,
    l: Tensor<D>,
    b: Tensor<D>,
) -> (Tensor<D>, Tensor<D>) {
    let scaled = w / d.clone();
    let log_det = log_det(l.clone()) + d.clone().log().sum_dim(D - 2);
    let reduced = scaled.clone().swap_dims(D - 2, D - 1).matmul(b.clone());
    let solved = solve_lower_transposed(l.clone(), solve_lower(l, reduced));
    (b / d - scaled.matmul(solved), log_det)
}

/// The factor by blocks: `[[L₁, 0], [C L₁⁻ᵀ, L₂]]` with `L₂` the factor of `A₂ - C L₁⁻ᵀ L₁⁻¹ Cᵀ`.
fn factor<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    let n = a.dims()[D - 1];
    if n <= 1 {
        return a.sqrt();
    }
    let [first, corner, last] = blocks(&a);
    let l = factor(first);
    let side = corner.matmul(inverse_of_lower(l.clone()).swap_dims(D - 2, D - 1));
    let rest = last - side.clone().matmul(side.clone().swap_dims(D - 2, D - 1));
    join(l, side, factor(rest))
}

/// The inverse by blocks: `[[L₁⁻¹, 0], [-L₂⁻¹ C L₁⁻¹, L₂⁻¹]]`.
fn inverse_of_lower<const D: usize>(l: Tensor<D>) -> Tensor<D> {
    if l.dims()[D - 1] <= 1 {
        return l.recip();
    }
    let [first, corner, last] = blocks(&l);
    let (first, last) = (inverse_of_lower(first), inverse_of_lower(last));
    let corner = last.clone().matmul(corner).matmul(first.clone());
    join(first, -corner, last)
}

/// The first diagonal block, the one below it, and the last, cut in the middle.
fn blocks<const D: usize>(a: &Tensor<D>) -> [Tensor<D>; 3] {
    let n = a.dims()[D - 1];
    let (half, rest) = (n / 2, n - n / 2);
    let top = a.clone().narrow(D - 2, 0, half);
    let bottom = a.clone().narrow(D - 2, half, rest);
    [
        top.narrow(D - 1, 0, half),
        bottom.clone().narrow(D - 1, 0, half),
        bottom.narrow(D - 1, half, rest),
    ]
}

/// `[[first, 0], [corner, last]]`.
fn join<const D: usize>(first: Tensor<D>, corner: Tensor<D>, last: Tensor<D>) -> Tensor<D> {
    let zeros = corner.clone().swap_dims(D - 2, D - 1).zeros_like();
    let top = Tensor::cat(vec![first, zeros], D - 1);
    Tensor::cat(vec![top, Tensor::cat(vec![corner, last], D - 1)], D - 2)
}

/// `a` with zeros above the diagonal.
pub(crate) fn lower<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    let kept = keep(&a, |i, j| i >= j);
    a * kept
}

/// 1 where `here(row, column)`, and 0 elsewhere.
pub(crate) fn keep<const D: usize>(
    like: &Tensor<D>,
    here: impl Fn(usize, usize) -> bool,
) -> Tensor<D> {
    let n = like.dims()[D - 1];
    let ones = (0..n * n).map(|i| f64::from(u8::from(here(i / n, i % n)))).collect::<Vec<_>>();
    let mut shape = [1; D];
    shape[D - 2..].copy_from_slice(&[n, n]);
    constant_like(like, ones, shape)
}

/// Checks the last element of each factor, which is NaN if any before it is, and that all are finite.
fn check<const D: usize>(l: &Tensor<D>) -> Result<(), DistError> {
    let dims = l.dims();
    let n = dims[D - 1];
    if n == 0 {
        return Ok(());
    }
    let last = l.clone().narrow(D - 2, n - 1, 1).narrow(D - 1, n - 1, 1);
    let sum = l.clone().sum_dim(D - 1).sum_dim(D - 2); // times 0 it is NaN if it is not finite
    let sound: Vec<f64> = (last + sum * 0.0).into_data().iter::<f64>().collect();
    // Of a semidefinite matrix the last element is 0.
    match sound.iter().position(|x| x.is_nan() || *x <= 0.0) {
        None => Ok(()),
        Some(position) => {
            let index = unravel(position, &dims[..D - 2]);
            Err(DistError::NotPositiveDefinite { index, size: n })
        }
    }
}
