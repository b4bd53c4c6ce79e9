//! A mixture of five normals in the plane, its assignments summed out.

use elbo::logsumexp;
use elbo::prelude::*;

use crate::Fit;

const K: usize = 5;
const N: usize = 1000;

fn mixture(t: &mut Trace, x: &Tensor<4>) {
    let w = t.sample("w", Dirichlet::new(t.place().zeros::<2>([1, K]) + 1.0)); // [S, 5]
    let [loc, scale] = t.plate("components", K, |t| {
        let loc = t.sample("loc", Normal::new(0.0, 10.0).iid([1, K, 2])); // [S, 5, 2]
        let scale: Tensor<2> = t.sample("scale", LogNormal::new(0.0, 1.0)); // [S, 5]
        let particles = loc.dims()[0];
        [loc.reshape([particles, 1, K, 2]), scale.reshape([particles, 1, K, 1])]
    });
    let log_density = Normal::new(loc, scale).log_prob(x.clone()).sum_dim(3); // [S, N, 5, 1]
    let particles = log_density.dims()[0];
    let joint = log_density.reshape([particles, N, K]) + w.log().unsqueeze_dim(1);
    t.factor("x", logsumexp(joint, 2)); // [S, N, 1]
}

/// Independent normals.
pub fn fit(device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    let centres = noise.site("centres").normal([1, K, 1, 2]) * 4.0;
    let points: Tensor<4> = noise.site("points").normal([1, K, N / K, 2]) + centres;
    crate::mean_field(mixture, points.reshape([1, N, 1, 2]), 1, noise)
}
