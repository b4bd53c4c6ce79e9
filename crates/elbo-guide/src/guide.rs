//! The trait that every guide implements.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_model::{Estimator, Latents, Layout, LogTerms, ModelError, Plan};

use crate::{FlatLatents, GuideError};

/// A variational family `q(z)`: proposes latents, with their log-density.
///
/// A guide is a Burn module: its parameters are what an optimizer steps.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Guide, Init, MeanFieldConfig};
/// use elbo_model::{Layout, LogJoint, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let start = Init::Value(layout.at([("z", place.zeros::<2>([1, 1]))]));
/// let config = MeanFieldConfig::new().with_init(start).with_scale(1.0); // the prior itself
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let draw = guide.draw(&(), 8, &Plan::default(), &mut noise).unwrap();
/// let log_p = model.log_joint(&draw.latents, &()).unwrap();
/// let log_weight = log_p.less(&draw.log_q).unwrap(); // log p - log q, [8, 1]
/// assert!(log_weight.abs().max().into_scalar::<f64>() < 1e-12);
/// ```
pub trait Guide<B = ()>: Module {
    /// `particles` draws of all latents and the terms of `log q`, as `plan` asks for them.
    ///
    /// # Shapes
    /// `[S, ..]`, `[S K, ..]` if the guide enumerates `K` values ([`LogTerms::enumerated`]), and `[R S, ..]` if it has `R`
    /// members ([`Guide::members`]).
    ///
    /// # Errors
    /// * [`GuideError::Place`] if the noise draws at another place than the guide's;
    /// * [`GuideError::Model`] for what the run of a program meets, and for a plan with an estimator that the guide does not have or
    ///   for a site that it does not draw;
    /// * [`GuideError::Joint`] if the plan isolates a site of a guide that draws all of its latents together;
    /// * [`GuideError::NotADraw`] if an [`Amortized`](crate::Amortized) program does anything but draw;
    /// * [`GuideError::ProductRestarts`], [`GuideError::DrawnTwice`] and [`GuideError::ProductEnumerates`] from a
    ///   [`Product`](crate::Product);
    /// * [`GuideError::NoRows`] and [`GuideError::NoSuchRow`] for the batch of a [`Local`](crate::Local);
    /// * [`GuideError::AnnealedWhole`] from a [`Dais`](crate::Dais), for an objective that takes the log-weight apart;
    /// * [`GuideError::BesideEnumerated`] from an [`AutomaticStructured`](crate::AutomaticStructured).
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
///
/// # Shapes
/// Axis 0 of both is that of [`Guide::draw`].
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Amortized, Guide};
/// use elbo_model::{LogJoint, Model, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), t.place().tensor(vec![1.0], [1, 1]));
/// }
///
/// fn posterior(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.5, 0.5_f64.sqrt()));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let draw = Amortized::new(Model::new(posterior)).draw(&(), 1, &Plan::default(), &mut noise).unwrap();
/// let log_p = model.log_joint(&draw.latents, &()).unwrap();
/// let log_weight: f64 = log_p.less(&draw.log_q).unwrap().into_scalar();
/// assert!((log_weight + 1.515_512).abs() < 1e-6); // at any draw the evidence, log N(1; 0, 2)
/// ```
#[derive(Clone, Debug)]
pub struct Draw {
    /// The latents, as the model takes them.
    pub latents: Latents,
    /// The terms of `log q` at the draws.
    pub log_q: LogTerms,
}

/// A guide whose density can be had at any latents, not at its own draws alone.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Normal, Place};
/// use elbo_guide::{Amortized, Score};
/// use elbo_model::{Latents, Model, Trace};
///
/// fn proposal(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(1.0, 0.5));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut latents = Latents::new(place.clone());
/// latents.insert("z", place.tensor(vec![1.0], [1, 1]));
/// let log_q = Amortized::new(Model::new(proposal)).log_q(&(), &latents).unwrap();
/// assert!((log_q.total().into_scalar::<f64>() + 0.225_791).abs() < 1e-6); // log N(1; 1, ½²)
/// ```
pub trait Score<B = ()>: Guide<B> {
    /// The terms of `log q(z)` at `latents`.
    ///
    /// # Shapes
    /// Latents and terms are `[R S, ..]`, the rows of the first member first; every member scores a single particle, to `[R, ..]`.
    ///
    /// # Errors
    /// * [`GuideError::Model`] with [`ModelError::MissingSite`] or [`ModelError::Shape`] if a latent of the guide has no value or one of
    ///   another shape, and for what the run of a program meets;
    /// * [`GuideError::MemberRows`] if the particles cannot be shared out among the members;
    /// * [`GuideError::NoRows`] and [`GuideError::NoSuchRow`] for the batch of a [`Local`](crate::Local);
    /// * [`GuideError::NotADraw`] if an [`Amortized`](crate::Amortized) program does anything but draw;
    /// * from a [`Product`](crate::Product) those of [`Guide::draw`] too, since its guides tell by a draw which latents are theirs;
    /// * [`GuideError::BesideEnumerated`] from an [`AutomaticStructured`](crate::AutomaticStructured).
    fn log_q(&self, batch: &B, latents: &Latents) -> Result<LogTerms, GuideError>;
}

/// A guide of several members, each a fit of its own from another start, that are fitted at once.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Guide, Init, MeanFieldConfig, Restarts};
/// use elbo_model::{Layout, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let starts = layout.at([("z", place.tensor(vec![1.0, 2.0], [2, 1]))]);
/// let config = MeanFieldConfig::new().with_init(Init::Value(starts)).with_restarts(2);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let draw = guide.draw(&(), 5, &Plan::default(), &mut noise).unwrap();
/// assert_eq!((guide.restarts(), draw.latents.particles()), (2, 10));
/// assert_eq!(guide.restart(1).loc().into_scalar::<f64>(), 2.0);
/// ```
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
