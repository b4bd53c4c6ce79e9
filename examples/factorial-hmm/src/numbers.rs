//! Sums of logarithms, and draws.

use std::f64::consts::PI;

use rand::{Rng, RngExt};

/// `log Σ exp x`
pub(crate) fn log_sum_exp(x: &[f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + x.iter().map(|x| (x - largest).exp()).sum::<f64>().ln()
}

/// Turns logarithms of weights into probabilities.
pub(crate) fn softmax(x: &mut [f64]) {
    let whole = log_sum_exp(x);
    x.iter_mut().for_each(|x| *x = (*x - whole).exp());
}

/// Divides weights by their sum.
pub(crate) fn normalize(x: &mut [f64]) {
    let sum: f64 = x.iter().sum();
    x.iter_mut().for_each(|x| *x /= sum);
}

/// `Σ a b`
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `a += b`
pub(crate) fn add(a: &mut [f64], b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

/// `-Σ p log p`, where nothing is the share of what has no probability.
pub(crate) fn entropy(p: &[f64]) -> f64 {
    -p.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

/// An index drawn by its probability.
pub(crate) fn categorical(p: &[f64], rng: &mut impl Rng) -> usize {
    let mut left = rng.random::<f64>();
    let found = p.iter().position(|p| {
        left -= p;
        left < 0.0
    });
    found.unwrap_or(p.len() - 1)
}

/// A standard normal, by Box & Muller (1958).
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    let (u, v) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
    (-2.0 * u.ln()).sqrt() * (2.0 * PI * v).cos()
}
