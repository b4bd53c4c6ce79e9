//! Returns of the S&P 500 whose log-variance is a stationary walk (Kim, Shephard & Chib 1998).
//!
//! `y_t ~ N(0, exp(h_t))`, `h_1 ~ N(m, s² / (1 - φ²))`, `h_t ~ N(m + φ (h_{t-1} - m), s²)`, with
//! `φ = 2 b - 1`, `b ~ Beta(20, 1.5)`, `m ~ Cauchy(0, 5)` and `s ~ Cauchy⁺(0, 2)`.

use elbo::prelude::*;

use crate::{DataError, Fields};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// Returns less their mean `[1, T]`.
    pub y: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    Ok(Data { y: json.row("centered_returns", place)? })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let steps = d.y.dims()[1];
    let b = t.sample("b", Beta::new(20.0, 1.5)); // [S, 1]
    let persistence = t.deterministic("persistence_of_volatility", b.clone() * 2.0 - 1.0);
    let mean = t.sample("mean_log_volatility", Cauchy::new(0.0, 5.0)); // [S, 1]
    let shock = t.sample("white_noise_shock_scale", HalfCauchy::new(2.0)); // [S, 1]
    let h = t.sample("log_volatility", Flat::new(Support::Real).iid([1, steps])); // [S, T]
    let off = h.clone() - mean;
    let [start, from] = [1, steps - 1].map(|count| off.clone().narrow(1, 0, count));
    let next = off.narrow(1, 1, steps - 1);
    let stationary = (b.clone() * (-b + 1.0)).sqrt() * 2.0; // √(1 - φ²)
    t.factor("start", Normal::new(0.0, shock.clone() / stationary).log_prob(start));
    t.factor("moves", Normal::new(persistence * from, shock).log_prob(next));
    t.observe("centered_returns", Normal::new(0.0, (h * 0.5).exp()), d.y.clone());
}
