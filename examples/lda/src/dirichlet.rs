//! The Dirichlet distribution.

use crate::special::{digamma, inverse_digamma, lgamma};

/// The smallest concentration of a prior: `e^ψ(a)` of less leaves double precision where two of them meet.
pub(crate) const SMALLEST: f64 = 0.005;

/// `E log θ_k = ψ(a_k) - ψ(Σ_j a_j)`
pub(crate) fn mean_logs(concentrations: &[f64]) -> impl Iterator<Item = f64> {
    let total = digamma(concentrations.iter().sum());
    concentrations.iter().map(move |a| digamma(*a) - total)
}

/// `exp(E log θ_k)`, the weights with which topics compete for a word.
pub(crate) fn geometric_means(concentrations: &[f64]) -> Vec<f64> {
    mean_logs(concentrations).map(f64::exp).collect()
}

/// `log Γ(Σ_k a_k) - Σ_k log Γ(a_k)`
pub(crate) fn log_normalizer(concentrations: &[f64]) -> f64 {
    let each: f64 = concentrations.iter().map(|a| lgamma(*a)).sum();
    lgamma(concentrations.iter().sum()) - each
}

/// `KL(Dirichlet(q) ‖ Dirichlet(p))`, given the [`log_normalizer`] of `p`.
pub(crate) fn divergence(q: &[f64], p: &[f64], normalizer_of_p: f64) -> f64 {
    let linear: f64 = mean_logs(q).zip(q.iter().zip(p)).map(|(log, (q, p))| (q - p) * log).sum();
    log_normalizer(q) - normalizer_of_p + linear
}

/// Moves concentrations to where `E log Dirichlet(θ; a)` is largest, given the means of `log θ_k`, each at least [`SMALLEST`]; no step
/// lowers it.
///
/// # References
/// Minka (2000), *Estimating a Dirichlet distribution*, equation 9.
pub(crate) fn improve(concentrations: &mut [f64], mean_logs: &[f64]) {
    for _ in 0..IMPROVEMENTS {
        let total = digamma(concentrations.iter().sum());
        let mut change: f64 = 0.0;
        for (a, mean_log) in concentrations.iter_mut().zip(mean_logs) {
            let next = inverse_digamma(total + mean_log).max(SMALLEST);
            change = change.max((next / *a - 1.0).abs());
            *a = next;
        }
        if change < 1e-6 {
            break;
        }
    }
}

/// The most steps of [`improve`], which goes on from where it was.
const IMPROVEMENTS: usize = 200;

#[cfg(test)]
mod tests {
    use super::{divergence, geometric_means, improve, log_normalizer};
    use crate::special::digamma;

    /// `KL(Beta(2, 1) ‖ Beta(1, 1)) = ∫ 2x log 2x dx = log 2 - ½`.
    #[test]
    fn the_divergence_from_a_uniform_is_known() {
        let found = divergence(&[2.0, 1.0], &[1.0, 1.0], log_normalizer(&[1.0, 1.0]));
        assert!((found - (2.0_f64.ln() - 0.5)).abs() < 1e-13, "{found}");
    }

    /// `ψ(1) - ψ(2) = -1`.
    #[test]
    fn geometric_means_of_a_uniform_are_known() {
        let found = geometric_means(&[1.0, 1.0]);
        assert!((found[0] - (-1.0_f64).exp()).abs() < 1e-14 && found[0] == found[1], "{found:?}");
    }

    /// The means of `log θ` under concentrations lead back to them, slowly: a step of Minka's shrinks the distance by a constant.
    #[test]
    fn concentrations_are_recovered_from_their_mean_logs() {
        let truth = [0.3, 2.0, 0.05];
        let total = digamma(truth.iter().sum());
        let logs: Vec<f64> = truth.iter().map(|a| digamma(*a) - total).collect();
        let mut found = [1.0; 3];
        (0..5).for_each(|_| improve(&mut found, &logs));
        for (found, truth) in found.iter().zip(truth) {
            assert!((found / truth - 1.0).abs() < 1e-4, "{found} for {truth}");
        }
    }
}
