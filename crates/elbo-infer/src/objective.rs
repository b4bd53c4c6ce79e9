//! The trait that every objective implements.

use burn::tensor::Tensor;
use elbo_dist::Place;
use elbo_guide::Path;
use elbo_model::{LogTerms, Role, Term};

use crate::InferError;

/// The log-densities of one step, from which an objective makes its loss.
#[derive(Clone, Debug)]
pub struct Terms {
    /// `log p(x, z)`.
    pub log_p: LogTerms,
    /// `log q(z)`.
    pub log_q: LogTerms,
}

impl Terms {
    /// `log p(x, z) - log q(z)` of every particle, with every plate's scale.
    ///
    /// # Shapes
    /// `[S, 1]`, or `[1, 1]` if no term differs between particles.
    ///
    /// # Errors
    /// [`InferError::NothingToTrain`] if neither side has a term.
    pub fn log_weight(&self) -> Result<Tensor<2>, InferError> {
        match (self.log_p.try_total(), self.log_q.try_total()) {
            (Some(log_p), Some(log_q)) => Ok(log_p - log_q),
            (Some(log_p), None) => Ok(log_p),
            (None, Some(log_q)) => Ok(-log_q),
            (None, None) => Err(InferError::NothingToTrain),
        }
    }

    /// Checks the form of every term, and that model and guide agree on plates.
    pub(crate) fn check_form(&self, particles: usize, place: &Place) -> Result<(), InferError> {
        self.log_p.check_form(particles, place)?;
        self.log_q.check_form(particles, place)?;
        match self.plates_differ() {
            Some(site) => Err(InferError::PlateMismatch { site: site.to_string() }),
            None => Ok(()),
        }
    }

    /// The first latent that lies in other plates in the guide than in the model.
    fn plates_differ(&self) -> Option<&str> {
        let differs = |q: &&Term| {
            let p = self.log_p.iter().find(|p| p.role == Role::Latent && p.site == q.site);
            p.is_some_and(|p| p.plates != q.plates)
        };
        self.log_q.iter().find(differs).map(|q| &*q.site)
    }

    /// The first site of the guide whose draws carry no gradient.
    pub fn not_reparameterized(&self) -> Option<&str> {
        self.log_q.iter().find(|term| !term.reparameterized).map(|term| &*term.site)
    }
}

/// An estimate of a bound, and the loss whose gradient improves it.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// What the optimizer minimizes.
    pub loss: Tensor<1>,
    /// An unbiased estimate of the bound, as a constant.
    pub bound: Tensor<1>,
}

/// A Monte Carlo objective: a pure function of the log-density terms of one step.
///
/// An objective of one's own takes a few lines:
///
/// ```
/// use elbo_infer::{Estimate, InferError, Objective, Terms};
/// use elbo_guide::Path;
///
/// /// `E[log p(x, z)]`: its maximum is a point, not a posterior.
/// struct ExpectedLogJoint;
///
/// impl Objective for ExpectedLogJoint {
///     fn path(&self) -> Path {
///         Path::Full
///     }
///
///     fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
///         let bound = terms.log_p.total().mean();
///         Ok(Estimate { loss: -bound.clone(), bound: bound.inner() })
///     }
/// }
/// ```
pub trait Objective {
    /// How gradients of `log q` are to reach the guide's parameters.
    fn path(&self) -> Path;

    /// The loss and the bound.
    ///
    /// # Errors
    /// [`InferError::NoEstimator`] if the loss would have a biased gradient.
    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError>;
}

/// `mean over particles of log p - log q` as loss and bound, for draws that carry gradients.
pub(crate) fn pathwise(terms: &Terms, objective: &'static str) -> Result<Estimate, InferError> {
    if let Some(site) = terms.not_reparameterized() {
        return Err(InferError::NoEstimator { site: site.to_string(), objective });
    }
    let bound = terms.log_weight()?.mean();
    Ok(Estimate { loss: -bound.clone(), bound: bound.inner() })
}
