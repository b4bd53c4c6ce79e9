//! The tests of `elbo-model`: one binary, a module for each subject.

mod backends;
mod by_hand;
mod conditioning;
mod enumeration;
mod errors;
mod gradients;
mod graph;
mod layout;
mod log_joint;
mod masks;
mod params;
mod plates;
mod predictive;
mod robustness;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use elbo_dist::{Noise, Place};
use elbo_model::{Latents, LogJoint, LogTerms, Program};
use elbo_testkit::ndarray;

/// `½ log 2π`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// Double precision: numbers written by hand agree to 1e-12.
fn double() -> Place {
    Place::f64(&Device::flex()).unwrap()
}

fn single() -> Place {
    Place::f32(&Device::flex())
}

fn noise() -> Noise {
    Noise::new(0, single())
}

fn matrix<const R: usize, const C: usize>(rows: [[f64; C]; R]) -> Tensor<2> {
    double().tensor(rows.concat(), [R, C])
}

fn single_matrix<const R: usize, const C: usize>(rows: [[f64; C]; R]) -> Tensor<2> {
    single().tensor(rows.concat(), [R, C])
}

fn int_matrix<const R: usize, const C: usize>(rows: [[i32; C]; R]) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::from(rows), &Device::flex())
}

fn mask<const R: usize, const C: usize>(rows: [[bool; C]; R]) -> Tensor<2, Bool> {
    Tensor::from_data(TensorData::from(rows), &Device::flex())
}

fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.inner().into_data().iter::<f64>().collect()
}

/// Latents in double precision.
fn at<const D: usize>(values: impl IntoIterator<Item = (&'static str, Tensor<D>)>) -> Latents {
    at_place(double(), values)
}

fn at_place<const D: usize>(
    place: Place,
    values: impl IntoIterator<Item = (&'static str, Tensor<D>)>,
) -> Latents {
    let mut latents = Latents::new(place);
    for (name, value) in values {
        latents.insert(name, value);
    }
    latents
}

fn score<B>(program: &impl Program<B>, latents: &Latents, batch: &B) -> LogTerms {
    program.log_joint(latents, batch).unwrap()
}

#[track_caller]
fn assert_total(terms: &LogTerms, expected: &[f64]) {
    let total = terms.total();
    assert_eq!(total.dims(), [expected.len(), 1]);
    assert_close(&host(total), expected);
}

#[track_caller]
fn assert_close(actual: &[f64], expected: &[f64]) {
    elbo_testkit::assert_close(actual, expected, 1e-12, 1e-12);
}
