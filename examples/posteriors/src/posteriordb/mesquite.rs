//! The weight of mesquite bushes by their measures (Gelman & Hill 2007, chapter 4).
//!
//! `weight ~ N(β₁ + β₂ diam1 + β₃ diam2 + β₄ canopy_height + β₅ total_height + β₆ density + β₇ group, σ²)`,
//! flat in `β` and in `σ > 0`.

use elbo::Place;

pub use crate::regression::{Data, flat as model};
use crate::{DataError, Fields};

/// What is measured of a bush.
pub(super) const MEASURES: [&str; 7] =
    ["weight", "diam1", "diam2", "canopy_height", "total_height", "density", "group"];

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [weight, predictors @ ..] = json.columns(MEASURES)?;
    Ok(Data::with_intercept(weight, &predictors, place))
}
