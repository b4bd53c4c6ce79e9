//! A hidden Markov chain of two states.
//!
//! `y_t ~ N(μ_{s_t}, 1)`, where a state `s` is followed by the others with probabilities `θ_s`; `θ₁` and
//! `θ₂` are uniform on the simplex, `μ₁ ~ N(3, 1)` and `μ₂ ~ N(10, 1)` with `0 < μ₁ < μ₂`. The first state
//! has no probabilities: both count in full.

use elbo::prelude::*;

use crate::{DataError, Fields};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// The series `[1, T]`.
    pub y: Tensor<2>,
    /// 1 for each state, `[1, 2]`.
    pub ones: Tensor<2>,
    /// The prior means of the states' means, `[1, 2]`.
    pub prior: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [ones, prior] = [[1.0, 1.0], [3.0, 10.0]].map(|x| place.tensor(x.to_vec(), [1, 2]));
    Ok(Data { y: json.row("y", place)?, ones, prior })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let theta1 = t.sample("theta1", Dirichlet::new(d.ones.clone())); // [S, 2]
    let theta2 = t.sample("theta2", Dirichlet::new(d.ones.clone())); // [S, 2]
    let steps = t.sample("steps", Flat::new(Support::Positive).iid([1, 2])); // [S, 2]
    let mu = t.deterministic("mu", steps.cumsum(1)); // μ₁, and what μ₂ is above it
    t.factor("log p(mu)", Normal::new(d.prior.clone(), 1.0).log_prob(mu.clone()));
    let first = Categorical::probs(d.ones.clone());
    let next = Categorical::probs(Tensor::stack::<3>(vec![theta1, theta2], 1)); // [S, 2, 2]
    let seen = Normal::new(mu.unsqueeze_dim::<3>(1), 1.0); // [S, 1, 2]
    t.observe("y", HiddenMarkov::new(first, next, seen, d.y.dims()[1]), d.y.clone());
    // The chain starts in either state with probability ½.
    t.factor("start", d.ones.clone().sum_dim(1).log());
}
