//! Events of fits.

use elbo_infer::{FitEnd, FitInfo, Level, Observer, StepInfo, Trial};

/// Sends what a fit does as events of `tracing`, at the target `elbo`: steps at the level `debug`, each of the others at `info`.
///
/// Who listens decides what becomes of them. With a progress bar beside it: `(Progress::new(1000), Tracing)`.
///
/// # Example
/// ```
/// use elbo::{Observer, StepInfo, Tracing};
///
/// let info = StepInfo { step: 0, bound: -3.0, gradient_norm: 1.0, learning_rate: 0.1, fraction: 1.0 };
/// let mut bounds = Vec::new();
/// let keep = |info: &StepInfo| bounds.push(info.bound);
/// (keep, Tracing).on_step(&info); // an event, and whatever the other one does
/// assert_eq!(bounds, [-3.0]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing;

impl Observer for Tracing {
    fn on_step(&mut self, info: &StepInfo) {
        let StepInfo { step, bound, gradient_norm, learning_rate, .. } = *info;
        tracing::debug!(target: "elbo", step, bound, gradient_norm, learning_rate, "step");
    }

    fn on_trial(&mut self, trial: &Trial) {
        tracing::info!(target: "elbo", rate = trial.rate, bound = trial.bound, "trial");
    }

    fn on_level(&mut self, level: &Level) {
        let reason = level.reason.map(|reason| reason.to_string());
        let (rate, steps, gain) = (level.rate, level.steps, level.gain);
        tracing::info!(target: "elbo", rate, steps, gain, reason, "level");
    }

    fn on_checkpoint(&mut self, step: u64) {
        tracing::info!(target: "elbo", step, "checkpoint");
    }

    fn on_end(&mut self, info: &FitInfo) {
        let FitInfo { steps, end, .. } = info;
        match end {
            FitEnd::Settled => tracing::info!(target: "elbo", steps, %end, "end"),
            _ => tracing::warn!(target: "elbo", steps, %end, "end"),
        }
    }
}
