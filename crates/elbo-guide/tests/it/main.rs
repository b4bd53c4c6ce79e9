//! Guides.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod amortized;
mod conditionals;
mod families;
mod guides;
mod init;
mod mean_field;
mod records;
mod refusals;

use burn::tensor::{Device, Tensor};
use elbo_dist::{Noise, Place};
use elbo_model::{Layout, Program};

pub fn f64_on_flex() -> Place {
    Place::f64(&Device::flex()).unwrap()
}

pub fn numbers(x: Tensor<2>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// What a program's sites are, and the noise to go on with.
pub fn discover<P: Program>(program: &P, place: &Place) -> (Layout, Noise) {
    let noise = Noise::new(0, place);
    (Layout::discover(program, &(), &noise).unwrap(), noise)
}
