//! Special functions against numbers computed with 60 digits, and their slopes.

use burn::tensor::{Device, Tensor};
use elbo_dist::{
    Place, betainc, digamma, digamma_scalar, erf, erfc, erfinv, expm1, gammainc, gammaincc, i0e,
    i1e, lbeta, lbeta_scalar, lgamma, lgamma_scalar, log_binomial, log_ndtr, log_sigmoid, log1mexp,
    log1p, logaddexp, logsumexp, ndtr, ndtri, normal_quantile, sigmoid, softplus, trigamma,
    trigamma_scalar, xlog1py, xlogy,
};
use elbo_testkit::{assert_close, assert_gradient, autodiff_gradient, other_devices};

use crate::{assert_close_in_units, double, host, ndarray, read_golden, row, single};

/// What an error is relative to: `max(|value|, floor)`.
#[track_caller]
fn check(name: &str, f: impl Fn(Tensor<2>) -> Tensor<2>, floor: f64, in_f64: f64, in_f32: f64) {
    check_at(name, ["x"], |[x]| f(x), floor, in_f64, in_f32);
}

/// [`check`] for a function of the named columns.
#[track_caller]
fn check_at<const N: usize>(
    name: &str,
    arguments: [&str; N],
    f: impl Fn([Tensor<2>; N]) -> Tensor<2>,
    floor: f64,
    in_f64: f64,
    in_f32: f64,
) {
    for (place, column, tolerance) in [(double(), "value", in_f64), (single(), "value_f32", in_f32)]
    {
        let golden = read_golden(name).with(column);
        let expected = golden.column(column);
        let units: Vec<f64> = expected.iter().map(|y| y.abs().max(floor)).collect();
        let at = |place: &Place| arguments.map(|argument| row(place, &golden.column(argument)));
        assert_close_in_units(&host(f(at(&place))), &expected, &units, tolerance);
        if column == "value_f32" {
            for (_, device) in other_devices() {
                let found = host(f(at(&Place::f32(&device))));
                assert_close_in_units(&found, &expected, &units, tolerance.max(ELSEWHERE));
            }
        }
    }
}

/// On other devices in single precision, whose exponentials far out are off by 3e-6.
const ELSEWHERE: f64 = 1e-5;

/// Below this a double has no digits left to ask for.
const NO_FLOOR: f64 = 1e-300;

#[test]
fn log1p_keeps_every_digit_near_zero() {
    check("log1p", log1p, NO_FLOOR, 3e-16, 2e-7);
}

#[test]
fn softplus_keeps_every_digit_in_both_tails() {
    check("softplus", softplus, NO_FLOOR, 4e-16, 3e-7);
}

#[test]
fn sigmoid_keeps_every_digit_until_it_underflows() {
    check("sigmoid", sigmoid, NO_FLOOR, 1e-15, 3e-7);
}

#[test]
fn log_sigmoid_keeps_every_digit_in_both_tails() {
    check("log_sigmoid", log_sigmoid, NO_FLOOR, 4e-16, 3e-7);
}

#[test]
fn lgamma_errs_by_little_of_itself_or_of_one() {
    check("lgamma", lgamma, 1.0, 5e-15, 2e-6);
}

#[test]
fn digamma_errs_by_little_of_itself_or_of_one() {
    check("digamma", digamma, 1.0, 5e-15, 5e-7);
}

#[test]
fn trigamma_keeps_its_digits() {
    check("trigamma", trigamma, NO_FLOOR, 5e-14, 6e-7);
}

#[test]
fn lbeta_errs_by_little_of_itself_or_of_one() {
    check_at("lbeta", ["x", "y"], |[x, y]| lbeta(x, y), 1.0, 1e-14, 2e-6);
    let golden = read_golden("lbeta");
    let pairs = golden.column("x").into_iter().zip(golden.column("y"));
    let actual: Vec<f64> = pairs.map(|(x, y)| lbeta_scalar(x, y)).collect();
    assert_close(&actual, &golden.column("value"), 1e-14, 1e-14);
}

#[test]
fn log_binomial_errs_by_little_of_itself_or_of_one() {
    check_at("log_binomial", ["x", "y"], |[n, k]| log_binomial(n, k), 1.0, 2e-14, 2e-6);
}

#[test]
fn the_error_function_keeps_its_digits_near_zero_and_in_the_tail() {
    check("erf", erf, NO_FLOOR, 5e-16, 3e-7);
    check("erfc", erfc, NO_FLOOR, 1e-15, 6e-7);
    check("erfinv", erfinv, NO_FLOOR, 2e-15, 5e-7);
}

#[test]
fn the_normal_distribution_function_keeps_its_digits_in_both_tails() {
    check("ndtr", ndtr, NO_FLOOR, 1e-15, 6e-7);
    check("log_ndtr", log_ndtr, NO_FLOOR, 2e-15, 1e-6);
    check("ndtri", ndtri, NO_FLOOR, 2e-15, 5e-7);
}

#[test]
fn exponentials_keep_their_digits_near_zero() {
    check("expm1", expm1, NO_FLOOR, 5e-16, 3e-7);
    check("log1mexp", log1mexp, NO_FLOOR, 1e-15, 4e-7);
    check_at("logaddexp", ["x", "y"], |[x, y]| logaddexp(x, y), 1.0, 4e-16, 2e-7);
}

#[test]
fn a_product_with_a_logarithm_is_zero_for_a_factor_of_zero() {
    check_at("xlogy", ["x", "y"], |[x, y]| xlogy(x, y), NO_FLOOR, 4e-16, 3e-7);
    check_at("xlog1py", ["x", "y"], |[x, y]| xlog1py(x, y), NO_FLOOR, 6e-16, 4e-7);
}

/// On the host, so single precision errs by its own rounding only.
#[test]
fn incomplete_functions_keep_the_digits_of_both_tails() {
    check_at("gammainc", ["a", "x"], |[a, x]| gammainc(a, x), NO_FLOOR, 1e-12, 1e-7);
    check_at("gammaincc", ["a", "x"], |[a, x]| gammaincc(a, x), NO_FLOOR, 1e-12, 1e-7);
    check_at("betainc", ["a", "b", "x"], |[a, b, x]| betainc(a, b, x), NO_FLOOR, 1e-12, 1e-7);
}

#[test]
fn scaled_bessel_functions_keep_their_digits() {
    check("i0e", i0e, NO_FLOOR, 3e-15, 4e-7);
    check("i1e", i1e, NO_FLOOR, 3e-15, 5e-7);
}

#[test]
fn the_scalar_forms_are_as_exact_as_the_tensors() {
    for (name, f) in [("lgamma", lgamma_scalar as fn(f64) -> f64), ("digamma", digamma_scalar)] {
        let golden = read_golden(name);
        let actual: Vec<f64> = golden.column("x").into_iter().map(f).collect();
        assert_close(&actual, &golden.column("value"), 5e-15, 5e-15);
        assert!([0.0, -1.5, f64::NAN].iter().all(|&x| f(x).is_nan()), "{name}");
    }
    let golden = read_golden("trigamma");
    let actual: Vec<f64> = golden.column("x").into_iter().map(trigamma_scalar).collect();
    assert_close(&actual, &golden.column("value"), 5e-14, 0.0);
}

/// Relative to the largest summand: the logarithm of a sum near 1 is a difference.
#[test]
fn logsumexp_neither_overflows_nor_underflows() {
    for (place, column, tolerance) in [(double(), "value", 1e-15), (single(), "value_f32", 2e-7)] {
        let golden = read_golden("logsumexp").with(column);
        let actual: Vec<f64> =
            golden.rows("x").iter().flat_map(|x| host(logsumexp(row(&place, x), 1))).collect();
        let units: Vec<f64> = golden.column("size").iter().map(|size| size.max(1.0)).collect();
        assert_close_in_units(&actual, &golden.column(column), &units, tolerance);
    }
}

#[test]
fn logsumexp_of_infinities_is_infinite() {
    const INF: f64 = f64::INFINITY;
    let place = double();
    let x: Tensor<2> = place.tensor(vec![-INF, -INF, -INF, 1.0, 2.0, INF], [3, 2]);
    assert_eq!(host(logsumexp(x, 1)), [-INF, 1.0, INF]);
}

#[test]
fn the_ends_of_the_domains_have_their_limits() {
    const INF: f64 = f64::INFINITY;
    for place in [double(), single()] {
        assert_eq!(host(log1p(row(&place, &[-1.0, INF]))), [-INF, INF]);
        assert_eq!(host(softplus(row(&place, &[-INF, INF]))), [0.0, INF]);
        assert_eq!(host(log_sigmoid(row(&place, &[-INF, INF]))), [-INF, 0.0]);
        assert_eq!(host(erf(row(&place, &[-INF, 0.0, INF]))), [-1.0, 0.0, 1.0]);
        assert_eq!(host(erfc(row(&place, &[-INF, INF]))), [2.0, 0.0]);
        assert_eq!(host(erfinv(row(&place, &[-1.0, 0.0, 1.0]))), [-INF, 0.0, INF]);
        assert_eq!(host(ndtr(row(&place, &[-INF, INF]))), [0.0, 1.0]);
        assert_eq!(host(ndtri(row(&place, &[0.0, 0.5, 1.0]))), [-INF, 0.0, INF]);
        assert_eq!(host(expm1(row(&place, &[-INF, INF]))), [-1.0, INF]);
        assert_eq!(host(log1mexp(row(&place, &[-INF, 0.0]))), [0.0, -INF]);
        assert_eq!(host(i0e(row(&place, &[INF]))), [0.0]);
        let (x, y) = (row(&place, &[-INF, -INF, INF]), row(&place, &[-INF, 1.0, 1.0]));
        assert_eq!(host(logaddexp(x, y)), [-INF, 1.0, INF]);
        let outside = row(&place, &[-2.0, 2.0]);
        for f in [erfinv, ndtri] {
            assert!(host(f(outside.clone())).into_iter().all(f64::is_nan));
        }
    }
}

/// Asserts the claim at 20,000 single-precision arguments between the ends, on both backends.
#[track_caller]
fn dense(
    (low, high): (f64, f64),
    f: impl Fn(Tensor<2>) -> Tensor<2>,
    exact: impl Fn(f64) -> f64,
    floor: f64,
    claim: f64,
) {
    let grid = (0..20_000).map(|i| low + (high - low) * f64::from(i) / 2e4);
    let x: Vec<f64> = grid.map(|x| f64::from(x as f32)).collect();
    let expected: Vec<f64> = x.iter().map(|&x| exact(x)).collect();
    let units: Vec<f64> = expected.iter().map(|y| y.abs().max(floor)).collect();
    for place in [single(), Place::f32(&ndarray())] {
        let actual = host(f(row(&place, &x)));
        assert_close_in_units(&actual, &expected, &units, claim);
    }
}

/// Against double precision on the host.
#[test]
fn single_precision_keeps_its_claims_between_the_golden_points() {
    for range in [(0.01, 3.5), (0.9, 2.1), (3.5, 9.0), (9.0, 1000.0)] {
        dense(range, lgamma, lgamma_scalar, 1.0, 2e-6);
        dense(range, digamma, digamma_scalar, 1.0, 5e-7);
        dense(range, trigamma, trigamma_scalar, NO_FLOOR, 6e-7);
        let by_seven = |x: Tensor<2>| lbeta(x.clone(), x.ones_like() * 7.0);
        dense(range, by_seven, |x| lbeta_scalar(x, 7.0), 1.0, 2e-6);
    }
    dense((1e-3, 0.999), ndtri, normal_quantile, 1e-3, 5e-7);
    for range in [(-0.9, -1e-3), (1e-3, 60.0)] {
        dense(range, expm1, f64::exp_m1, NO_FLOOR, 3e-7);
    }
    for range in [(-0.999, 1.0), (-1e-3, 1e-3), (1.0, 50.0)] {
        dense(range, log1p, f64::ln_1p, NO_FLOOR, 2e-7);
    }
    let exact = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    for range in [(-80.0, 80.0), (-3.0, 3.0)] {
        dense(range, softplus, exact, NO_FLOOR, 3e-7);
        dense(range, log_sigmoid, |x| -exact(-x), NO_FLOOR, 3e-7);
    }
}

#[test]
fn slopes_agree_with_central_differences() {
    let device = Device::flex();
    let signed = [-30.0, -2.0, -0.5, 0.25, 1.0, 8.0, 40.0];
    assert_gradient(&device, [1, 7], &signed, |x: Tensor<2>| softplus(x).sum());
    assert_gradient(&device, [1, 7], &signed, |x: Tensor<2>| log_sigmoid(x).sum());
    assert_gradient(&device, [1, 7], &signed, |x: Tensor<2>| logsumexp(x, 1).sum());
    let above = [-0.999, -0.5, -1e-9, 1e-9, 0.3, 5.0, 1e6];
    for x in above {
        assert_gradient(&device, [1, 1], &[x], |x: Tensor<2>| log1p(x).sum());
    }
    let positive = [1e-3, 0.4, 1.0, 2.5, 7.999, 8.0, 90.0];
    for x in positive {
        assert_gradient(&device, [1, 1], &[x], |x: Tensor<2>| lgamma(x).sum());
        assert_gradient(&device, [1, 1], &[x], |x: Tensor<2>| digamma(x).sum());
        assert_gradient(&device, [1, 1], &[x], |x: Tensor<2>| trigamma(x).sum());
    }
    let near = [-6.0, -1.2, -0.7, 0.1, 0.9, 1.1, 3.0, 9.0];
    for f in [erf, erfc, ndtr, log_ndtr, expm1, i0e, i1e] {
        for x in near {
            assert_gradient(&device, [1, 1], &[x], |x: Tensor<2>| f(x).sum());
        }
    }
    let unit = [0.02, 0.3, 0.5, 0.6, 0.93, 0.99];
    for f in [erfinv, ndtri] {
        assert_gradient(&device, [1, 6], &unit, |x: Tensor<2>| f(x).sum());
    }
    let negative = [-20.0, -1.0, -0.5, -1e-3];
    assert_gradient(&device, [1, 4], &negative, |x: Tensor<2>| log1mexp(x).sum());
}

#[test]
fn slopes_in_each_of_several_arguments_agree_with_central_differences() {
    fn part(x: &Tensor<2>, i: usize) -> Tensor<2> {
        x.clone().narrow(1, i, 1)
    }
    let by_two = |f: fn(Tensor<2>, Tensor<2>) -> Tensor<2>, at: [f64; 2]| {
        let f = |x: Tensor<2>| f(part(&x, 0), part(&x, 1)).sum();
        assert_gradient(&Device::flex(), [1, 2], &at, f);
    };
    for at in [[0.3, 0.4], [2.0, 9.5], [30.0, 0.2]] {
        for f in [logaddexp, xlogy, xlog1py, lbeta] {
            by_two(f, at);
        }
        by_two(log_binomial, [at[0] + at[1], at[1]]);
    }
    for at in [[0.01, 1e-3], [0.5, 0.2], [2.0, 6.0], [30.0, 28.0], [30.0, 33.0], [400.0, 390.0]] {
        by_two(gammainc, at);
        by_two(gammaincc, at);
    }
    for at in [[0.5, 2.0, 0.3], [3.0, 0.7, 0.95], [12.0, 40.0, 0.2], [40.0, 12.0, 0.8]] {
        assert_gradient(&Device::flex(), [1, 3], &at, |x: Tensor<2>| {
            betainc(part(&x, 0), part(&x, 1), part(&x, 2)).sum()
        });
    }
}

/// The hazard `φ(x) / Φ(x)` is `|x| + 1/|x| - 2/|x|³ ..` far below 0.
#[test]
fn the_slope_of_log_ndtr_is_right_in_the_tail() {
    let slope = autodiff_gradient(&Device::flex(), [1, 2], &[-1e3, -1e6], |x| log_ndtr(x).sum());
    assert_close(&slope, &[1e3 + 1e-3 - 2e-9, 1e6 + 1e-6], 1e-14, 0.0);
}

/// `σ(±100)`, where central differences see nothing.
#[test]
fn slopes_are_right_in_the_tails() {
    let tail = (-100.0_f64).exp();
    let slope = |f: fn(Tensor<2>) -> Tensor<2>| {
        autodiff_gradient(&Device::flex(), [1, 2], &[-100.0, 100.0], |x| f(x).sum())
    };
    assert_close(&slope(softplus), &[tail, 1.0], 1e-14, 0.0);
    assert_close(&slope(log_sigmoid), &[1.0, tail], 1e-14, 0.0);
}

/// The gradient of what is computed from the function's result reaches its argument.
#[test]
fn slopes_obey_the_chain_rule() {
    assert_gradient(&Device::flex(), [1, 3], &[0.3, 1.2, 4.0], |x: Tensor<2>| {
        (lgamma(x.clone().exp()) * log1p(x.clone().square()) + softplus(x * 3.0).square()).sum()
    });
}

/// What has no share has no slope.
#[test]
fn a_sum_of_exponentials_may_have_empty_parts() {
    let never = f64::NEG_INFINITY;
    let slopes = |at: [f64; 3]| {
        autodiff_gradient(&Device::flex(), [1, 3], &at, |x: Tensor<2>| logsumexp(x, 1).sum())
    };
    assert_close(&slopes([0.0, never, 0.0]), &[0.5, 0.0, 0.5], 1e-15, 0.0);
    assert_eq!(slopes([never; 3]), [0.0; 3]);
    let sum = host(logsumexp(row(&double(), &[never; 3]), 1));
    assert_eq!(sum, [never]);
}
