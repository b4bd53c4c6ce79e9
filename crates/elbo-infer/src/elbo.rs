//! The evidence lower bound.

use crate::additive::{self, Weights};
use crate::{Ascends, Estimate, InferError, Objective, Terms};

/// The evidence lower bound.
///
/// `L = E_q[log p(x, z) - log q(z)] ≤ log p(x)`
///
/// estimated by the mean over particles, with the gradient estimator in force at each site of the guide. The score of
/// a site is multiplied by the terms that its draws can influence, within an element of their plates (Rao-Blackwellization).
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::{Elbo, Objective, Terms};
/// use elbo_model::{LogTerms, Role, Term};
///
/// let device = Device::flex();
/// let term = |values: [f32; 3]| {
///     let column = Tensor::<1>::from_floats(values, &device).reshape([3, 1]);
///     let mut terms = LogTerms::default();
///     terms.push(Term::new::<2>("z", Role::Latent, vec![], column));
///     terms
/// };
/// let terms = Terms::new(term([-1.0, -2.0, -6.0]), term([0.0, 1.0, -1.0]));
/// let bound: f32 = Elbo.estimate(&terms).unwrap().bound.into_scalar();
/// assert_eq!(bound, -3.0);
/// ```
///
/// # References
/// Jordan et al. (1999), equation 24; pathwise gradients: Kingma & Welling (2014), equation 6; score functions:
/// Ranganath, Gerrish & Blei (2014), *Black box variational inference*; downstream costs: Schulman et al. (2015),
/// *Gradient estimation using stochastic computation graphs*.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elbo;

impl Ascends for Elbo {}

impl Objective for Elbo {
    fn is_mean(&self) -> bool {
        true
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        additive::estimate(terms, &Weights::elbo(terms))
    }
}
