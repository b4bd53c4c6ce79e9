//! The inverses of the regularized incomplete gamma and beta functions, on the host.

use burn::tensor::Tensor;

use super::beta::lbeta_scalar;
use super::gamma::lgamma_scalar;
use super::incomplete::{
    beta_tails, betainc_slopes, gammainc_scalar, gammainc_slopes, gammaincc_scalar,
    on_host_with_value,
};

/// The `x ≥ 0` with `P(a, x) = p`, for `a > 0` and `0 ≤ p ≤ 1`; NaN elsewhere. Differentiable in both.
///
/// Newton's method on the logarithm of the smaller tail by `log x`, kept in a bracket: about 10 evaluations of
/// [`gammainc`](crate::gammainc) an element. `P(a, x)` returns `p` to 1e-12 of the smaller of `p` and `1 - p`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let (a, p) = (Tensor::<1>::from_floats([1.0], &device), Tensor::from_floats([0.5], &device));
/// assert!((elbo_dist::gammaincinv(a, p).into_scalar::<f32>() - 2.0_f32.ln()).abs() < 1e-7);
/// ```
pub fn gammaincinv<const D: usize>(a: Tensor<D>, p: Tensor<D>) -> Tensor<D> {
    let value = |[a, p]: [f64; 2]| gamma_quantile(a, p, 1.0 - p);
    on_host_with_value([a, p], value, |[a, _], x| {
        let [by_a, by_x] = gammainc_slopes([a, x]);
        turned_over([by_a], by_x, 1.0)
    })
}

/// The `x` from 0 to 1 with `I(a, b, x) = p`, for positive `a` and `b` and `0 ≤ p ≤ 1`; NaN elsewhere.
/// Differentiable in all three; as [`gammaincinv`], by the log-odds of `x`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let [a, b, p] = [2.0, 3.0, 0.6875].map(|x| Tensor::<1>::from_floats([x], &device));
/// assert!((elbo_dist::betaincinv(a, b, p).into_scalar::<f32>() - 0.5).abs() < 1e-6);
/// ```
pub fn betaincinv<const D: usize>(a: Tensor<D>, b: Tensor<D>, p: Tensor<D>) -> Tensor<D> {
    let value = |[a, b, p]: [f64; 3]| beta_quantile(a, b, p);
    on_host_with_value([a, b, p], value, |[a, b, _], x| {
        let [by_a, by_b, by_x] = betainc_slopes([a, b, x]);
        turned_over([by_a, by_b], by_x, 1.0)
    })
}

/// The `x` with `Q(a, x) = p`, for small `p` too; as [`gammaincinv`].
pub(crate) fn gammainccinv<const D: usize>(a: Tensor<D>, p: Tensor<D>) -> Tensor<D> {
    let value = |[a, p]: [f64; 2]| gamma_quantile(a, 1.0 - p, p);
    on_host_with_value([a, p], value, |[a, _], x| {
        let [by_a, by_x] = gammainc_slopes([a, x]);
        turned_over([by_a], by_x, -1.0)
    })
}

/// The derivatives of a quantile by its parameters and its probability, from those of the distribution function:
/// 0 where `x` has come to rest at an end, as when it underflows.
fn turned_over<const N: usize, const M: usize>(by: [f64; N], by_x: f64, sign: f64) -> [f64; M] {
    const { assert!(M == N + 1) };
    std::array::from_fn(|k| match (by_x == 0.0, by.get(k)) {
        (true, _) => 0.0,
        (false, Some(slope)) => -slope / by_x,
        (false, None) => sign / by_x,
    })
}

/// By the probabilities of both tails.
fn gamma_quantile(a: f64, p: f64, rest: f64) -> f64 {
    if !(a > 0.0 && a.is_finite() && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p == 0.0 && rest == 1.0 || rest == 0.0 {
        return p / rest;
    }
    // For small x, P(a, x) is xᵃ / Γ(a + 1).
    let start = ((p.ln() + lgamma_scalar(a + 1.0)) / a).min(a.ln().max(1.0));
    let tails = |w: f64| [gammainc_scalar(a, w.exp()), gammaincc_scalar(a, w.exp())];
    let log_slope = |w: f64| a * w - w.exp() - lgamma_scalar(a);
    solve(start, [p, rest], tails, log_slope).exp()
}

pub(super) fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && a.max(b).is_finite() && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return p;
    }
    let odds = |w: f64| ((1.0 + (-w).exp()).recip(), (1.0 + w.exp()).recip());
    let tails = |w: f64| {
        let (x, rest) = odds(w);
        beta_tails(a, b, x, rest)
    };
    let log_slope = |w: f64| {
        let (x, rest) = odds(w);
        a * x.ln() + b * rest.ln() - lbeta_scalar(a, b)
    };
    odds(solve((a / b).ln(), [p, 1.0 - p], tails, log_slope)).0
}

/// The `w` at which the lower and the upper tail have these probabilities: by Newton's method on the logarithm of the smaller one,
/// halving the bracket where that leaves it.
fn solve(
    start: f64,
    [p, rest]: [f64; 2],
    tails: impl Fn(f64) -> [f64; 2],
    log_slope: impl Fn(f64) -> f64,
) -> f64 {
    let (mut w, mut low, mut high) = (start, f64::NEG_INFINITY, f64::INFINITY);
    for _ in 0..MOST_STEPS {
        let [lower, upper] = tails(w);
        let below = if p < 0.5 { lower < p } else { upper > rest };
        if below {
            low = w
        } else {
            high = w
        }
        let slope = log_slope(w).exp();
        let step = match p < 0.5 {
            true => lower / slope * (p / lower).ln(),
            false => -upper / slope * (rest / upper).ln(),
        };
        let next = match (low.is_finite(), high.is_finite()) {
            _ if step.is_finite()
                && step.abs() < 4.0 + w.abs()
                && (low..=high).contains(&(w + step)) =>
            {
                w + step
            }
            (true, true) => 0.5 * (low + high),
            (true, false) => low + 1.0 + low.abs(),
            (false, _) => high - 1.0 - high.abs(),
        };
        if (next - w).abs() <= 2.0 * f64::EPSILON * (1.0 + w.abs()) {
            return next;
        }
        w = next;
    }
    w
}

/// Steps after which rounding alone moves the last digit.
const MOST_STEPS: usize = 200;
