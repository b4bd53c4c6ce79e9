//! Progress of a fit.

use std::io::{IsTerminal, Write};

use elbo_infer::{FitInfo, Level, Observer, StepInfo, Trial};
use indicatif::{ProgressBar, ProgressStyle};

/// Shows a fit's progress on standard error: a bar on a terminal, a plain line at every tenth of
/// the steps elsewhere.
///
/// ```
/// use elbo::{Observer, Progress, StepInfo};
///
/// let mut progress = Progress::new(2);
/// for step in 0..2 {
///     let bound = -3.0;
///     let info = StepInfo { step, bound, gradient_norm: 1.0, learning_rate: 0.1, fraction: 1.0 };
///     progress.on_step(&info);
/// }
/// ```
pub struct Progress {
    /// None where the end is not known.
    steps: Option<u64>,
    done: u64,
    bar: Option<ProgressBar>,
}

/// The steps between lines where the end is not known.
const EVERY: u64 = 100;

impl Progress {
    /// Progress of `steps` steps, with the time that is left.
    pub fn new(steps: usize) -> Self {
        let steps = steps as u64;
        let bar = || ProgressBar::new(steps);
        let template = "{bar:30} {pos}/{len} {msg}, {per_sec} ({eta} left)";
        Self { steps: Some(steps), done: 0, bar: drawn(bar, template) }
    }

    /// Progress of a fit that ends when it has settled, with the time that has passed: what is left is not known. Its steps are those of the
    /// fit, also where that goes on.
    pub fn open_ended() -> Self {
        let template = "{spinner} {pos} {msg}, {per_sec} ({elapsed})";
        Self { steps: None, done: 0, bar: drawn(ProgressBar::no_length, template) }
    }

    /// Writes a line, above the bar if there is one.
    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            // A lost progress line is no reason to stop a fit.
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}

/// A bar, on a terminal.
fn drawn(bar: impl FnOnce() -> ProgressBar, template: &str) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template(template);
        bar().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    })
}

impl Observer for Progress {
    fn on_step(&mut self, info: &StepInfo) {
        self.done = if self.steps.is_some() { self.done + 1 } else { info.step + 1 };
        let message = format!("bound {:.3}", info.bound);
        let is_last = self.steps == Some(self.done);
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            bar.set_message(message);
            if is_last {
                bar.finish();
            }
            return;
        }
        let every = self.steps.map_or(EVERY, |steps| steps.div_ceil(10).max(1));
        if self.done.is_multiple_of(every) || is_last {
            let of = self.steps.map(|steps| format!("/{steps}")).unwrap_or_default();
            self.line(&format!("step {}{of}: {message}", self.done));
        }
    }

    fn on_trial(&mut self, trial: &Trial) {
        self.line(&format!("learning rate {:.2e}: bound {:.3}", trial.rate, trial.bound));
    }

    fn on_level(&mut self, level: &Level) {
        let reason = level.reason.map(|reason| format!(", {reason}")).unwrap_or_default();
        self.line(&format!("{} steps at {:.2e}{reason}", level.steps, level.rate));
    }

    fn on_end(&mut self, info: &FitInfo) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
        self.line(&format!("{} steps, {}", info.steps, info.end));
    }
}
