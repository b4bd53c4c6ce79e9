//! A linear regression with vague priors.
//!
//! `y ~ N(X β, σ²)`, `β_d ~ N(0, 10²)`, `σ ~ N⁺(0, 10²)`.

use elbo::prelude::*;

pub use crate::regression::Data;
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let d = json.count("D")?;
    let (rows, y) = (json.rows("X", d)?, json.numbers("y")?);
    let x = place.tensor(rows.concat(), [rows.len(), d]).transpose(); // [D, N]
    Ok(Data { x, y: place.tensor(y.clone(), [1, y.len()]) })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let beta = t.sample("beta", Normal::new(0.0, 10.0).iid([1, d.x.dims()[0]])); // [S, D]
    let sigma = t.sample("sigma", HalfNormal::new(10.0)); // [S, 1]
    t.observe("y", Normal::new(beta.matmul(d.x.clone()), sigma), d.y.clone()); // [1, N]
}
