//! The logarithm of the weight of mesquite bushes by those of their volume and area (Gelman & Hill 2007,
//! chapter 4).
//!
//! `log weight ~ N(β₁ + β₂ log(diam1 · diam2 · canopy_height) + β₃ log(diam1 · diam2) + β₄ group, σ²)`, flat
//! in `β` and in `σ > 0`.

use elbo::Place;

pub use crate::regression::{Data, flat as model};
use crate::regression::{log, product};
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [weight, across, along, height, group] =
        json.columns(["weight", "diam1", "diam2", "canopy_height", "group"])?;
    let area = product(&across, &along);
    let volume = product(&area, &height);
    Ok(Data::with_intercept(log(&weight), &[log(&volume), log(&area), group], place))
}
