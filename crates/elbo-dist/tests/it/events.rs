//! Bijections onto sets of vectors and matrices.

use burn::tensor::{Device, Tensor};
use elbo_dist::{Chain, Exp, Permutation, StickBreaking, Support, Transform};
use elbo_testkit::{assert_close, assert_gradient, central_differences};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::{double, host};

/// Which numbers of an event its density is over.
#[derive(Clone, Copy)]
enum Free {
    /// The surface on which the events lie.
    Surface,
    /// All but the last.
    AllButLast,
    /// The lower triangle.
    Lower,
    /// What is below the diagonal.
    Strict,
}

const SUPPORTS: [(Support, Free); 12] = [
    (Support::Simplex { count: 2 }, Free::AllButLast),
    (Support::Simplex { count: 4 }, Free::AllButLast),
    (Support::Ordered { count: 1 }, Free::Surface),
    (Support::Ordered { count: 4 }, Free::Surface),
    (Support::ZeroSum { count: 4 }, Free::Surface),
    (Support::UnitVector { count: 2 }, Free::Surface),
    (Support::UnitVector { count: 4 }, Free::Surface),
    (Support::LowerCholesky { size: 3 }, Free::Lower),
    (Support::PositiveDefinite { size: 1 }, Free::Lower),
    (Support::PositiveDefinite { size: 3 }, Free::Lower),
    (Support::CorrCholesky { size: 2 }, Free::Strict),
    (Support::CorrCholesky { size: 4 }, Free::Strict),
];

/// One event as a tensor of rank 3, and the numbers that it takes on the real line.
fn shapes(support: Support) -> ([usize; 3], [usize; 3]) {
    let event = match support.event_shape()[..] {
        [rows, columns] => [1, rows, columns],
        _ => [1, 1, support.event_shape()[0]],
    };
    (event, support.real_shape(&event).try_into().unwrap())
}

fn map(support: Support) -> Box<dyn Transform<3>> {
    support.from_real::<3>().unwrap()
}

/// Of 64 points each; the tolerance is what differences next to an end of a simplex lose at `e^-8`.
#[test]
fn events_on_the_real_line_come_back() {
    for (support, _) in SUPPORTS {
        let (event, real) = shapes(support);
        let count = real.iter().product::<usize>();
        let mut runner = TestRunner::new_with_rng(
            Config::with_cases(64),
            proptest::test_runner::TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ),
        );
        let any = prop::collection::vec(-4.0..4.0, count);
        runner
            .run(&any, |z| {
                let transform = map(support);
                let there = transform.forward_and_log_det(double().tensor(z.clone(), real));
                prop_assert_eq!(there.0.dims(), event);
                let x = host(there.0.clone());
                prop_assert!(x.iter().all(|x| support.contains(*x)), "{:?}", x);
                prop_assert!(support.contains_event(&x), "{:?} is not in {}", x, support);
                let back = transform.inverse_and_log_det(there.0);
                prop_assert_eq!(back.0.dims(), real);
                assert_close(&host(back.0), &z, 1e-9, 1e-9);
                assert_close(&host(-back.1), &host(there.1), 1e-9, 1e-9);
                Ok(())
            })
            .unwrap();
    }
}

/// `½ log |Jᵀ J|` of the Jacobian `J` by differences, of the numbers that are free.
#[test]
fn the_log_determinant_is_that_of_the_jacobian() {
    for (support, free) in SUPPORTS {
        let (event, real) = shapes(support);
        let numbers = event.iter().product::<usize>();
        let (rows, columns) = (event[1], event[2]);
        let chosen: Vec<usize> = (0..numbers)
            .filter(|k| match free {
                Free::Surface => true,
                Free::AllButLast => k + 1 < numbers,
                Free::Lower => k / rows >= k % columns,
                Free::Strict => k / rows > k % columns,
            })
            .collect();
        let count = real.iter().product::<usize>();
        let z: Vec<f64> = (0..count).map(|i| 0.7 * (i as f64 * 1.3 - 1.0).sin()).collect();
        let forward = |z: Tensor<3>| map(support).forward_and_log_det(z);
        let jacobian: Vec<Vec<f64>> = chosen
            .iter()
            .map(|&k| {
                central_differences(&Device::flex(), real, &z, |z| {
                    forward(z).0.reshape([numbers]).narrow(0, k, 1)
                })
            })
            .collect();
        let gram = |i: usize, j: usize| jacobian.iter().map(|row| row[i] * row[j]).sum::<f64>();
        let mut matrix: Vec<Vec<f64>> =
            (0..count).map(|i| (0..count).map(|j| gram(i, j)).collect()).collect();
        let expected = 0.5 * log_det(&mut matrix);
        let actual = host(forward(double().tensor(z.clone(), real)).1);
        assert_close(&actual, &[expected], 1e-7, 1e-7);
    }
}

/// By elimination of a positive definite matrix.
fn log_det(matrix: &mut [Vec<f64>]) -> f64 {
    let mut log_det = 0.0;
    for k in 0..matrix.len() {
        log_det += matrix[k][k].ln();
        let pivot = matrix[k].clone();
        for row in &mut matrix[k + 1..] {
            let ratio = row[k] / pivot[k];
            row.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= ratio * p);
        }
    }
    log_det
}

#[test]
fn events_and_their_log_determinants_have_their_gradients() {
    for (support, _) in SUPPORTS {
        let (event, real) = shapes(support);
        let count = real.iter().product::<usize>();
        let z: Vec<f64> = (0..count).map(|i| 0.9 * (i as f64 * 1.7 + 0.4).cos()).collect();
        let weights =
            double().tensor((0..event.iter().product()).map(|i| i as f64).collect(), event);
        assert_gradient(&Device::flex(), real, &z, |z| {
            let (x, log_det) = map(support).forward_and_log_det(z);
            (x * weights.clone()).sum() + log_det.sum()
        });
        let (x, _) = map(support).forward_and_log_det(double().tensor(z, real));
        // Off its set an inverse is some smooth function: it still has its gradient.
        assert_gradient(&Device::flex(), event, &host(x), |x| {
            let (z, log_det) = map(support).inverse_and_log_det(x);
            z.square().sum() + log_det.sum()
        });
    }
}

/// Far out they neither overflow nor lose their digits.
#[test]
fn ends_of_sets_are_exact() {
    let place = double();
    let z: Tensor<2> = place.tensor(vec![-40.0, 12.0, -1.0], [1, 3]);
    let (x, log_det) = StickBreaking.forward_and_log_det(z.clone());
    assert_close(&host(x.clone().sum_dim(1)), &[1.0], 1e-14, 0.0);
    let (back, inverse) = StickBreaking.inverse_and_log_det(x);
    assert_close(&host(back), &host(z), 1e-9, 1e-12);
    assert_close(&host(-inverse), &host(log_det), 1e-9, 0.0);
    // Correlations of 1 - 2e-8 leave rows of length 1.
    let z: Tensor<2> = place.tensor(vec![9.0, -9.0, 9.0], [1, 3]);
    let (l, log_det) = elbo_dist::CorrCholesky.forward_and_log_det(z.clone());
    let rows = host(l.clone().square().sum_dim(1));
    assert_close(&rows, &[1.0; 3], 1e-14, 0.0);
    let (back, inverse) = elbo_dist::CorrCholesky.inverse_and_log_det(l);
    assert_close(&host(back), &host(z), 1e-7, 0.0);
    assert_close(&host(-inverse), &host(log_det), 1e-7, 0.0);
}

#[test]
fn a_permutation_is_undone() {
    let order = Permutation::new(vec![3, 0, 2, 1]).unwrap();
    let z: Tensor<2> = double().tensor(vec![0.5, 1.5, 2.5, 3.5], [1, 4]);
    let (x, _) = order.forward_and_log_det(z.clone());
    assert_eq!(host(x.clone()), [3.5, 0.5, 2.5, 1.5]);
    assert_eq!(host(order.inverse_and_log_det(x).0), host(z.clone()));
    assert_gradient(&Device::flex(), [1, 4], &host(z), |z| {
        let x = Chain(order.clone(), Exp).forward_and_log_det(z).0;
        (x * double().tensor(vec![1.0, 2.0, 3.0, 4.0], [1, 4])).sum()
    });
    for order in [vec![0, 0], vec![1, 2], vec![2]] {
        let error = Permutation::new(order).unwrap_err().to_string();
        assert!(error.contains("give each of them once"), "{error}");
    }
}

#[test]
fn sets_of_matrices_know_their_members() {
    let factor = Support::CorrCholesky { size: 2 };
    assert!(factor.contains_event(&[1.0, 0.0, 0.6, 0.8]));
    assert!(!factor.contains_event(&[1.0, 0.0, 0.6, 0.7]), "a row of another length");
    assert!(!factor.contains_event(&[1.0, 0.1, 0.6, 0.8]), "not a lower triangle");
    let lower = Support::LowerCholesky { size: 2 };
    assert!(lower.contains_event(&[3.0, 0.0, -9.0, 0.1]));
    assert!(!lower.contains_event(&[3.0, 0.0, -9.0, -0.1]), "a negative diagonal");
    let definite = Support::PositiveDefinite { size: 2 };
    assert!(definite.contains_event(&[4.0, 2.0, 2.0, 5.0]));
    assert!(!definite.contains_event(&[4.0, 2.0, 1.0, 5.0]), "not symmetric");
    assert!(!definite.contains_event(&[1.0, 2.0, 2.0, 1.0]), "indefinite");
    assert!(Support::Ordered { count: 3 }.contains_event(&[-1.0, 0.0, 7.0]));
    assert!(!Support::Ordered { count: 3 }.contains_event(&[-1.0, 0.0, 0.0]));
    assert!(!Support::ZeroSum { count: 2 }.contains_event(&[1.0, -0.9]));
    assert!(!Support::UnitVector { count: 2 }.contains_event(&[1.0, 0.2]));
    let names: Vec<_> = SUPPORTS.iter().map(|(support, _)| support.to_string()).collect();
    assert_eq!(names[3..6], ["4 in increasing order", "4 that add up to 0", "unit vectors of 2"]);
    assert_eq!(
        names[7..10],
        ["factors of 3 by 3", "positive definite 1 by 1", "positive definite 3 by 3"]
    );
    assert_eq!(names[10], "factors of 2 by 2 correlations");
}
