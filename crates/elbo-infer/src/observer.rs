//! Observers of a fit.

use crate::StepInfo;

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
}

impl Observer for () {
    fn on_step(&mut self, _: &StepInfo) {}
}

impl<F: FnMut(&StepInfo)> Observer for F {
    fn on_step(&mut self, info: &StepInfo) {
        self(info);
    }
}
