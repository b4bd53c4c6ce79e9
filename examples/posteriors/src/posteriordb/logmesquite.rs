//! The logarithm of the weight of mesquite bushes by those of their measures (Gelman & Hill 2007, chapter 4).
//!
//! `log weight ~ N(β₁ + β₂ log diam1 + β₃ log diam2 + β₄ log canopy_height + β₅ log total_height`
//! `+ β₆ log density + β₇ group, σ²)`, flat in `β` and in `σ > 0`.

use elbo::Place;

use super::mesquite::MEASURES;
use crate::regression::log;
pub use crate::regression::{Data, flat as model};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [weight, measures @ .., group] = json.columns(MEASURES)?;
    let logs = measures.map(|measure| log(&measure));
    Ok(Data::with_intercept(log(&weight), &[&logs[..], &[group]].concat(), place))
}
