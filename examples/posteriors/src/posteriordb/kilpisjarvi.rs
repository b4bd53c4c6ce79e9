//! Summer temperatures at Kilpisjärvi by year.
//!
//! `y ~ N(α + β x, σ²)`, `α ~ N(pmualpha, psalpha²)`, `β ~ N(pmubeta, psbeta²)`, flat in `σ > 0`.

use elbo::prelude::*;

use crate::{DataError, Fields, row};

/// The data, with the priors' numbers.
#[derive(Clone, Debug)]
pub struct Data {
    /// Years `[1, N]`.
    pub x: Tensor<2>,
    /// Temperatures `[1, N]`.
    pub y: Tensor<2>,
    /// The mean and the deviation of the intercept.
    pub alpha: [f64; 2],
    /// The mean and the deviation of the slope.
    pub beta: [f64; 2],
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [x, y] = json.columns(["x", "y"])?.map(|numbers| row(numbers, place));
    let alpha = [json.number("pmualpha")?, json.number("psalpha")?];
    let beta = [json.number("pmubeta")?, json.number("psbeta")?];
    Ok(Data { x, y, alpha, beta })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let alpha = t.sample("alpha", Normal::new(d.alpha[0], d.alpha[1])); // [S, 1]
    let beta = t.sample("beta", Normal::new(d.beta[0], d.beta[1])); // [S, 1]
    let sigma = t.sample("sigma", Flat::new(Support::Positive)); // [S, 1]
    t.observe("y", Normal::new(alpha + beta * d.x.clone(), sigma), d.y.clone()); // [1, N]
}
