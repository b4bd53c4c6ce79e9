//! All states of a document.

use crate::{ALPHA, BIAS, FACTORS, VOCABULARY, WEIGHTS};

/// What is known of a document by telling its 8 states.
#[derive(Clone, Debug)]
pub struct Exact {
    /// `log p(x)`
    pub evidence: f64,
    /// `p(z_j = 1 | x)`
    pub marginals: [f64; FACTORS],
}

/// The probabilities of the words in state `z`.
pub fn words(z: [f64; FACTORS]) -> [f64; VOCABULARY] {
    let weight =
        |v: usize| (BIAS[v] + (0..FACTORS).map(|j| z[j] * WEIGHTS[j][v]).sum::<f64>()).exp();
    let weights: [f64; VOCABULARY] = std::array::from_fn(weight);
    let whole: f64 = weights.iter().sum();
    weights.map(|weight| weight / whole)
}

/// The states `z`.
fn states() -> impl Iterator<Item = [f64; FACTORS]> {
    (0..1 << FACTORS).map(|bits: usize| std::array::from_fn(|j| f64::from((bits >> j & 1) as u8)))
}

fn log_joint(z: [f64; FACTORS], document: &[usize]) -> f64 {
    let chances = words(z);
    let prior: f64 =
        z.iter().map(|bit| if *bit == 1.0 { ALPHA.ln() } else { (1.0 - ALPHA).ln() }).sum();
    prior + document.iter().map(|word| chances[*word].ln()).sum::<f64>()
}

/// Evidence and marginals of a document.
pub fn exact(document: &[usize]) -> Exact {
    let states: Vec<_> = states().map(|z| (z, log_joint(z, document).exp())).collect();
    let evidence: f64 = states.iter().map(|(_, p)| p).sum();
    let marginal = |j: usize| states.iter().map(|(z, p)| z[j] * p).sum::<f64>() / evidence;
    Exact { evidence: evidence.ln(), marginals: std::array::from_fn(marginal) }
}

impl Exact {
    /// The evidence lower bound of independent bits with these log-odds.
    pub fn bound(document: &[usize], logits: &[f64]) -> f64 {
        let log_q = |z: [f64; FACTORS]| -> f64 {
            z.iter().zip(logits).map(|(bit, logit)| bit * logit - logit.exp().ln_1p()).sum()
        };
        states().map(|z| log_q(z).exp() * (log_joint(z, document) - log_q(z))).sum()
    }
}
