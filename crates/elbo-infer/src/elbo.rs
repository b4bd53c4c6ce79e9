//! The evidence lower bound.

use elbo_guide::Path;

use crate::objective::pathwise;
use crate::{Estimate, InferError, Objective, Terms};

/// The evidence lower bound, with pathwise gradients.
///
/// `L = E_q[log p(x, z) - log q(z)] ≤ log p(x)`
///
/// estimated by the mean over particles; every draw of the guide must be reparameterized.
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
/// let terms = Terms { log_p: term([-1.0, -2.0, -6.0]), log_q: term([0.0, 1.0, -1.0]) };
/// let bound: f32 = Elbo.estimate(&terms).unwrap().bound.into_scalar();
/// assert_eq!(bound, -3.0);
/// ```
///
/// # References
/// Jordan et al. (1999), equation 24; pathwise gradients: Kingma & Welling (2014), equation 6.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elbo;

impl Objective for Elbo {
    fn path(&self) -> Path {
        Path::Full
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        pathwise(terms, "Elbo")
    }
}
