//! Observers of a fit.

use crate::StepInfo;

/// Sees every step of a fit. A closure `FnMut(&StepInfo)` is one, and `()` sees nothing.
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
