//! Observers of a fit.

use crate::{FitInfo, Level, StepInfo, Trial};

/// Sees every step of a fit. A closure `FnMut(&StepInfo)` is one, and `()` sees nothing.
///
/// ```
/// use elbo_infer::{Observer, StepInfo};
///
/// let mut best = f64::NEG_INFINITY;
/// let mut keep_best = |info: &StepInfo| best = info.bound.max(best);
/// for (step, bound) in [(0, -3.0), (1, -2.0), (2, -2.5)] {
///     let info = StepInfo { step, bound, gradient_norm: 1.0, learning_rate: 0.1, fraction: 1.0 };
///     keep_best.on_step(&info);
/// }
/// assert_eq!(best, -2.0);
/// ```
pub trait Observer {
    /// Called after each step.
    fn on_step(&mut self, info: &StepInfo);

    /// Called after each trial of a learning rate, of a fit that needs none.
    fn on_trial(&mut self, _: &Trial) {}

    /// Called after each level of such a fit.
    fn on_level(&mut self, _: &Level) {}

    /// Called after a checkpoint of such a fit was written, with the step that comes next.
    fn on_checkpoint(&mut self, _: u64) {}

    /// Called at the end of such a fit.
    fn on_end(&mut self, _: &FitInfo) {}
}

impl Observer for () {
    fn on_step(&mut self, _: &StepInfo) {}
}

impl<F: FnMut(&StepInfo)> Observer for F {
    fn on_step(&mut self, info: &StepInfo) {
        self(info);
    }
}

/// Both, one after the other.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn on_step(&mut self, info: &StepInfo) {
        self.0.on_step(info);
        self.1.on_step(info);
    }

    fn on_trial(&mut self, trial: &Trial) {
        self.0.on_trial(trial);
        self.1.on_trial(trial);
    }

    fn on_level(&mut self, level: &Level) {
        self.0.on_level(level);
        self.1.on_level(level);
    }

    fn on_checkpoint(&mut self, step: u64) {
        self.0.on_checkpoint(step);
        self.1.on_checkpoint(step);
    }

    fn on_end(&mut self, info: &FitInfo) {
        self.0.on_end(info);
        self.1.on_end(info);
    }
}
