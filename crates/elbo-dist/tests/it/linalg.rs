//! Factorizations, solves and their gradients.

use burn::tensor::{Device, Tensor};
use elbo_dist::{
    Noise, cholesky, log_det, low_rank_solve, solve_lower, solve_lower_transposed, solve_right,
};
use elbo_testkit::{assert_close, assert_gradient};

use crate::{double, host, single};

/// `Z Zᵀ / n + I` for normal `Z`: four matrices, in two by two batches.
fn definite(n: usize) -> Tensor<4> {
    let z = Noise::new(1, double()).normal([2, 2, n, n]);
    let eye = Tensor::<2>::eye(n, double().device()).cast(double().dtype());
    z.clone().matmul(z.swap_dims(2, 3)) / n as f64 + eye.reshape([1, 1, n, n])
}

#[test]
fn the_factor_squares_to_the_matrix_and_is_lower() {
    for n in [1, 2, 3, 5, 8, 33] {
        let a = definite(n);
        let l = cholesky(a.clone()).unwrap();
        let back = l.clone().matmul(l.clone().swap_dims(2, 3));
        assert_close(&host(back), &host(a.clone()), 1e-13, 1e-13);
        let rows = host(l);
        let above = rows.iter().enumerate().filter(|(i, _)| i / n % n < i % n);
        assert!(above.clone().all(|(_, x)| *x == 0.0));
        let single: Tensor<4> = single().tensor(host(a.clone()), [2, 2, n, n]);
        let l = cholesky(single).unwrap();
        assert_close(&host(l.clone().matmul(l.swap_dims(2, 3))), &host(a), 2e-6, 2e-6);
    }
}

/// Of the Hilbert matrix of 8 rows, whose condition is 1.5e10; its determinant is 2.737e-33 (Sloane &
/// Plouffe 1995, A005249: 1/365356847125734485878112256000000).
#[test]
fn a_matrix_of_bad_condition_keeps_its_determinant() {
    let n = 8;
    let hilbert = (0..n * n).map(|k| 1.0 / ((k / n + k % n + 1) as f64)).collect();
    let l = cholesky(double().tensor::<2>(hilbert, [n, n])).unwrap();
    let exact = -(365_356_847_125_734_485_878_112_256_000_000.0_f64).ln();
    // The smallest eigenvalue is 1e-10: an error of 1e-16 in it is 1e-6 of it.
    assert_close(&host(log_det(l)), &[exact], 0.0, 1e-5);
}

#[test]
fn solves_undo_products_on_both_sides() {
    for n in [1, 4, 7] {
        let l = cholesky(definite(n)).unwrap();
        let x = Noise::new(2, double()).normal([2, 2, n, 3]);
        let flat = |x: Tensor<4>| host(x);
        let solved = solve_lower(l.clone(), l.clone().matmul(x.clone()));
        assert_close(&flat(solved), &flat(x.clone()), 1e-12, 1e-13);
        let upper = l.clone().swap_dims(2, 3);
        let solved = solve_lower_transposed(l.clone(), upper.matmul(x.clone()));
        assert_close(&flat(solved), &flat(x.clone()), 1e-12, 1e-13);
        let left = x.swap_dims(2, 3);
        let solved = solve_right(left.clone().matmul(l.clone()), l);
        assert_close(&flat(solved), &flat(left), 1e-12, 1e-13);
    }
}

/// What lies above the diagonal is not read.
#[test]
fn a_factor_is_read_from_the_diagonal_down() {
    let place = double();
    let whole: Tensor<2> = place.tensor(vec![2.0, 7.0, 1.0, 4.0], [2, 2]);
    let b: Tensor<2> = place.tensor(vec![2.0, 9.0], [2, 1]);
    assert_eq!(host(solve_lower(whole.clone(), b.clone())), [1.0, 2.0]);
    let b: Tensor<2> = place.tensor(vec![4.0, 8.0], [2, 1]);
    assert_eq!(host(solve_lower_transposed(whole, b)), [1.0, 2.0]);
    let half: Tensor<2> = place.tensor(vec![4.0, f64::NAN, 2.0, 5.0], [2, 2]);
    assert_eq!(host(cholesky(half).unwrap()), [2.0, 0.0, 1.0, 2.0]);
}

#[test]
fn low_rank_identities_agree_with_the_full_matrix() {
    let (n, r) = (6, 2);
    let w = Noise::new(3, double()).normal([2, n, r]);
    let d = Noise::new(4, double()).normal([2, n, 1]).exp();
    let b = Noise::new(5, double()).normal([2, n, 3]);
    let (x, log) = low_rank_solve(w.clone(), d.clone(), b.clone()).unwrap();
    let eye = Tensor::<2>::eye(n, double().device()).cast(double().dtype()).reshape([1, n, n]);
    let full = w.clone().matmul(w.swap_dims(1, 2)) + eye * d;
    assert_close(&host(full.clone().matmul(x)), &host(b), 1e-12, 1e-12);
    let l = cholesky(full).unwrap();
    assert_close(&host(log), &host(log_det(l)), 1e-12, 1e-13);
}

/// Of the lower triangle, which is what is read.
#[test]
fn factors_and_solves_have_their_gradients() {
    let device = Device::flex();
    let at = [2.0, 9.9, 9.9, 0.3, 3.0, 9.9, -0.5, 0.8, 1.7];
    let weights: Tensor<2> =
        double().tensor(vec![0.3, -1.0, 2.0, 0.7, 1.1, -0.4, 0.9, 0.2, -0.6], [3, 3]);
    assert_gradient(&device, [3, 3], &at, |a: Tensor<2>| {
        (cholesky(a).unwrap() * weights.clone()).sum()
    });
    assert_gradient(&device, [3, 3], &at, |a: Tensor<2>| log_det(cholesky(a).unwrap()).sum());
    let b: Tensor<2> = double().tensor(vec![1.0, -2.0, 0.5, 0.3, 0.9, 4.0], [3, 2]);
    let left: Tensor<2> = b.clone().swap_dims(0, 1);
    assert_gradient(&device, [3, 3], &at, |l: Tensor<2>| solve_lower(l, b.clone()).square().sum());
    assert_gradient(&device, [3, 3], &at, |l: Tensor<2>| {
        solve_lower_transposed(l, b.clone()).square().sum()
    });
    assert_gradient(&device, [3, 3], &at, |l: Tensor<2>| {
        solve_right(left.clone(), l).square().sum()
    });
    let l: Tensor<2> = double().tensor(at.to_vec(), [3, 3]);
    assert_gradient(&device, [3, 1], &[0.3, -1.0, 2.0], |b| {
        solve_lower(l.clone(), b).square().sum()
    });
    assert_gradient(&device, [3, 1], &[0.3, -1.0, 2.0], |w| {
        let d = double().tensor(vec![1.0, 2.0, 0.5], [3, 1]);
        let (x, log) = low_rank_solve(w, d, b.clone()).unwrap();
        x.square().sum() + log.sum()
    });
    assert_gradient(&device, [3, 1], &[0.3, 1.0, 2.0], |d| {
        let w = double().tensor(vec![1.0, -2.0, 0.5], [3, 1]);
        let (x, log) = low_rank_solve(w, d, b.clone()).unwrap();
        x.square().sum() + log.sum()
    });
}

#[test]
fn a_matrix_without_a_factor_is_named() {
    let mut values = host(definite(2));
    values[12] = -1.0; // the last of four
    let error = cholesky(double().tensor::<4>(values, [2, 2, 2, 2])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the 2 by 2 matrix at [1, 1] of the batch is not positive definite; check that it is symmetric \
         and that its numbers are finite, or add a small multiple of the identity"
    );
    for values in [[1.0, 1.0, 1.0, 1.0], [f64::NAN, 0.0, 0.0, 1.0], [f64::INFINITY, 0.0, 0.0, 1.0]]
    {
        assert!(cholesky(double().tensor::<2>(values.to_vec(), [2, 2])).is_err(), "{values:?}");
    }
}

/// Also one whose capacitance is.
#[test]
fn a_negative_diagonal_is_refused_by_the_low_rank_identities() {
    let w: Tensor<2> = double().tensor(vec![1.0], [1, 1]);
    for d in [-1e6, -0.5, 0.0, f64::NAN] {
        let d: Tensor<2> = double().tensor(vec![d], [1, 1]);
        assert!(low_rank_solve(w.clone(), d, w.clone()).is_err());
    }
}
