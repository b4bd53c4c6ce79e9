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

/// Independent normals over the coefficients of `p` columns of `n` rows.
pub fn fit([n, p]: [usize; 2], particles: usize, device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    let data = Rows { x: noise.site("x").normal([p, n]), y: crate::bits(&noise, [1, n], 0.5) };
    crate::mean_field(logistic, data, particles, noise)
}
