//! Earnings by height (Gelman & Hill 2007, chapter 4).
//!
//! `earn ~ N(β₁ + β₂ height, σ²)`, flat in `β` and in `σ > 0`.

use elbo::Place;

pub use crate::regression::{Data, flat as model};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [earn, height] = json.columns(["earn", "height"])?;
    Ok(Data::with_intercept(earn, &[height], place))
}
