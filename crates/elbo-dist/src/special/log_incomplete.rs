//! Logarithms of the regularized incomplete gamma functions and of `Φ`, on the host.

use std::f64::consts::LN_2;

use burn::tensor::Tensor;

use super::incomplete::{
    gamma_draw_slope, gamma_fraction, gamma_series, gammaincc_scalar, log_gamma_weight,
    on_host_with_value,
};
use crate::HALF_LN_TWO_PI;

/// `log P(a, x)`, also where `P` underflows; differentiable in both.
pub(crate) fn log_gammainc<const D: usize>(a: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    let slopes = |[a, x]: [f64; 2], log: f64| log_gamma_slopes(a, x, log);
    on_host_with_value([a, x], |[a, x]| log_gamma_tails(a, x)[0], slopes)
}

/// `log Q(a, x)`, likewise.
pub(crate) fn log_gammaincc<const D: usize>(a: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    let slopes = |[a, x]: [f64; 2], log: f64| log_gamma_slopes(a, x, log).map(|slope| -slope);
    on_host_with_value([a, x], |[a, x]| log_gamma_tails(a, x)[1], slopes)
}

/// `log P(a, x)` and `log Q(a, x)`.
fn log_gamma_tails(a: f64, x: f64) -> [f64; 2] {
    let log1m = |log: f64| if log > -LN_2 { (-log.exp_m1()).ln() } else { (-log.exp()).ln_1p() };
    if !(a > 0.0 && x >= 0.0) {
        return [f64::NAN; 2];
    }
    if x == 0.0 || x == f64::INFINITY {
        return if x == 0.0 { [f64::NEG_INFINITY, 0.0] } else { [0.0, f64::NEG_INFINITY] };
    }
    if x < a + 1.0 {
        let lower = log_gamma_weight(a, x) - a.ln() + gamma_series(a, x).value.ln();
        return [lower, log1m(lower)];
    }
    let upper = log_gamma_weight(a, x) + gamma_fraction(a, x).value.ln();
    [log1m(upper), upper]
}

/// The derivatives of `P(a, x)` by `a` and `x`, each over the probability with this logarithm.
fn log_gamma_slopes(a: f64, x: f64, log_tail: f64) -> [f64; 2] {
    if x == 0.0 || x == f64::INFINITY {
        return [0.0, 0.0];
    }
    let ratio = (log_gamma_weight(a, x) - log_tail).exp();
    [-ratio * gamma_draw_slope(a, x.ln()), ratio / x]
}

/// `log Φ(x)` of a number on the host.
pub(crate) fn log_ndtr_scalar(x: f64) -> f64 {
    if x > 0.0 {
        return (-0.5 * gammaincc_scalar(0.5, 0.5 * x * x)).ln_1p();
    }
    if x > -20.0 {
        return (0.5 * gammaincc_scalar(0.5, 0.5 * x * x)).ln();
    }
    // φ(x) / |x| (1 - 1/x² + 3/x⁴ - 15/x⁶ + ..): 17 terms at x = -20 end below 1e-30.
    let u = (x * x).recip();
    let series = (1..18).rev().fold(1.0, |sum, k| 1.0 - sum * u * f64::from(2 * k - 1));
    -0.5 * x * x - HALF_LN_TWO_PI - (-x).ln() + series.ln()
}
