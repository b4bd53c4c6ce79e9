//! A series by its last value and its last error.
//!
//! `e_t ~ N(0, σ²)`, `e_t = y_t - ν_t`, `ν_t = μ + φ y_{t-1} + θ e_{t-1}` with `y₀ = μ` and `e₀ = 0`;
//! `μ ~ N(0, 10²)`, `φ ~ N(0, 2²)`, `θ ~ N(0, 2²)`, `σ ~ Cauchy⁺(0, 2.5)`.
//!
//! Errors explode where `|θ| > 1`, as they do for most draws of the prior: a fit should start near `θ = 0`.

use elbo::prelude::*;

use crate::{DataError, Fields, first, later, recurrence};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The series `[1, T]`.
    pub y: Tensor<2>,
    /// The value before each, 0 before the first, `[1, T]`.
    pub before: Tensor<2>,
    /// 1 at the first step, 0 after it, `[1, T]`.
    pub first: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let y = json.row("y", place)?;
    Ok(Data { before: later(y.clone(), 1), first: first(y.dims()[1], place), y })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let mu = t.sample("mu", Normal::new(0.0, 10.0)); // [S, 1]
    let phi = t.sample("phi", Normal::new(0.0, 2.0)); // [S, 1]
    let theta = t.sample("theta", Normal::new(0.0, 2.0)); // [S, 1]
    let sigma = t.sample("sigma", HalfCauchy::new(2.5)); // [S, 1]
    let before = d.before.clone() + d.first.clone() * mu.clone(); // [S, T]
    // e_t + θ e_{t-1} = y_t - μ - φ y_{t-1}
    let errors = recurrence(d.y.clone() - mu - phi * before, -theta); // [S, T]
    t.factor("errors", Normal::new(0.0, sigma).log_prob(errors));
}
