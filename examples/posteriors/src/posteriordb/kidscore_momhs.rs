//! Test scores of children by whether their mothers finished high school (Gelman & Hill 2007, chapter 3).
//!
//! `kid_score ~ N(β₁ + β₂ mom_hs, σ²)`, flat in `β`, `σ ~ Cauchy⁺(0, 2.5)`.

use elbo::Place;

pub use crate::regression::{Data, half_cauchy as model};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [score, school] = json.columns(["kid_score", "mom_hs"])?;
    Ok(Data::with_intercept(score, &[school], place))
}
