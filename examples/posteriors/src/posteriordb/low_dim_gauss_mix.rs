//! A mixture of two normal distributions.
//!
//! `y_n ~ θ N(μ₁, σ₁²) + (1 - θ) N(μ₂, σ₂²)`, `μₖ ~ N(0, 2²)` with `μ₁ < μ₂`, `σₖ ~ N⁺(0, 2²)`,
//! `θ ~ Beta(5, 5)`.

use elbo::prelude::*;

use crate::{DataError, Fields};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The numbers `[1, N, 1]`.
    pub y: Tensor<3>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    Ok(Data { y: json.row("y", place)?.unsqueeze_dim(2) })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let mu = t.sample("mu", Flat::new(Support::Ordered { count: 2 })); // [S, 2]
    t.factor("log p(mu)", Normal::new(0.0, 2.0).log_prob(mu.clone()));
    let sigma = t.sample("sigma", HalfNormal::new(2.0).iid([1, 2])); // [S, 2]
    let theta = t.sample("theta", Beta::new(5.0, 5.0)); // [S, 1]
    let weights = Tensor::cat(vec![theta.clone(), -theta + 1.0], 1); // [S, 2]
    let [mu, sigma, weights] = [mu, sigma, weights].map(|x| x.unsqueeze_dim::<3>(1)); // [S, 1, 2]
    t.observe("y", Mixture::new(Categorical::probs(weights), Normal::new(mu, sigma)), d.y.clone());
}
