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

use burn::tensor::Device;
use elbo_dist::Place;

pub fn f64_on_flex() -> Place {
    Place::f64(&Device::flex()).unwrap()
}
