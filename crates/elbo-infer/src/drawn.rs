//! What a report keeps of draws.

use burn::module::Module;
use elbo_guide::{Guide, ParetoSmoothed};
use elbo_model::{Predictive, Program};
use elbo_report::{Bound, Importance, NumberRow, Predicted};

use crate::number_draws::NumberDraws;
use crate::predicted::PredictiveChecks;
use crate::report_config::of_bound;
use crate::scored::{Scored, chunks};
use crate::summary::summary_row;
use crate::{BoundEstimate, InferError, Posterior, SummaryRow};

/// Draws that are in memory together, with replicated data.
const CHUNK: usize = 250;

/// The numbers of draws that have a density, with replicated data, and the weights of all.
pub(crate) struct Drawn {
    pub numbers: NumberDraws,
    pub predicted: Vec<Predicted>,
    /// Of all draws; not finite for those without a density.
    log_weights: Vec<f64>,
    smoothed: ParetoSmoothed,
    /// What is wrong with the first draw that has no density.
    pub fault: Option<String>,
}

impl Drawn {
    /// `draws` draws of the guide.
    pub fn of<M, G, B>(
        posterior: &Posterior<M, G>,
        data: &B,
        draws: usize,
    ) -> Result<Self, InferError>
    where
        M: Module + Program<B>,
        G: Guide<B>,
    {
        let mut checks = PredictiveChecks::of(posterior, data)?;
        let (mut numbers, mut log_weights) = (NumberDraws::default(), Vec::new());
        let mut fault = None;
        for (first, count) in chunks(draws, CHUNK) {
            let noise = posterior.noise().from_particle(first as u64);
            let scored = posterior.scored_anyway(data, count, noise)?;
            log_weights.extend(scored.log_weights());
            fault = fault.or(scored.fault.as_ref().map(ToString::to_string));
            keep(posterior, data, scored, &mut checks, &mut numbers)?;
        }
        let finite = log_weights.iter().copied().filter(|weight| weight.is_finite());
        let smoothed = ParetoSmoothed::new(finite.collect());
        Ok(Self { numbers, predicted: checks.predicted, log_weights, smoothed, fault })
    }

    /// The bound; `-∞` where a draw has no density.
    pub fn bound(&self) -> Bound {
        of_bound(&BoundEstimate::anyway(&self.log_weights))
    }

    /// What the weights say.
    pub fn importance(&self) -> Importance {
        let effective_size = match self.smoothed.log_weights.is_empty() {
            true => 0.0,
            false => self.smoothed.effective_size(),
        };
        // The draws without a density have the weight 0, and an infinite share of the divergence.
        let evidence = log_mean_exp(&self.log_weights);
        let divergence = match self.bound().mean {
            bound if bound.is_finite() => evidence - bound,
            _ => f64::INFINITY,
        };
        let (draws, k_hat) = (self.log_weights.len(), self.smoothed.k_hat);
        Importance { draws, k_hat, effective_size, divergence }
    }

    /// Moments of each number, beside those by the smoothed weights.
    pub fn rows(&self) -> Vec<NumberRow> {
        let weights: Vec<f64> = self.smoothed.log_weights.iter().map(|w| w.exp()).collect();
        self.numbers.iter().map(|(name, column)| number_row(name, column, &weights)).collect()
    }
}

/// Keeps the numbers and the replicated data of the draws that have a density.
fn keep<M, G, B>(
    posterior: &Posterior<M, G>,
    data: &B,
    mut scored: Scored,
    checks: &mut PredictiveChecks,
    numbers: &mut NumberDraws,
) -> Result<(), InferError>
where
    M: Module + Program<B>,
    G: Module,
{
    let rows = scored.with_density();
    if rows.is_empty() {
        return Ok(());
    }
    if rows.len() < scored.log_p.len() {
        scored.latents = scored.latents.rows(&rows);
    }
    let predictive = Predictive::new(posterior.model(), data);
    let values = predictive.given(&scored.latents, &scored.noise)?;
    checks.add(&values);
    numbers.append(&values, rows.len(), |site| !checks.is_data(site));
    Ok(())
}

fn number_row(name: &str, column: &[f64], weights: &[f64]) -> NumberRow {
    let SummaryRow { name, mean, sd, mcse, q05, median, q95 } =
        summary_row(name.to_string(), column.to_vec());
    let weighted = |of: &dyn Fn(f64) -> f64| -> f64 {
        column.iter().zip(weights).map(|(x, weight)| weight * of(*x)).sum()
    };
    let corrected_mean = weighted(&|x| x);
    let corrected_sd = weighted(&|x| (x - corrected_mean).powi(2)).sqrt();
    NumberRow { name, mean, sd, mcse, q05, median, q95, corrected_mean, corrected_sd }
}

/// `log 1/n Σ e^w`
fn log_mean_exp(log_weights: &[f64]) -> f64 {
    let largest = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = log_weights.iter().map(|weight| (weight - largest).exp()).sum();
    largest + (sum / log_weights.len() as f64).ln()
}
