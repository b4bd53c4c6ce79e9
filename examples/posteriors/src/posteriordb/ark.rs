//! A series that is linear in its last `K` values.
//!
//! `y_t ~ N(α + Σₖ βₖ y_{t-k}, σ²)` for `t = K + 1, .., T`, `α ~ N(0, 10²)`, `βₖ ~ N(0, 10²)`,
//! `σ ~ Cauchy⁺(0, 2.5)`.

use elbo::prelude::*;

pub use crate::regression::Data;
use crate::{DataError, Fields, numbers};

/// The data: the last `K` values predict the next.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let k = json.count("K")?;
    let long = |y: &Vec<f64>| y.len() > k;
    let y = json.take("y", &format!("more than {k} numbers"), |y| numbers(y).filter(long))?;
    let past: Vec<_> = (1..=k).map(|lag| y[k - lag..y.len() - lag].to_vec()).collect();
    Ok(Data::new(y[k..].to_vec(), &past, place))
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let alpha = t.sample("alpha", Normal::new(0.0, 10.0)); // [S, 1]
    let beta = t.sample("beta", Normal::new(0.0, 10.0).iid([1, d.x.dims()[0]])); // [S, K]
    let sigma = t.sample("sigma", HalfCauchy::new(2.5)); // [S, 1]
    let mean = alpha + beta.matmul(d.x.clone()); // [S, T - K]
    t.observe("y", Normal::new(mean, sigma), d.y.clone());
}
