//! A normal of 100 dimensions, fitted by a full-rank normal.

use elbo::prelude::*;

use crate::{Fit, by_guide};

const D: usize = 100;

fn target(t: &mut Trace, precision: &Tensor<2>) {
    let z: Tensor<2> = t.sample("z", Flat::new(Support::Real).iid([1, D])); // [S, 100]
    let square = (z.clone().matmul(precision.clone()) * z).sum_dim(1);
    t.factor("density", square * -0.5);
}

/// Eight draws a step.
pub fn fit(device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    let a: Tensor<2> = noise.site("precision").normal([D, D]) / 10.0;
    let precision = a.clone().matmul(a.transpose()) + Tensor::eye(D, device);
    let config = FullRankConfig::new().with_init(Init::Uniform { radius: 2.0 });
    let svi = by_guide(target, &precision, noise, |layout, noise| {
        config.init(layout, &target, &precision, noise)
    });
    Fit::new(svi.with_particles(8), precision)
}
