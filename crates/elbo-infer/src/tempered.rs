//! The evidence lower bound with weights on its divergences.

use elbo_model::{Names, Plan, Role, Term};

use crate::additive::{self, Weights};
use crate::renyi::setting;
use crate::{Ascends, Estimate, InferError, Objective, Terms};

/// The evidence lower bound with the divergence of the guide from the prior weighed, at all sites by a schedule and at
/// some by weights of their own.
///
/// `E_q[log p(x | z)] - Σ_i β(k) β_i E_q[log q(z_i) - log p(z_i)]` at step `k`
///
/// `β_i > 1` makes a β-VAE; a schedule from 0 to 1 anneals. Only for weights of 1 is it a bound on the evidence.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::{Objective, Schedule, Tempered, Terms};
/// use elbo_model::{LogTerms, Role, Term};
///
/// let device = Device::flex();
/// let terms = |sites: &[(&str, Role, f32)]| {
///     let mut terms = LogTerms::default();
///     for (site, role, value) in sites {
///         terms.push(Term::new::<2>(*site, *role, vec![], Tensor::from_floats([[*value]], &device)));
///     }
///     terms
/// };
/// let log_p = terms(&[("z", Role::Latent, -1.0), ("x", Role::Observed, -5.0)]);
/// let log_q = terms(&[("z", Role::Latent, 1.0)]);
/// let mut terms = Terms::new(log_p, log_q);
/// terms.step = 50;
/// let warm_up = Schedule::Linear { from: 0.0, to: 1.0, steps: 100 };
/// let objective = Tempered::new(warm_up).with_weight("z", 4.0);
/// let bound: f32 = objective.estimate(&terms).unwrap().bound.into_scalar();
/// assert_eq!(bound, -5.0 - 0.5 * 4.0 * 2.0);
/// ```
///
/// # References
/// Higgins et al. (2017), *β-VAE*, equation 4; Bowman et al. (2016) for annealing.
#[derive(Clone, Debug, PartialEq)]
pub struct Tempered {
    schedule: Schedule,
    weights: Vec<(String, f64)>,
}

/// The weight of all divergences at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Schedule {
    /// Always the same.
    Constant(f64),
    /// From one weight to another within so many steps, and then that.
    Linear {
        /// The weight at step 0.
        from: f64,
        /// The weight in the end.
        to: f64,
        /// The steps between them.
        steps: u64,
    },
    /// [`Schedule::Linear`] from 0 to 1 within the first half of each period, and 1 in the second (Fu et al. 2019).
    Cyclical {
        /// The steps of a period.
        period: u64,
    },
}

impl Schedule {
    /// The weight at `step`.
    ///
    /// ```
    /// use elbo_infer::Schedule;
    ///
    /// assert_eq!(Schedule::Cyclical { period: 8 }.at(10), 0.5);
    /// ```
    pub fn at(&self, step: u64) -> f64 {
        let part = |step: u64, steps: u64| match steps {
            0 => 1.0,
            steps => (step as f64 / steps as f64).min(1.0),
        };
        match *self {
            Self::Constant(weight) => weight,
            Self::Linear { from, to, steps } => from + (to - from) * part(step, steps),
            Self::Cyclical { period } => part(2 * (step % period.max(1)), period),
        }
    }
}

impl Tempered {
    /// With the weights of `schedule` at all sites.
    pub fn new(schedule: Schedule) -> Self {
        Self { schedule, weights: Vec::new() }
    }

    /// With the divergence at `site` multiplied by `weight` besides.
    pub fn with_weight(mut self, site: &str, weight: f64) -> Self {
        self.weights.push((site.to_string(), weight));
        self
    }

    fn weight(&self, site: &str, step: u64) -> f64 {
        let own = self.weights.iter().filter(|(known, _)| known == site).map(|(_, weight)| weight);
        self.schedule.at(step) * own.product::<f64>()
    }

    fn check(&self, terms: &Terms) -> Result<(), InferError> {
        const NAME: &str = "Tempered";
        let at = self.schedule.at(terms.step);
        let all = std::iter::once(("the schedule's weight", at));
        let own = self.weights.iter().map(|(site, weight)| (site.as_str(), *weight));
        for (of, weight) in all.chain(own) {
            if !(weight.is_finite() && weight >= 0.0) {
                return Err(setting(NAME, of, weight, "a number of at least 0"));
            }
        }
        let has_prior = |site: &str| {
            terms.log_p.iter().any(|term| term.role == Role::Latent && &*term.site == site)
        };
        let unknown =
            |term: &&Term| self.weight(&term.site, terms.step) != 1.0 && !has_prior(&term.site);
        if let Some(term) = terms.log_q.iter().find(unknown) {
            return Err(InferError::NoPrior { objective: NAME, site: term.site.to_string() });
        }
        let drawn = |site: &str| terms.log_q.iter().any(|term| &*term.site == site);
        match self.weights.iter().find(|(site, _)| !drawn(site)) {
            None => Ok(()),
            Some((site, _)) => Err(InferError::UnknownSite {
                objective: NAME,
                site: site.clone(),
                sampled: Names(terms.log_q.iter().map(|term| term.site.to_string()).collect()),
            }),
        }
    }
}

impl Ascends for Tempered {
    fn check_ascent(&self) -> Result<(), InferError> {
        match self.schedule {
            Schedule::Constant(_) => Ok(()),
            _ => Err(InferError::Unsteady),
        }
    }
}

impl Objective for Tempered {
    fn plan(&self) -> Plan {
        Plan::default().with_redraws()
    }

    fn is_mean(&self) -> bool {
        true
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        self.check(terms)?;
        let of_p = |term: &Term| match term.role {
            Role::Latent => self.weight(&term.site, terms.step),
            _ => 1.0,
        };
        let weights = Weights {
            log_p: terms.log_p.iter().map(of_p).collect(),
            log_q: terms.log_q.iter().map(|term| -self.weight(&term.site, terms.step)).collect(),
        };
        additive::estimate(terms, &weights)
    }
}
