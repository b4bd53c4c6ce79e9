//! The evidence lower bound with a gradient that vanishes at the posterior.

use elbo_model::{Path, Plan};

use crate::additive::{self, Weights};
use crate::{Ascends, Estimate, InferError, Objective, Terms};

/// The evidence lower bound, with pathwise gradients through the draws alone.
///
/// The bound is that of [`Elbo`](crate::Elbo). Its gradient leaves out the score of `log q`, whose
/// mean is zero: it is unbiased, and exactly zero for every draw once `q` is the posterior.
///
/// # Example
/// ```
/// use elbo_infer::{Objective, StickingTheLanding};
/// use elbo_model::Path;
///
/// assert_eq!(StickingTheLanding.plan().path(), Path::DrawsOnly);
/// ```
///
/// # References
/// Roeder, Wu & Duvenaud (2017), *Sticking the landing*, equation 6.
#[derive(Clone, Copy, Debug, Default)]
pub struct StickingTheLanding;

impl Ascends for StickingTheLanding {}

impl Objective for StickingTheLanding {
    fn plan(&self) -> Plan {
        Plan::new(Path::DrawsOnly)
    }

    fn is_mean(&self) -> bool {
        true
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        additive::estimate(terms, &Weights::elbo(terms))
    }
}
