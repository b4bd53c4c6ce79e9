//! Quantiles that are computed on the host.

use burn::tensor::{Device, Tensor};
use elbo_dist::{
    AsymmetricLaplace, Beta, Cdf, Gamma, HalfStudentT, InverseGamma, Quantile, StudentT,
};
use elbo_testkit::{assert_close, assert_gradient};

use crate::{double, host, row, single};

#[test]
fn quantiles_of_gammas_and_betas_undo_their_distribution_functions() {
    let place = double();
    let p = [1e-12, 1e-4, 0.02, 0.3, 0.5, 0.8, 0.999, 1.0 - 1e-9];
    let smaller = p.map(|p: f64| p.min(1.0 - p));
    for a in [0.05, 0.7, 1.0, 4.0, 90.0, 1e4] {
        let gamma = Gamma::<2>::new(a, 2.5);
        let back = host(gamma.cdf(gamma.icdf(row(&place, &p))));
        for ((back, p), smaller) in back.iter().zip(p).zip(smaller) {
            // x is rounded to ε, which moves P by up to ε x p(x), at most √a ε.
            let allowed = 1e-11 * smaller + 4.0 * f64::EPSILON * (1.0 + a.sqrt());
            assert!((back - p).abs() < allowed, "{a}: {back}, not {p}");
        }
        let beta = Beta::<2>::new(a, 2.5);
        let back = host(beta.cdf(beta.icdf(row(&place, &p))));
        for ((back, p), smaller) in back.iter().zip(p).zip(smaller) {
            // Next to 1, where the Beta of a large a crowds, x has few digits of 1 - x.
            let allowed = 1e-11 * smaller + 1e-15 * (1.0 + a);
            assert!((back - p).abs() < allowed, "{a}: {back}, not {p}");
        }
    }
    let ends = host(Gamma::<2>::new(2.0, 1.0).icdf(row(&place, &[0.0, 1.0])));
    assert_eq!(ends, [0.0, f64::INFINITY]);
    assert!(
        host(Gamma::<2>::new(2.0, 1.0).icdf(row(&place, &[-0.1, 1.1]))).iter().all(|x| x.is_nan())
    );
    let at = [0.3, 0.9, 0.05];
    assert_gradient(&Device::flex(), [1, 3], &at, |p| Gamma::new(1.7, 2.0).icdf(p).sum());
    assert_gradient(&Device::flex(), [1, 3], &[0.4, 2.0, 30.0], |a| {
        Gamma::new(a, 2.0).icdf(row(&double(), &at)).sum()
    });
    assert_gradient(&Device::flex(), [1, 3], &at, |p| Beta::new(1.7, 0.6).icdf(p).sum());
    assert_gradient(&Device::flex(), [1, 3], &[0.4, 2.0, 30.0], |a| {
        Beta::new(a, 2.0).icdf(row(&double(), &at)).sum()
    });
    assert_gradient(&Device::flex(), [1, 3], &[0.4, 2.0, 30.0], |b| {
        Beta::new(2.0, b).icdf(row(&double(), &at)).sum()
    });
}

/// In both tails, and about the middle.
#[test]
fn quantiles_of_students_and_inverse_gammas_undo_their_distribution_functions() {
    let place = double();
    let p = [1e-30, 1e-12, 1e-4, 0.2, 0.45, 0.5, 0.7, 0.999, 1.0 - 1e-9];
    fn undone(q: impl Quantile<2>, p: &[f64]) {
        let x = q.icdf(row(&double(), p));
        let (lower, upper) = (host(q.cdf(x.clone())), host(q.sf(x)));
        for ((lower, upper), p) in lower.iter().zip(upper).zip(p) {
            let (found, expected) = if *p < 0.5 { (*lower, *p) } else { (upper, 1.0 - p) };
            let name = q.name();
            assert!((found / expected - 1.0).abs() < 1e-10, "{name}: {found}, not {expected}");
        }
    }
    for df in [0.4, 1.0, 3.0, 200.0] {
        undone(StudentT::new(df, 0.0, 1.0), &p);
        undone(InverseGamma::new(df, 2.0), &p[1..]); // 1 / x² underflows before
        let half = HalfStudentT::new(df, 2.0);
        undone(half, &p[2..]);
    }
    undone(AsymmetricLaplace::new(0.0, 1.0, 0.4), &p);
    // In single precision too nothing is lost next to the middle: ½ + t / (2 √2) for two degrees of freedom.
    let x = single().tensor::<2>(vec![1e-4, -3e-6, 0.01], [1, 3]);
    let cdf = host(StudentT::new(2.0, 0.0, 1.0).cdf(x));
    let expected = [0.500_035_355_3, 0.499_998_939_3, 0.503_535_445_5];
    assert_close(&cdf, &expected, 1e-7, 0.0);
    // One degree of freedom is Cauchy's, and the middle is exact.
    let x = row(&place, &[1e-20, 0.3, 0.5, 0.5 + 1e-12, 0.9]);
    let cauchy = host(elbo_dist::Cauchy::new(0.3, 2.0).icdf(x.clone()));
    assert_close(&host(StudentT::new(1.0, 0.3, 2.0).icdf(x)), &cauchy, 1e-11, 1e-15);
    let at = [0.3, 0.5, 0.9, 0.001];
    let gradient = |f: &dyn Fn(Tensor<2>) -> Tensor<2>, at: &[f64]| {
        assert_gradient(&Device::flex(), [1, at.len()], at, |x| f(x).sum());
    };
    let fixed = || row(&double(), &[0.3, 0.9, 0.01]);
    gradient(&|p| StudentT::new(2.5, 0.3, 2.0).icdf(p), &[0.3, 0.6, 0.9, 0.001]);
    gradient(&|df| StudentT::new(df, 0.3, 2.0).icdf(fixed()), &[0.7, 2.0, 30.0]);
    gradient(&|p| HalfStudentT::new(2.5, 2.0).icdf(p), &at);
    gradient(&|df| HalfStudentT::new(df, 2.0).icdf(fixed()), &[0.7, 2.0, 30.0]);
    gradient(&|p| InverseGamma::new(2.5, 2.0).icdf(p), &at);
    gradient(&|a| InverseGamma::new(a, 2.0).icdf(fixed()), &[0.7, 2.0, 30.0]);
    gradient(&|p| AsymmetricLaplace::new(0.3, 2.0, 0.7).icdf(p), &at);
    gradient(&|k| AsymmetricLaplace::new(0.3, 2.0, k).icdf(fixed()), &[0.7, 2.0, 5.0]);
}

/// `P(X > x) = p` for `p` down to 1e-60, where `1 - p` is 1.
#[test]
fn upper_quantiles_of_gammas_go_down_to_any_probability() {
    let p = [1e-10, 1e-15, 1e-18, 1e-20, 1e-37, 1e-60];
    for a in [0.3, 1.0, 1.5, 2.0, 2.5, 3.0, 50.0, 1e4] {
        let gamma = Gamma::<2>::new(a, 2.0);
        let back = host(gamma.log_sf(gamma.isf(row(&double(), &p))));
        assert_close(&back, &p.map(f64::ln), 1e-11, 0.0);
        let inverse = InverseGamma::<2>::new(a, 2.0);
        let back = host(inverse.log_cdf(inverse.icdf(row(&double(), &p))));
        assert_close(&back, &p.map(f64::ln), 1e-11, 0.0);
    }
}

/// Their ends, and parameters of another shape than the probabilities.
#[test]
fn quantiles_hold_at_their_ends_and_broadcast() {
    for place in [single(), double()] {
        for logits in [-40.0, -20.0, 0.0, 20.0, 40.0] {
            let p = place.tensor::<2>(vec![0.0, 1.0], [1, 2]);
            let ends = host(elbo_dist::ContinuousBernoulli::<2>::logits(logits).icdf(p));
            assert_eq!(ends, [0.0, 1.0], "{logits}");
        }
    }
    let shapes = row(&double(), &[0.4, 1.0, 3.0]);
    let found = AsymmetricLaplace::new(0.0, 1.0, shapes).icdf(row(&double(), &[0.3]));
    let each = [0.4, 1.0, 3.0]
        .map(|k| host(AsymmetricLaplace::<2>::new(0.0, 1.0, k).icdf(row(&double(), &[0.3])))[0]);
    assert_close(&host(found), &each, 1e-14, 0.0);
}
