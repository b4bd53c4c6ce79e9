//! The trait that every objective implements.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::Place;
use elbo_model::{Enumerated, Estimator, LogTerms, Plan, Role, Term};

use crate::rebar::{Network, Relaxed};
use crate::{Dependencies, InferError, Memory, WithEstimators};

/// The log-densities of one step, from which an objective makes its loss.
pub struct Terms<'a> {
    /// `log p(x, z)`.
    pub log_p: LogTerms,
    /// `log q(z)`.
    pub log_q: LogTerms,
    /// The number of the step.
    pub step: u64,
    /// `log p(x, z)` at constant parameters of the model, for a plan that asks for it ([`ModelGradient::Split`](elbo_model::ModelGradient::Split)).
    pub(crate) log_p_of_draws: Option<LogTerms>,
    /// What control variates know of earlier steps.
    pub(crate) memory: Memory,
    /// The trained baselines of sites, `[1, N]` or `[1, 1]`.
    pub(crate) baselines: Vec<(Arc<str>, Tensor<2>)>,
    pub(crate) relaxed: Option<Relaxed>,
    pub(crate) network: Option<Network<'a>>,
    pub(crate) dependencies: Option<Arc<Dependencies>>,
    /// Whether what ought to be equal is compared, which reads it to the host.
    pub(crate) check: bool,
}

impl<'a> Terms<'a> {
    /// The terms of `log p(x, z)` and `log q(z)` of the first step.
    pub fn new(log_p: LogTerms, log_q: LogTerms) -> Self {
        Self {
            log_p,
            log_q,
            step: 0,
            log_p_of_draws: None,
            memory: Memory::default(),
            baselines: Vec::new(),
            relaxed: None,
            network: None,
            dependencies: None,
            check: true,
        }
    }

    /// With the terms of `log p(x, z)` at constant parameters of the model, whose gradient is that of the draws.
    pub fn with_log_p_of_draws(self, log_p: LogTerms) -> Self {
        Self { log_p_of_draws: Some(log_p), ..self }
    }

    /// With what control variates know of earlier steps.
    pub fn with_memory(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// With a trained baseline for the costs of `site`.
    ///
    /// # Shapes
    /// `[1, N]` or `[1, 1]`.
    pub fn with_baseline(mut self, site: &str, baseline: Tensor<2>) -> Self {
        self.baselines.push((site.into(), baseline));
        self
    }

    /// With what is known of which site depends on which.
    pub fn with_dependencies(self, dependencies: Arc<Dependencies>) -> Self {
        Self { dependencies: Some(dependencies), ..self }
    }

    /// `log p(x, z) - log q(z)` of every particle, with every plate's scale.
    ///
    /// # Shapes
    /// `[S, 1]`, or `[1, 1]` if no term differs between particles.
    ///
    /// # Errors
    /// [`InferError::NothingToTrain`] if neither side has a term.
    pub fn log_weight(&self) -> Result<Tensor<2>, InferError> {
        self.log_p.less(&self.log_q).ok_or(InferError::NothingToTrain)
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
            let prior = |p: &&Term| p.role == Role::Latent && p.site == q.site;
            let summed = |p: &&Term| p.role == Role::Marginal && p.covers(&q.site);
            self.log_p.iter().find(prior).is_some_and(|p| p.plates != q.plates)
                || self.log_p.iter().find(summed).is_some_and(|p| !q.plates.starts_with(&p.plates))
        };
        self.log_q.iter().find(differs).map(|q| &*q.site)
    }

    /// Refuses the first site whose estimator is none of those that an objective knows.
    ///
    /// # Errors
    /// [`InferError::NoEstimator`].
    pub fn allow(
        &self,
        objective: &'static str,
        known: impl Fn(&Estimator) -> bool,
    ) -> Result<(), InferError> {
        match self.log_q.iter().find(|term| !known(&term.estimator.estimator)) {
            None => Ok(()),
            Some(term) => Err(self.no_estimator(term, objective)),
        }
    }

    pub(crate) fn no_estimator(&self, term: &Term, objective: &'static str) -> InferError {
        let (site, estimator) = (term.site.to_string(), term.estimator.estimator);
        InferError::NoEstimator { site, estimator, objective }
    }

    /// The terms of one of `members` fits at once, whose rows lie together.
    pub(crate) fn of_member(&self, member: usize, members: usize) -> Terms<'a> {
        let rows = |terms: &LogTerms| {
            terms.clone().map(|term| {
                let rows = term.log_prob.dims()[0];
                if rows == 1 {
                    return term;
                }
                let each = rows / members;
                let log_prob = term.log_prob.clone().narrow(0, member * each, each);
                term.with_log_prob(log_prob)
            })
        };
        let log_p_of_draws = self.log_p_of_draws.as_ref().map(rows);
        let terms = Terms::new(rows(&self.log_p), rows(&self.log_q));
        Terms { step: self.step, log_p_of_draws, check: self.check, ..terms }
    }

    /// Whether every draw carries its gradient, and no site is enumerated.
    pub(crate) fn is_pathwise(&self) -> bool {
        self.log_q.iter().all(|term| term.estimator.estimator == Estimator::Pathwise)
    }

    /// The particles, without the copies that enumeration makes of them.
    pub(crate) fn particles(&self) -> usize {
        let terms = self.log_p.iter().chain(self.log_q.iter());
        let rows = terms.map(|term| term.log_prob.dims()[0]).max().unwrap_or(1);
        (rows / Enumerated::copies(self.enumerated())).max(1)
    }

    pub(crate) fn enumerated(&self) -> &[Enumerated] {
        self.log_q.enumerated()
    }
}

/// An estimate of a bound, and the loss whose gradient improves it.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// What the optimizer minimizes.
    pub loss: Tensor<1>,
    /// An unbiased estimate of the bound, as a constant.
    pub bound: Tensor<1>,
    /// What control variates have learnt of this step.
    pub memory: Memory,
}

impl Estimate {
    /// The estimate of a bound by a loss.
    pub fn new(loss: Tensor<1>, bound: Tensor<1>) -> Self {
        Self { loss, bound: bound.inner(), memory: Memory::default() }
    }
}

/// A Monte Carlo objective: a pure function of the log-density terms of one step.
///
/// An objective of one's own takes a few lines:
///
/// ```
/// use elbo_infer::{Estimate, InferError, Objective, Terms};
/// use elbo_model::Estimator;
///
/// /// `E[log p(x, z)]`: its maximum is a point, not a posterior.
/// struct ExpectedLogJoint;
///
/// impl Objective for ExpectedLogJoint {
///     fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
///         terms.allow("ExpectedLogJoint", |estimator| *estimator == Estimator::Pathwise)?;
///         let bound = terms.log_p.total().mean();
///         Ok(Estimate::new(-bound.clone(), bound))
///     }
/// }
/// ```
pub trait Objective {
    /// What the objective asks of the guide's draws.
    fn plan(&self) -> Plan {
        Plan::default()
    }

    /// Whether loss and bound are means over the particles where all draws are pathwise, so that several fits can be estimated
    /// as one: false unless an objective says so, and each fit is then estimated by itself.
    fn is_mean(&self) -> bool {
        false
    }

    /// The loss and the bound.
    ///
    /// # Errors
    /// [`InferError::NoEstimator`] if the loss would have a biased gradient.
    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError>;

    /// This objective with `estimator` at `site`, whatever the guide's program says.
    ///
    /// ```
    /// use elbo_infer::{Elbo, Objective};
    /// use elbo_model::Estimator;
    ///
    /// let objective = Elbo.with_estimator("z", Estimator::Disarm);
    /// assert_eq!(objective.plan().estimator("z", false, 2).estimator, Estimator::Disarm);
    /// ```
    fn with_estimator(self, site: &str, estimator: Estimator) -> WithEstimators<Self>
    where
        Self: Sized,
    {
        WithEstimators::new(self, site, estimator)
    }
}

/// An objective whose loss falls as its bound rises, so that its bounds tell how far a fit is: what [`Svi::fit`](crate::Svi::fit) maximizes.
///
/// An upper bound is none, nor is a loss whose value says nothing of the guide.
///
/// ```
/// use elbo_infer::{Ascends, Elbo, Schedule, Tempered};
///
/// assert!(Elbo.check_ascent().is_ok());
/// assert!(Tempered::new(Schedule::Cyclical { period: 100 }).check_ascent().is_err());
/// ```
pub trait Ascends: Objective {
    /// Refuses the settings with which it is no lower bound, or another function of the parameters at each step.
    ///
    /// # Errors
    /// [`InferError::Unsteady`], and [`InferError::Setting`].
    fn check_ascent(&self) -> Result<(), InferError> {
        Ok(())
    }
}
