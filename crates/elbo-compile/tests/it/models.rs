//! The models of the tests, with their data on a device.

use burn::tensor::{Device, Tensor};
use elbo_dist::{Bernoulli, Distribution, HalfCauchy, Noise, Normal};
use elbo_model::Trace;

/// Effects of coaching with their standard errors (Rubin 1981), each `[1, 8]`.
pub struct Schools {
    y: Tensor<2>,
    sigma: Tensor<2>,
}

impl Schools {
    pub fn new(device: &Device) -> Self {
        let y = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];
        let sigma = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0];
        Self { y: Tensor::from_floats([y], device), sigma: Tensor::from_floats([sigma], device) }
    }
}

pub fn eight_schools(t: &mut Trace, d: &Schools) {
    let mu = t.sample("mu", Normal::new(0.0, 5.0)); // [S, 1]
    let tau = t.sample("tau", HalfCauchy::new(5.0)); // [S, 1]
    let z = t.sample("z", Normal::new(0.0, 1.0).iid([1, 8])); // [S, 8]
    let theta = t.deterministic("theta", mu + tau * z);
    t.observe("y", Normal::new(theta, d.sigma.clone()), d.y.clone()); // [1, 8]
}

/// Columns `[p, N]` of data and answers `[1, N]`.
pub struct Rows {
    x: Tensor<2>,
    y: Tensor<2>,
}

impl Rows {
    /// Noise, the same on every device.
    pub fn new([n, p]: [usize; 2], device: &Device) -> Self {
        let noise = Noise::new(0, &Device::flex());
        let x = noise.site("x").normal([p, n]);
        let y: Tensor<2> = noise.site("y").uniform([1, n]).lower_elem(0.5).float();
        Self { x: x.to_device(device), y: y.to_device(device) }
    }
}

pub fn logistic(t: &mut Trace, d: &Rows) {
    let b = t.sample("b", Normal::new(0.0, 1.0).iid([1, d.x.dims()[0]])); // [S, p]
    t.observe("y", Bernoulli::logits(b.matmul(d.x.clone())), d.y.clone());
}
