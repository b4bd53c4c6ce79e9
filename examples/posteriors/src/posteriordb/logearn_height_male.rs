//! The logarithm of earnings by height and sex (Gelman & Hill 2007, chapter 4).
//!
//! `log earn ~ N(β₁ + β₂ height + β₃ male, σ²)`, flat in `β` and in `σ > 0`.

use elbo::Place;

use crate::regression::log;
pub use crate::regression::{Data, flat as model};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [earn, height, male] = json.columns(["earn", "height", "male"])?;
    Ok(Data::with_intercept(log(&earn), &[height, male], place))
}
