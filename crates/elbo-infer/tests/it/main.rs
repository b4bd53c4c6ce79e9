//! Objectives and the inference loop.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod auto_fit;
mod bounds;
mod checkpoints;
mod combinations;
mod conjugate;
mod dais;
mod errors;
mod estimators;
mod export;
mod fit;
mod fit_ends;
mod fit_goes_on;
mod minibatches;
mod natural;
mod networks;
mod objectives;
mod parity;
mod posterior;
mod reach;
mod stop_rule;
mod svi;
mod systems;
mod trust;
mod unit_mixture;

use burn::tensor::{Device, Tensor};
use elbo_dist::{Noise, Normal, Place};
use elbo_guide::{MeanField, MeanFieldConfig};
use elbo_model::{Layout, Program, Trace};

/// `z ~ N(0, 1)`, `x ~ N(z, 1)`: given `x = 1` the posterior is `N(½, ½)`, and the evidence
/// `log N(1; 0, 2)`.
pub fn chain(t: &mut Trace, x: &Tensor<2>) {
    let z = t.sample("z", Normal::new(0.0, 1.0));
    t.observe("x", Normal::new(z, 1.0), x.clone());
}

/// `log N(1; 0, 2) = -½ log 4π - ¼`.
pub const CHAIN_EVIDENCE: f64 = -1.515_512_123_484_645;

pub fn one(place: &Place) -> Tensor<2> {
    place.tensor(vec![1.0], [1, 1])
}

/// A mean-field guide for `program`, and the noise to go on with.
pub fn guide<B, P: Program<B>>(
    program: &P,
    batch: &B,
    place: &Place,
    seed: u64,
) -> (MeanField, Noise) {
    let mut noise = Noise::new(seed, place);
    let layout = Layout::discover(program, batch, &noise).unwrap();
    let guide = MeanFieldConfig::new().init(&layout, program, batch, &mut noise).unwrap();
    (guide, noise)
}

pub fn f64_on_flex() -> Place {
    Place::f64(&Device::flex()).unwrap()
}
