//! Test scores of children by their mothers' schooling, scores and both (Gelman & Hill 2007, chapter 3).
//!
//! `kid_score ~ N(β₁ + β₂ mom_hs + β₃ mom_iq + β₄ mom_hs · mom_iq, σ²)`, flat in `β`,
//! `σ ~ Cauchy⁺(0, 2.5)`.

use elbo::Place;

use crate::regression::product;
pub use crate::regression::{Data, half_cauchy as model};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [score, school, iq] = json.columns(["kid_score", "mom_hs", "mom_iq"])?;
    let both = product(&school, &iq);
    Ok(Data::with_intercept(score, &[school, iq, both], place))
}
