//! Every error: the program that provokes it and its whole text.

mod names;
mod numbers;
mod params;
mod places;
mod plates;
mod shapes;

use elbo_dist::Normal;
use elbo_model::{Latents, Layout, LogJoint, Program, Trace};

use crate::{at_place, noise, single};

/// The error of scoring `program` at `latents`.
#[track_caller]
fn scoring(program: impl Fn(&mut Trace, &()), latents: &Latents) -> String {
    program.log_joint(latents, &()).unwrap_err().to_string()
}

/// The error of scoring `program`, which has no latents, in single precision.
#[track_caller]
fn observing(program: impl Fn(&mut Trace, &())) -> String {
    scoring(program, &at_place::<2>(single(), []))
}

/// The error of drawing from `program` and of inspecting it.
#[track_caller]
fn discovering(program: impl Program) -> String {
    Layout::discover(&program, &(), &noise()).unwrap_err().to_string()
}

fn normal() -> Normal<2> {
    Normal::new(0.0, 1.0)
}
