//! Test scores of children by their mothers' schooling and scores about their means (Gelman & Hill 2007,
//! chapter 4).
//!
//! `kid_score ~ N(β₁ + β₂ h + β₃ q + β₄ h q, σ²)` with `h = mom_hs - mean` and `q = mom_iq - mean`, flat in
//! `β` and in `σ > 0`.

use elbo::Place;

pub use crate::regression::{Data, flat as model};
use crate::regression::{centred, product};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [score, school, iq] = json.columns(["kid_score", "mom_hs", "mom_iq"])?;
    let (h, q) = (centred(&school), centred(&iq));
    let both = product(&h, &q);
    Ok(Data::with_intercept(score, &[h, q, both], place))
}
