//! Forward and backward over one chain.

use crate::numbers::{dot, normalize};

/// A Markov chain tilted by potentials: `q(s) = p(s) exp(Σ_t h_t(s_t)) / Z`.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    /// `log Z`
    pub log_norm: f64,
    /// `q(s_t)`, `[T, L]`
    pub marginals: Vec<f64>,
    /// The expected number of each transition, `Σ_t q(s_{t-1}, s_t)`, `[L, L]`
    pub pairs: Vec<f64>,
}

/// Smooths a chain of initial probabilities `[L]`, transitions `[L, L]` and potentials `[T, L]`.
///
/// Forward, `α_t ∝ (Aᵀ α_{t-1}) exp h_t`; backward, `q(s_{t-1}, s_t) = α_{t-1}(s_{t-1}) A(s_{t-1}, s_t) q(s_t) / (Aᵀ α_{t-1})(s_t)`, whose
/// factors are all probabilities, so that nothing overflows.
///
/// # Example
/// Two states that nothing tells apart but one potential of log 3, which is then their odds.
/// ```
/// let fair = [0.5, 0.5, 0.5, 0.5];
/// let smoothed = factorial_hmm::smooth(&[0.5, 0.5], &fair, &[0.0, 3_f64.ln(), 0.0, 0.0]);
/// assert!((smoothed.marginals[1] - 0.75).abs() < 1e-12 && (smoothed.marginals[3] - 0.5).abs() < 1e-12);
/// assert!((smoothed.log_norm - 2_f64.ln()).abs() < 1e-12);
/// ```
///
/// # References
/// Rabiner (1989), *A tutorial on hidden Markov models*, section III; Baum et al. (1970).
pub fn smooth(initial: &[f64], transitions: &[f64], potentials: &[f64]) -> Smoothed {
    let l = initial.len();
    let Forward { log_norm, predicted, filtered } = forward(initial, transitions, potentials);
    let mut marginals = filtered.clone();
    let mut pairs = vec![0.0; l * l];
    for t in (1..potentials.len() / l).rev() {
        let (before, after) = marginals.split_at_mut(t * l);
        let ratios = ratios(&after[..l], &predicted[t * l..][..l]);
        for (r, row) in transitions.chunks(l).enumerate() {
            let own = filtered[(t - 1) * l + r];
            for (s, pair) in pairs[r * l..][..l].iter_mut().enumerate() {
                *pair += own * row[s] * ratios[s];
            }
            before[(t - 1) * l + r] = own * dot(row, &ratios);
        }
    }
    Smoothed { log_norm, marginals, pairs }
}

/// `q(s_t) / p(s_t | x_1 .. x_{t-1})`, and 0 where the prediction is so small that it rounds to 0.
pub(crate) fn ratios(marginals: &[f64], predicted: &[f64]) -> Vec<f64> {
    let ratio = |(q, p): (&f64, &f64)| if *p > 0.0 { q / p } else { 0.0 };
    marginals.iter().zip(predicted).map(ratio).collect()
}

struct Forward {
    log_norm: f64,
    /// `[T, L]`
    predicted: Vec<f64>,
    /// `[T, L]`
    filtered: Vec<f64>,
}

fn forward(initial: &[f64], transitions: &[f64], potentials: &[f64]) -> Forward {
    let l = initial.len();
    let (mut predicted, mut filtered) = (initial.to_vec(), Vec::with_capacity(potentials.len()));
    let mut log_norm = 0.0;
    for potentials in potentials.chunks(l) {
        if !filtered.is_empty() {
            let next = predict(&filtered[filtered.len() - l..], transitions);
            predicted.extend(next);
        }
        let mut tilted = predicted[predicted.len() - l..].to_vec();
        log_norm += tilt(&mut tilted, potentials);
        filtered.extend(tilted);
    }
    Forward { log_norm, predicted, filtered }
}

/// `Aᵀ α`
fn predict(filtered: &[f64], transitions: &[f64]) -> Vec<f64> {
    let mut next = vec![0.0; filtered.len()];
    for (own, row) in filtered.iter().zip(transitions.chunks(filtered.len())) {
        next.iter_mut().zip(row).for_each(|(next, a)| *next += own * a);
    }
    next
}

/// Multiplies probabilities by `exp h` and divides them by their sum, whose logarithm is returned.
pub(crate) fn tilt(p: &mut [f64], potentials: &[f64]) -> f64 {
    let largest = potentials.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    p.iter_mut().zip(potentials).for_each(|(p, h)| *p *= (h - largest).exp());
    let sum: f64 = p.iter().sum();
    normalize(p);
    largest + sum.ln()
}
