//! The trait that every guide implements.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_model::{Estimator, Latents, Layout, LogTerms, ModelError, Plan};

use crate::GuideError;

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

/// Refuses a model with trained parameters, which a guide that runs the model itself would not see change.
pub(crate) fn check_untrained(layout: &Layout) -> Result<(), GuideError> {
    match layout.params().names().next() {
        None => Ok(()),
        Some(param) => Err(GuideError::ModelParam { param: param.to_string() }),
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
