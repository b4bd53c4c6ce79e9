//! Progress where its count of steps is wrong: the line is lost, not the fit.

use elbo::{Observer, Progress, StepInfo};

fn observe(mut progress: Progress, steps: u64) {
    for step in 0..steps {
        let info =
            StepInfo { step, bound: -3.0, gradient_norm: 1.0, learning_rate: 0.1, fraction: 1.0 };
        progress.on_step(&info);
    }
}

#[test]
fn progress_of_no_steps_is_harmless() {
    observe(Progress::new(0), 0);
    observe(Progress::new(0), 2);
}

#[test]
fn more_steps_than_announced_are_harmless() {
    observe(Progress::new(3), 5);
}
