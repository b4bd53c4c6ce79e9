//! Progress where its count of steps is wrong: the line is lost, not the fit.

use std::ops::Range;
use std::process::Command;

use elbo::{Observer, Progress, StepInfo};

fn observe(progress: Progress, steps: u64) {
    observe_from(progress, 0..steps);
}

fn observe_from(mut progress: Progress, steps: Range<u64>) {
    for step in steps {
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

#[test]
#[ignore = "the process whose lines without_a_terminal_there_is_a_line_now_and_then reads"]
fn three_fits_without_a_terminal() {
    observe(Progress::new(20), 20);
    observe_from(Progress::open_ended(), 0..150);
    observe_from(Progress::open_ended(), 150..350); // of a fit that goes on
}

/// A tenth of twenty steps, and each hundredth.
#[test]
fn without_a_terminal_there_is_a_line_now_and_then() {
    let test = "progress::three_fits_without_a_terminal";
    let arguments = [test, "--exact", "--ignored", "--nocapture"];
    let run = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    let lines = String::from_utf8(run.stderr).unwrap();
    let found: Vec<_> = lines.lines().filter(|line| line.starts_with("step ")).collect();
    let tenths = (1..=10).map(|tenth| format!("step {}/20: bound -3.000", 2 * tenth));
    let hundredths = [100, 200, 300].map(|step| format!("step {step}: bound -3.000"));
    assert_eq!(found, Vec::from_iter(tenths.chain(hundredths)));
}
