//! What an objective asks of draws.

use crate::estimator::{Choice, Estimator, InForce};
use crate::{ModelError, Names};

/// Which way gradients of `log q` take to the parameters of a guide.
///
/// # References
/// Roeder, Wu & Duvenaud (2017), *Sticking the landing*: the total derivative of `log q` is the sum
/// of the path derivative and the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Path {
    /// Through the draws and through the density's own parameters.
    #[default]
    Full,
    /// Through the draws alone: `log q` of sites whose draws carry gradients is evaluated at constant parameters.
    DrawsOnly,
}

/// How gradients of `log p` reach the model's parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelGradient {
    /// By the evaluation that has those of the draws.
    #[default]
    Joint,
    /// By an evaluation of their own, at constant draws; that of the draws is at constant parameters.
    Split,
    /// Not at all: the parameters are constants.
    None,
}

/// What an objective asks of a guide's draws: the way of their gradients, and estimators for some sites or all.
///
/// ```
/// use elbo_model::{Estimator, Plan};
///
/// let plan = Plan::default().with_estimator("z", Estimator::Disarm);
/// assert_eq!(plan.estimator("z", true, 2).estimator, Estimator::Disarm);
/// assert_eq!(plan.estimator("w", true, 2).estimator, Estimator::Pathwise);
/// assert_eq!(plan.estimator("w", false, 2).estimator, Estimator::LEAVE_ONE_OUT);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    path: Path,
    sites: Vec<(String, Estimator)>,
    all: Option<Estimator>,
    model: ModelGradient,
    by_site: bool,
    redraws: bool,
    sampling: bool,
    isolated: Option<String>,
    of_part: bool,
}

impl Plan {
    /// Draws whose `log q` has gradients by `path`, each site with its own estimator.
    pub fn new(path: Path) -> Self {
        Self { path, ..Self::default() }
    }

    /// Draws for their own sake: no gradient is asked for, and no estimator has to be in force.
    pub fn sampling() -> Self {
        Self { sampling: true, ..Self::default() }
    }

    /// With `estimator` at `site`, whatever the guide's program says.
    pub fn with_estimator(mut self, site: &str, estimator: Estimator) -> Self {
        self.sites.retain(|(known, _)| known != site);
        self.sites.push((site.to_string(), estimator));
        self
    }

    /// With `estimator` at all sites, whatever anybody else says, at a site or on the objective: for objectives that
    /// know no other.
    pub fn with_estimator_for_all(self, estimator: Estimator) -> Self {
        Self { all: Some(estimator), ..self }
    }

    /// With the draws of all sites but `site` as constants, in which no estimator is in force.
    pub fn isolating(self, site: &str) -> Self {
        Self { isolated: Some(site.to_string()), ..self }
    }

    /// With gradients of `log p` to the model's parameters as `model` says.
    pub fn with_model(self, model: ModelGradient) -> Self {
        Self { model, ..self }
    }

    /// With a term of `log q` for each site, even where a guide could do with one for all.
    pub fn with_term_by_site(self) -> Self {
        Self { by_site: true, ..self }
    }

    /// With a term for each site, and leave to the model's program to draw again from the guide's distributions, since only
    /// means of its terms count: [`Trace::drawn_from`](crate::Trace::drawn_from).
    pub fn with_redraws(self) -> Self {
        Self { redraws: true, ..self.with_term_by_site() }
    }

    /// The same plan for a guide of a part of the latents, which does not know the others.
    pub fn of_part(&self) -> Self {
        Self { of_part: true, ..self.clone() }
    }

    /// Whether the draws of `site` are constants, because another one is isolated.
    pub fn holds(&self, site: &str) -> bool {
        self.isolated.as_ref().is_some_and(|isolated| isolated != site)
    }

    /// Whether draws are asked for their own sake.
    pub fn is_sampling(&self) -> bool {
        self.sampling
    }

    /// How gradients of `log p` reach the model's parameters.
    pub fn model(&self) -> ModelGradient {
        self.model
    }

    /// Whether each site has a term of its own.
    pub fn is_by_site(&self) -> bool {
        self.by_site
    }

    /// Whether the model's program may draw again from the guide's distributions.
    pub fn has_redraws(&self) -> bool {
        self.redraws
    }

    /// The way of gradients of `log q`.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Checks that every site for which this plan has an estimator is one of `sampled`.
    ///
    /// # Errors
    /// [`ModelError::UnknownEstimatorSite`], and [`ModelError::Estimator`] if there is another one for all.
    pub fn check_sites<'a>(
        &self,
        sampled: impl Iterator<Item = &'a str>,
    ) -> Result<(), ModelError> {
        if let (Some(_), Some((site, estimator))) = (self.all, self.sites.first()) {
            return Err(ModelError::Estimator {
                site: site.clone(),
                distribution: "chosen by name".to_string(),
                estimator: *estimator,
                needs: "needs an objective that does not have one estimator for all sites",
            });
        }
        if self.of_part {
            return Ok(());
        }
        let sampled: Vec<_> = sampled.collect();
        match self.sites.iter().find(|(site, _)| !sampled.contains(&site.as_str())) {
            None => Ok(()),
            Some((site, _)) => {
                let sampled = Names(sampled.into_iter().map(str::to_string).collect());
                Err(ModelError::UnknownEstimatorSite { site: site.clone(), sampled })
            }
        }
    }

    /// The estimator of a site that chooses none itself.
    pub fn estimator(&self, site: &str, reparameterized: bool, particles: usize) -> InForce {
        self.in_force(site, None, reparameterized, particles)
    }

    /// The estimator of a site that chooses `own` itself.
    pub(crate) fn in_force(
        &self,
        site: &str,
        own: Option<Estimator>,
        reparameterized: bool,
        particles: usize,
    ) -> InForce {
        let by_objective = self.sites.iter().find(|(known, _)| known == site);
        let by_default = match reparameterized {
            true => Choice::Reparameterized,
            false => Choice::NotReparameterized,
        };
        if self.holds(site) {
            return InForce { estimator: Estimator::Pathwise, chosen: Choice::ForAll };
        }
        let (estimator, chosen) = match (self.all, by_objective, own) {
            (Some(estimator), _, _) => (estimator, Choice::ForAll),
            (_, Some((_, estimator)), _) => (*estimator, Choice::ByObjective),
            (_, _, Some(estimator)) => (estimator, Choice::AtSite),
            _ => (Estimator::by_default(reparameterized, particles), by_default),
        };
        InForce { estimator, chosen }
    }
}
