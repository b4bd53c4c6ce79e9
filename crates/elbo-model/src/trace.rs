//! The trace: what a program tells of its sites while it runs.

use std::sync::Arc;

use elbo_dist::{Noise, Place};

use crate::conditionals::Drawing;
use crate::mask::Mask;
use crate::record::Record;
use crate::{Enumerated, Latents, ModelError, Order, Params, Plan, Plate, Role, Traced};

/// A run of a program: it answers [`Trace::sample`] with values and collects log-densities.
///
/// Where a latent's value comes from is set before the run: drawn from its own distribution
/// ([`Trace::prior`]), or given ([`Trace::given`]). The first error sticks: the run goes on with
/// placeholder values, computes nothing more, and [`Trace::finish`] returns the error.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::Trace;
///
/// let device = Device::flex();
/// let mut t = Trace::prior(4, Noise::new(0, &device));
/// let mu = t.sample("mu", Normal::new(0.0, 1.0)); // [S, 1]
/// let z = t.plate("rows", 3, |t| t.sample("z", Normal::new(mu, 1.0))); // [S, 3]
/// assert_eq!(z.dims(), [4, 3]);
/// let blocks = t.finish().unwrap().terms.blocks();
/// assert_eq!(blocks[0].log_prob.dims(), [4, 1]); // outside the plate
/// assert_eq!(blocks[1].log_prob.dims(), [4, 3]); // inside
/// ```
pub struct Trace {
    pub(crate) noise: Noise,
    pub(crate) particles: usize,
    /// The particles without the copies that enumeration makes of them.
    pub(crate) base: usize,
    /// What an objective asks of draws, in the run of a guide.
    pub(crate) plan: Option<Plan>,
    /// The sites that the run is to enumerate, as far as they are known.
    pub(crate) planned: Vec<Enumerated>,
    /// Whether each element of a plate takes its values in a turn of its own, to see whether that matters.
    pub(crate) rotated: bool,
    /// Whether a site was drawn so that it can be relaxed.
    pub(crate) relaxed: bool,
    /// The sites that the run has enumerated.
    pub(crate) enumerated: Vec<Enumerated>,
    pub(crate) source: Source,
    pub(crate) given: Latents,
    pub(crate) observed: Latents,
    pub(crate) simulate: bool,
    /// Whether data are kept among the values.
    pub(crate) keep_data: bool,
    /// Whether it is kept which elements of data the masks over them show.
    pub(crate) keep_shown: bool,
    pub(crate) scored: bool,
    pub(crate) validated: bool,
    pub(crate) params: Option<Params>,
    /// What the run does with the conditionals of latents.
    pub(crate) drawing: Drawing,
    pub(crate) plates: Vec<Plate>,
    pub(crate) masks: Vec<Mask>,
    pub(crate) names: Vec<(Arc<str>, Role)>,
    pub(crate) conditioned: Vec<String>,
    pub(crate) record: Record,
    error: Option<ModelError>,
}

/// Where the values of latents come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Their own distributions, unless they are given.
    Distribution,
    /// As above, and every given value is for a site of the program.
    Substitute,
    /// The given values alone.
    Given,
}

impl Trace {
    /// A run that draws every latent from its own distribution, `particles` times.
    pub fn prior(particles: usize, noise: Noise) -> Self {
        let mut trace = Self::new(particles, noise, Source::Distribution);
        trace.record.keep_values = true;
        trace
    }

    /// A run of a guide: it draws every latent as `plan` and the sites ask for it, and scores it.
    pub(crate) fn proposal(particles: usize, plan: &Plan, noise: Noise) -> Self {
        let plan = Some(plan.clone()).filter(|plan| !plan.is_sampling());
        Self { plan, ..Self::prior(particles, noise) }
    }

    /// A run that takes every latent from `latents` and scores it.
    pub fn given(latents: &Latents) -> Self {
        let noise = latents.noise().cloned().unwrap_or_else(|| Noise::new(0, latents.place()));
        Self { given: latents.clone(), ..Self::new(latents.particles(), noise, Source::Given) }
    }

    /// Takes the values of `latents` where they exist, and draws the rest. A value for which the
    /// program has no site is an error; one for a site that is no latent is not used.
    pub fn substitute(self, latents: &Latents) -> Self {
        Self { source: Source::Substitute, ..self.taking(latents) }
    }

    /// Takes the values that `other` drew, and draws what it did not. The other run may be of
    /// another program: what it drew beyond the latents of this one is not used.
    pub fn replay(self, other: &Traced) -> Self {
        self.taking(&other.values)
    }

    /// Draws observed sites, conditioned ones too, from their distributions instead of scoring the
    /// data.
    pub fn simulate(mut self) -> Self {
        self.simulate = true;
        self.unscored()
    }

    /// Collects no log-densities.
    pub fn unscored(mut self) -> Self {
        self.scored = false;
        self
    }

    /// Checks that observed values lie in their supports, given ones too unless their origin says so, and
    /// parameters in their domains, which reads all of them to the host.
    pub fn validated(mut self) -> Self {
        self.validated = true;
        self
    }

    /// Observes the sites of `values` to have these values, in place of their data where they are observed anyway;
    /// [`Trace::finish`] refuses a value for which the program has no latent or observed site.
    pub fn condition(&mut self, values: &Latents) {
        for (name, value) in values.iter() {
            self.observed.insert_value(name, value.clone(), None);
        }
    }

    /// Where the run's tensors are.
    pub fn place(&self) -> &Place {
        self.noise.place()
    }

    /// Noise for what the program draws that is no site, such as the masks of dropout: at each step of a fit, and for
    /// each draw of a posterior, it is another.
    ///
    /// A log-joint density of [`Latents`] without [noise](Latents::with_noise) has the same each time. No two calls may
    /// have one name, or that of a site.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_model::{Latents, LogJoint, Trace};
    ///
    /// fn dropped(t: &mut Trace, x: &Tensor<2>) {
    ///     let keep = t.noise("keep").uniform(x.dims()).lower_elem(0.5).float() * 2.0;
    ///     t.observe("y", Normal::new(x.clone() * keep, 1.0), x.zeros_like());
    /// }
    ///
    /// let device = Device::flex();
    /// let x = Tensor::ones([1, 8], &device);
    /// let at = |seed| {
    ///     let noise = Noise::new(seed, &device);
    ///     let latents = Latents::new(noise.place().clone()).with_noise(noise);
    ///     dropped.log_joint(&latents, &x).unwrap().total().into_scalar::<f32>()
    /// };
    /// assert_eq!(at(1), at(1));
    /// assert_ne!(at(1), at(2));
    /// ```
    pub fn noise(&mut self, name: &str) -> Noise {
        self.attempt(|t| t.enter(name, Role::Noise));
        self.noise.site(name)
    }

    /// The distribution from which a guide drew the latent `name`, if it is a `P` and the objective lets the program draw
    /// again from it: only what is linear in the density's mean is then right, as the bound of
    /// [`AnalyticKl`](../elbo_infer/struct.AnalyticKl.html) is, which says so. [`BayesLinear`](crate::BayesLinear) asks.
    pub fn drawn_from<P: Clone + 'static>(&self, name: &str) -> Option<P> {
        self.given.entry(name)?.distribution.as_ref()?.of::<P>().cloned()
    }

    /// Keeps a description of every site, and what its distribution was given.
    pub(crate) fn inspected(mut self) -> Self {
        self.record.keep_sites = true;
        self
    }

    /// Provides values for [`Trace::param`].
    pub(crate) fn provide(&mut self, params: &Params) {
        if params.names().next().is_some() {
            self.params = Some(params.clone());
        }
    }

    /// With a copy of the particles for each combination of values of `planned`.
    pub(crate) fn enumerating(self, planned: Vec<Enumerated>) -> Self {
        let copies = Enumerated::copies(&planned);
        let (noise, given) = (self.noise.repeating(self.base), self.given.tiled(copies));
        Self { particles: self.base * copies, noise, given, planned, ..self }
    }

    /// Lets each element of a plate take its enumerated values in a turn of its own.
    pub(crate) fn in_turns(self) -> Self {
        Self { rotated: true, ..self }
    }

    /// The sites that the run enumerates.
    pub(crate) fn found(&self) -> Vec<Enumerated> {
        self.enumerated.clone()
    }

    pub(crate) fn taking(self, latents: &Latents) -> Self {
        let particles = self.particles.max(latents.particles());
        Self { particles, base: particles, given: latents.clone(), ..self }
    }

    fn new(particles: usize, noise: Noise, source: Source) -> Self {
        let empty = Latents::new(noise.place().clone());
        Self {
            noise,
            particles,
            base: particles,
            plan: None,
            planned: Vec::new(),
            relaxed: false,
            rotated: false,
            enumerated: Vec::new(),
            source,
            given: empty.clone(),
            observed: empty,
            simulate: false,
            keep_data: false,
            keep_shown: false,
            scored: true,
            validated: false,
            params: None,
            drawing: Drawing::Own,
            plates: Vec::new(),
            masks: Vec::new(),
            names: Vec::new(),
            conditioned: Vec::new(),
            record: Record::default(),
            error: None,
        }
    }

    /// The outcome of the run.
    ///
    /// # Errors
    /// The first error that the run met, or [`ModelError::UnknownSite`] if a value was given for a
    /// site that the program does not sample.
    pub fn finish(mut self) -> Result<Traced, ModelError> {
        if let Some(error) = self.error.take().or_else(|| self.unknown()) {
            return Err(error);
        }
        let mut traced = self.record.finish(self.noise.place());
        let is_latent = |(_, role): &&(Arc<str>, Role)| *role == Role::Latent;
        traced.latents =
            self.names.iter().filter(is_latent).map(|(name, _)| name.clone()).collect();
        let terms = traced.terms.with_order(Order::Sequential);
        traced.terms = terms.with_enumerated(self.enumerated);
        Ok(traced)
    }

    /// Ends the run with `error`, unless one ended it before.
    pub(crate) fn refuse(&mut self, error: ModelError) {
        self.error.get_or_insert(error);
    }

    /// Takes a step of the run, unless an error ended it; keeps the error of the step.
    pub(crate) fn attempt<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, ModelError>,
    ) -> Option<T> {
        if self.error.is_some() {
            return None;
        }
        step(self).map_err(|error| self.error = Some(error)).ok()
    }
}
