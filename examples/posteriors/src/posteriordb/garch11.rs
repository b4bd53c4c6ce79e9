//! A series whose variance follows its last error and the last variance (Bollerslev 1986).
//!
//! `y_t ~ N(μ, σ_t²)`, `σ_t² = α₀ + α₁ (y_{t-1} - μ)² + β₁ σ_{t-1}²` with `σ₁` known, flat where `α₀ > 0`,
//! `0 < α₁ < 1` and `0 < β₁ < 1 - α₁`.

use elbo::prelude::*;

use crate::{DataError, Fields, first, later, recurrence};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The series `[1, T]`.
    pub y: Tensor<2>,
    /// The value before each `[1, T]`.
    pub before: Tensor<2>,
    /// The variance at the first step, 0 after it, `[1, T]`.
    pub start: Tensor<2>,
    /// 0 at the first step, 1 after it, `[1, T]`.
    pub after: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let (y, sigma) = (json.row("y", place)?, json.number("sigma1")?);
    let first = first(y.dims()[1], place);
    let (start, after) = (first.clone() * (sigma * sigma), -first + 1.0);
    Ok(Data { before: later(y.clone(), 1), start, after, y })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let mu = t.sample("mu", Flat::new(Support::Real)); // [S, 1]
    let alpha0 = t.sample("alpha0", Flat::new(Support::Positive)); // [S, 1]
    let alpha1 = t.sample("alpha1", Uniform::new(0.0, 1.0)); // [S, 1]
    let share = t.sample("share", Uniform::new(0.0, 1.0)); // [S, 1]
    let rest = -alpha1.clone() + 1.0;
    let beta1 = t.deterministic("beta1", rest.clone() * share);
    t.factor("log |dβ₁ / dshare|", rest.log());
    let errors = (d.before.clone() - mu.clone()).square();
    let added = (alpha0 + alpha1 * errors) * d.after.clone() + d.start.clone(); // [S, T]
    let variance = recurrence(added, beta1);
    t.observe("y", Normal::new(mu, variance.sqrt()), d.y.clone());
}
