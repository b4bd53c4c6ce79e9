//! Progress of a fit.

use std::io::{IsTerminal, Write};

use elbo_infer::{Observer, StepInfo};
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
    steps: u64,
    done: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Progress of `steps` steps.
    pub fn new(steps: usize) -> Self {
        let steps = steps as u64;
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} ({eta} left)");
            ProgressBar::new(steps)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { steps, done: 0, bar }
    }
}

impl Observer for Progress {
    fn on_step(&mut self, info: &StepInfo) {
        self.done += 1;
        let message = format!("bound {:.3}", info.bound);
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(message);
            if self.done == self.steps {
                bar.finish();
            }
            return;
        }
        let tenth = self.steps.div_ceil(10).max(1);
        if self.done.is_multiple_of(tenth) || self.done == self.steps {
            // A lost progress line is no reason to stop a fit.
            let _ = writeln!(std::io::stderr(), "step {}/{}: {message}", self.done, self.steps);
        }
    }
}
