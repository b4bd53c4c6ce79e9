//! Who repays a loan, by logistic regression.
//!
//! `y_n ~ Bernoulli(σ(w · x_n))`, `w_d ~ N(0, 1)`. The weights are the site `x`, as they are published.

use elbo::prelude::*;

pub use crate::regression::Data;
use crate::{DataError, Fields};

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let d = json.count("D")?;
    let rows = json.rows("x", d)?;
    let x = place.tensor(rows.concat(), [rows.len(), d]).transpose(); // [D, N]
    Ok(Data { x, y: json.row("y", place)? })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let weights = t.sample("x", Normal::new(0.0, 1.0).iid([1, d.x.dims()[0]])); // [S, D]
    t.observe("y", Bernoulli::logits(weights.matmul(d.x.clone())), d.y.clone()); // [1, N]
}
