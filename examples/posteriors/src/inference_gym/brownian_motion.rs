//! A Brownian motion of which the middle is not seen.
//!
//! `x_1 ~ N(0, s²)`, `x_t ~ N(x_{t-1}, s²)`, `y_t ~ N(x_t, o²)` where `y_t` is seen; `s` and `o` are known.

use elbo::prelude::*;

use crate::{DataError, Fields, index, row};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The number of steps.
    pub steps: usize,
    /// The steps at which the motion is seen, from 0 on, `[K]`.
    pub seen: Tensor<1, Int>,
    /// What is seen there `[1, K]`.
    pub y: Tensor<2>,
    /// The deviation of a step `[1, 1]`.
    pub innovation: Tensor<2>,
    /// The deviation of an observation.
    pub noise: f64,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let (seen, y) = json.seen("y")?;
    Ok(Data {
        steps: json.count("T")?,
        seen: index(&seen, place),
        y: row(y, place),
        innovation: row(vec![json.number("innovation_noise_scale")?], place),
        noise: json.number("observation_noise_scale")?,
    })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let x = t.sample("x", GaussianRandomWalk::new(d.innovation.clone(), d.steps)); // [S, T]
    t.observe("y", Normal::new(x.select(1, d.seen.clone()), d.noise), d.y.clone()); // [1, K]
}
