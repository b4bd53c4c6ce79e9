//! Eight schools (Rubin 1981), centred: a funnel.
//!
//! `y_j ~ N(θ_j, σ_j²)`, `θ_j ~ N(μ, τ²)`, `μ ~ N(0, 5²)`, `τ ~ Cauchy⁺(0, 5)`.

use elbo::prelude::*;

use crate::{DataError, Fields, row};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// Effects `[1, J]`.
    pub y: Tensor<2>,
    /// Their standard errors `[1, J]`.
    pub sigma: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [y, sigma] = json.columns(["y", "sigma"])?.map(|numbers| row(numbers, place));
    Ok(Data { y, sigma })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let mu = t.sample("mu", Normal::new(0.0, 5.0)); // [S, 1]
    let tau = t.sample("tau", HalfCauchy::new(5.0)); // [S, 1]
    t.plate("schools", d.y.dims()[1], |t| {
        let theta = t.sample("theta", Normal::new(mu, tau)); // [S, J]
        t.observe("y", Normal::new(theta, d.sigma.clone()), d.y.clone());
    });
}
