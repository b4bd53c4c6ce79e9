//! The trait that every guide implements.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_model::{Estimator, Latents, Layout, LogTerms, ModelError, Plan};

use crate::{FlatLatents, GuideError};

/// A variational family `q(z)`: proposes latents, with their log-density.
///
/// A guide is a Burn module: its parameters are what an optimizer steps.
pub trait Guide<B = ()>: Module {
    /// `particles` draws of all latents and the terms of `log q`, as `plan` asks for them.
    ///
    /// # Shapes
    /// `[S, ..]`, `[S K, ..]` if the guide enumerates `K` values ([`LogTerms::enumerated`]), and `[R S, ..]` if it has `R`
    /// members ([`Guide::members`]).
    ///
    /// # Errors
    /// [`GuideError::Place`] if the noise draws at another place than the guide's, and what the run of a
    /// guide program meets.
    fn draw(
        &self,
        batch: &B,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError>;

    /// The number of fits that the guide holds at once ([`Restarts`]).
    fn members(&self) -> usize {
        1
    }
}

/// Draws from a guide.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The latents, as the model takes them.
    pub latents: Latents,
    /// The terms of `log q` at the draws.
    pub log_q: LogTerms,
}

/// A guide whose density can be had at any latents, not at its own draws alone.
pub trait Score<B = ()>: Guide<B> {
    /// The terms of `log q(z)` at `latents`.
    ///
    /// # Errors
    /// What the run of a guide program meets.
    fn log_q(&self, batch: &B, latents: &Latents) -> Result<LogTerms, GuideError>;
}

/// A guide of several members, each a fit of its own from another start, that are fitted at once.
pub trait Restarts: Module {
    /// The number of members `R`; draws have `R S` rows, those of the first member first.
    fn restarts(&self) -> usize;

    /// The member `restart` alone.
    ///
    /// # Panics
    /// If there is no such member.
    fn restart(&self, restart: usize) -> Self;
}

/// Refuses what a guide that runs the model itself cannot be made for: a model with trained parameters, which it would not see
/// change, and a part of the latents, since it draws all of them.
pub(crate) fn check_own_run(layout: &Layout) -> Result<(), GuideError> {
    if let Some(param) = layout.params().names().next() {
        return Err(GuideError::ModelParam { param: param.to_string() });
    }
    let drawn: Vec<_> = layout.prior_draws()?.iter().map(|(name, _)| name).collect();
    let missing = drawn.into_iter().find(|name| layout.latents().all(|site| &*site.name != *name));
    match missing {
        None => Ok(()),
        Some(site) => Err(GuideError::PartOfModel { site: site.to_string() }),
    }
}

/// Refuses a plan for sites that a guide does not draw, and any estimator but the pathwise one, which `distribution` has not.
pub(crate) fn check_pathwise<'a>(
    plan: &Plan,
    sites: impl Iterator<Item = &'a str>,
    distribution: &str,
    needs: &'static str,
) -> Result<(), GuideError> {
    let sites: Vec<_> = sites.collect();
    plan.check_sites(sites.iter().copied())?;
    for site in sites {
        // What draws carry gradients chooses no estimator by the number of particles.
        let estimator = plan.estimator(site, true, 1).estimator;
        if estimator != Estimator::Pathwise {
            let (site, distribution) = (site.to_string(), distribution.to_string());
            return Err(ModelError::Estimator { site, distribution, estimator, needs }.into());
        }
    }
    Ok(())
}

/// Refuses what needs a density a site, which `distribution` has not.
pub(crate) fn check_joint(
    plan: &Plan,
    flat: &FlatLatents,
    distribution: &str,
) -> Result<(), GuideError> {
    let sites = || flat.supports().map(|(name, _)| name);
    let needs = "needs a guide with a density of each site (MeanField, ExponentialFamily)";
    check_pathwise(plan, sites(), distribution, needs)?;
    match sites().find(|name| plan.holds(name)) {
        None => Ok(()),
        Some(site) => Err(GuideError::Joint { site: site.to_string() }),
    }
}
