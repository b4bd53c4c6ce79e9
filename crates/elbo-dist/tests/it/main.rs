//! The tests of `elbo-dist`: one binary, a module for each subject.

#[macro_use]
mod every;

mod closed_forms;
mod draws;
mod error;
mod event_densities;
mod event_draws;
mod events;
mod golden;
mod golden_events;
mod gradient;
mod hidden_states;
mod kl;
mod linalg;
mod noise;
#[cfg(feature = "flex")]
mod one_pass;
mod operand;
mod parity;
mod pathwise;
mod quantile;
mod quantiles;
mod refusals;
mod sampling;
mod special;
mod support;
mod table;
mod tails;
mod transform;
mod vectors;

use burn::tensor::{Device, Tensor};
use elbo_dist::Place;
use elbo_testkit::{Golden, ndarray};

/// Both precisions on flex.
fn single() -> Place {
    Place::f32(&Device::flex())
}

fn double() -> Place {
    Place::f64(&Device::flex()).unwrap()
}

/// The values in row-major order.
fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// The values as `[1, n]`.
fn row(place: &Place, values: &[f64]) -> Tensor<2> {
    place.tensor(values.to_vec(), [1, values.len()])
}

/// The matrix `[1, n, n]` of ones on the diagonal, in double precision.
fn identity(n: usize) -> Tensor<3> {
    let ones = (0..n * n).map(|i| f64::from(u8::from(i % (n + 1) == 0))).collect();
    double().tensor(ones, [1, n, n])
}

/// A file written by `tests/golden/make.py`.
fn read_golden(name: &str) -> Golden {
    Golden::read(format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR")))
}

/// Asserts `|actual - expected| ≤ tolerance · unit`, element by element.
#[track_caller]
fn assert_close_in_units(actual: &[f64], expected: &[f64], units: &[f64], tolerance: f64) {
    let scaled = |x: &[f64]| x.iter().zip(units).map(|(x, unit)| x / unit).collect::<Vec<_>>();
    elbo_testkit::assert_close(&scaled(actual), &scaled(expected), 0.0, tolerance);
}
