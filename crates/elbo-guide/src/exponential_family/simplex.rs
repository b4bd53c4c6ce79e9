//! Dirichlet distributions, a simplex at a time.

use elbo_dist::{digamma_scalar, lgamma_scalar, trigamma_scalar};

/// `E[log z]` of the Dirichlet distribution of concentrations `alpha`.
pub(super) fn log_means(alpha: &[f64]) -> Vec<f64> {
    let all = digamma_scalar(alpha.iter().sum());
    alpha.iter().map(|a| digamma_scalar(*a) - all).collect()
}

/// `softmax(l ± x)`, with the sign by turns along the simplex.
pub(super) fn point(log_means: &[f64], x: f64) -> Vec<f64> {
    let shifted: Vec<f64> = shifted(log_means, x).collect();
    let total = log_sum(shifted.iter().copied());
    shifted.iter().map(|l| (l - total).exp()).collect()
}

fn shifted(log_means: &[f64], x: f64) -> impl Iterator<Item = f64> + Clone {
    log_means.iter().enumerate().map(move |(k, l)| l + sign(k) * x)
}

fn sign(k: usize) -> f64 {
    if k.is_multiple_of(2) { 1.0 } else { -1.0 }
}

fn log_sum(l: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = l.clone().fold(f64::NEG_INFINITY, f64::max);
    most + l.map(|l| (l - most).exp()).sum::<f64>().ln()
}

/// The `x > 0` for which the two points at `±x` have the mean `log z = l`: that is where the two logarithms of
/// `Σ exp(l ± x)` add up to 0. Their sum is convex in `x`, so that Newton's steps from beyond come down to it.
pub(super) fn width(log_means: &[f64]) -> f64 {
    let side = |odd: usize| log_sum(log_means.iter().copied().skip(odd).step_by(2));
    let mut x = -0.5 * (side(0) + side(1));
    for _ in 0..100 {
        let [up, down] = [x, -x].map(|x| log_sum(shifted(log_means, x)));
        let step = (up + down) / (tilt(log_means, x, up) - tilt(log_means, -x, down));
        x -= step;
        if step.abs() <= 1e-14 * x.abs() {
            break;
        }
    }
    x
}

/// `d log Σ exp(l ± x) / dx`
fn tilt(log_means: &[f64], x: f64, log_total: f64) -> f64 {
    shifted(log_means, x).enumerate().map(|(k, l)| sign(k) * (l - log_total).exp()).sum()
}

/// The slope in `log z` of what has the slope `by_z` in `z`.
pub(super) fn log_slopes(z: &[f64], by_z: &[f64]) -> Vec<f64> {
    let mean: f64 = z.iter().zip(by_z).map(|(z, slope)| z * slope).sum();
    z.iter().zip(by_z).map(|(z, slope)| z * (slope - mean)).collect()
}

/// The `c` of `f = Σ c log z`, which has the slopes `c - z Σ c` in `log z`, from those at two points.
pub(super) fn coefficients([z, w]: [&[f64]; 2], [by_z, by_w]: [&[f64]; 2]) -> Vec<f64> {
    let [at_z, at_w] = [log_slopes(z, by_z), log_slopes(w, by_w)];
    let apart = |i: usize| (z[i] - w[i], at_z[i] - at_w[i]);
    let squares: f64 = (0..z.len()).map(|i| apart(i).0 * apart(i).0).sum();
    let products: f64 = (0..z.len()).map(|i| apart(i).0 * apart(i).1).sum();
    let total = -products / squares;
    (0..z.len()).map(|i| 0.5 * (at_z[i] + at_w[i] + total * (z[i] + w[i]))).collect()
}

/// The gradient by `E[log z]`, from that by `log α`: `g = α (ψ'(α) h - ψ'(Σα) Σ h)` solved for `h`.
pub(super) fn natural_gradient(alpha: &[f64], gradient: &[f64]) -> Vec<f64> {
    let all = trigamma_scalar(alpha.iter().sum());
    let parts = |i: usize| (gradient[i] / alpha[i], trigamma_scalar(alpha[i]));
    let (mut sum, mut share) = (0.0, 0.0);
    for (slope, curve) in (0..alpha.len()).map(parts) {
        sum += slope / curve;
        share += all / curve;
    }
    let total = sum / (1.0 - share);
    (0..alpha.len()).map(parts).map(|(slope, curve)| (slope + all * total) / curve).collect()
}

/// The entropy, in nats.
pub(super) fn entropy(alpha: &[f64]) -> f64 {
    let sum: f64 = alpha.iter().sum();
    let each = alpha.iter().map(|a| lgamma_scalar(*a) - (a - 1.0) * digamma_scalar(*a));
    each.sum::<f64>() - lgamma_scalar(sum) + (sum - alpha.len() as f64) * digamma_scalar(sum)
}
