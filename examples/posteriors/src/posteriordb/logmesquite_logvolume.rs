//! The logarithm of the weight of mesquite bushes by that of their volume (Gelman & Hill 2007, chapter 4).
//!
//! `log weight ~ N(β₁ + β₂ log(diam1 · diam2 · canopy_height), σ²)`, flat in `β` and in `σ > 0`.

use elbo::Place;

pub use crate::regression::{Data, flat as model};
use crate::regression::{log, product};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [weight, across, along, height] =
        json.columns(["weight", "diam1", "diam2", "canopy_height"])?;
    let volume = product(&product(&across, &along), &height);
    Ok(Data::with_intercept(log(&weight), &[log(&volume)], place))
}
