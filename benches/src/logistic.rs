//! Logistic regression.

use elbo::prelude::*;

use crate::Fit;

struct Rows {
    /// `[p, N]`, a column a row of the data.
    x: Tensor<2>,
    /// `[1, N]`
    y: Tensor<2>,
}

fn logistic(t: &mut Trace, d: &Rows) {
    let b = t.sample("b", Normal::new(0.0, 1.0).iid([1, d.x.dims()[0]])); // [S, p]
    t.observe("y", Bernoulli::logits(b.matmul(d.x.clone())), d.y.clone());
}

impl Rows {
    fn new([n, p]: [usize; 2], noise: &Noise) -> Self {
        Self { x: noise.site("x").normal([p, n]), y: crate::bits(noise, [1, n], 0.5) }
    }
}

/// Independent normals over the coefficients of `p` columns of `n` rows.
pub fn fit(shape: [usize; 2], particles: usize, device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    crate::mean_field(logistic, Rows::new(shape, &noise), particles, noise)
}

/// The same, compiled.
pub fn compiled(shape: [usize; 2], particles: usize, device: &Device) -> Fit {
    let data = Rows::new(shape, &Noise::new(0, device));
    let recorded =
        |to: &Device| Rows { x: data.x.clone().to_device(to), y: data.y.clone().to_device(to) };
    crate::compiled::fit(logistic, &data, recorded, particles, device)
}
