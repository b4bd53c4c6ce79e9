//! Discrete families, whose natural parameters are logits.

/// The least probability that is told from 0.
const LEAST: f64 = 1e-30;

/// `log p` of logits.
pub(super) fn log_probs(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total = most + logits.iter().map(|l| (l - most).exp()).sum::<f64>().ln();
    logits.iter().map(|l| l - total).collect()
}

/// The gradient by the probabilities, up to a constant, from that by the logits, `g_k = p_k (h_k - Σ p h)`.
pub(super) fn natural_gradient(logits: &[f64], gradient: &[f64]) -> Vec<f64> {
    let each = log_probs(logits).into_iter().zip(gradient);
    each.map(|(log_p, g)| g / log_p.exp().max(LEAST)).collect()
}

/// Logits of which the largest is 0, and none is so low that its probability is lost.
pub(super) fn centred(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter().map(|l| (l - most).max(LEAST.ln())).collect()
}

/// The entropy, in nats.
pub(super) fn entropy(logits: &[f64]) -> f64 {
    log_probs(logits).into_iter().map(|log_p| -log_p.exp() * log_p).sum()
}
