//! Eight schools (Rubin 1981), non-centred.
//!
//! `y_j ~ N(θ_j, σ_j²)`, `θ_j = μ + τ z_j`, `z_j ~ N(0, 1)`, `μ ~ N(0, 5²)`, `τ ~ Cauchy⁺(0, 5)`; `z` is
//! `theta_trans`.

use elbo::prelude::*;

pub use super::eight_schools_centered::{Data, data};

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let mu = t.sample("mu", Normal::new(0.0, 5.0)); // [S, 1]
    let tau = t.sample("tau", HalfCauchy::new(5.0)); // [S, 1]
    t.plate("schools", d.y.dims()[1], |t| {
        let z = t.sample("theta_trans", Normal::new(0.0, 1.0)); // [S, J]
        let theta = t.deterministic("theta", mu + tau * z);
        t.observe("y", Normal::new(theta, d.sigma.clone()), d.y.clone());
    });
}
