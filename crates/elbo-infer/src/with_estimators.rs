//! Objectives with estimators for some sites.

use elbo_model::{Estimator, Plan};

use crate::{Ascends, Estimate, InferError, Objective, Terms};

/// An objective with estimators for some sites, made by [`Objective::with_estimator`].
#[derive(Clone, Debug, PartialEq)]
pub struct WithEstimators<O> {
    objective: O,
    sites: Vec<(String, Estimator)>,
}

impl<O: Objective> WithEstimators<O> {
    pub(crate) fn new(objective: O, site: &str, estimator: Estimator) -> Self {
        Self { objective, sites: vec![(site.to_string(), estimator)] }
    }
}

impl<O> WithEstimators<O> {
    /// With `estimator` at another site.
    ///
    /// ```
    /// use elbo_infer::{Elbo, Objective};
    /// use elbo_model::Estimator;
    ///
    /// let objective = Elbo
    ///     .with_estimator("a", Estimator::Enumerate)
    ///     .and_estimator("b", Estimator::Disarm);
    /// assert_eq!(objective.plan().estimator("b", false, 2).estimator, Estimator::Disarm);
    /// ```
    pub fn and_estimator(mut self, site: &str, estimator: Estimator) -> Self {
        self.sites.push((site.to_string(), estimator));
        self
    }
}

impl<O: Objective> Objective for WithEstimators<O> {
    fn plan(&self) -> Plan {
        let sites = self.sites.iter();
        sites.fold(self.objective.plan(), |plan, (site, estimator)| {
            plan.with_estimator(site, *estimator)
        })
    }

    fn is_mean(&self) -> bool {
        self.objective.is_mean()
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        self.objective.estimate(terms)
    }
}

impl<O: Ascends> Ascends for WithEstimators<O> {
    fn check_ascent(&self) -> Result<(), InferError> {
        self.objective.check_ascent()
    }
}
