//! The trace: what a program tells of its sites while it runs.

use std::sync::Arc;

use burn::tensor::{Bool, Tensor};
use elbo_dist::{Distribution, Noise, Operand, Place, Support, ValueKind, with_particles};

use crate::error::Names;
use crate::latents::rank_error;
use crate::mask::Mask;
use crate::params::constrain;
use crate::{
    Latents, LogTerms, ModelError, Params, Plate, PlateSize, Role, Site, Subsample, Term, Value,
};

/// Which way gradients of `log q` take to the parameters of a guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Through the draws and through the density's own parameters.
    Full,
    /// Through the draws alone: `log q` is evaluated at constant parameters (Roeder, Wu &
    /// Duvenaud 2017).
    DrawsOnly,
}

/// A run of a program: it answers [`Trace::sample`] with values and collects log-densities.
///
/// Where a latent's value comes from is set before the run: drawn from its own distribution
/// ([`Trace::prior`]), or given ([`Trace::given`]). The first error sticks: the run goes on with
/// placeholder values and [`Trace::finish`] returns it.
pub struct Trace {
    noise: Noise,
    particles: usize,
    latents: Source,
    given: Latents,
    observed: Latents,
    simulate: bool,
    scored: bool,
    validated: bool,
    path: Path,
    params: Option<Params>,
    plates: Vec<Plate>,
    masks: Vec<Mask>,
    names: Vec<Arc<str>>,
    record: Record,
    error: Option<ModelError>,
}

/// Where the values of latents come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Their own distributions, unless they are given.
    Distribution,
    /// The given values alone.
    Given,
}

#[derive(Default)]
struct Record {
    terms: LogTerms,
    values: Vec<(Arc<str>, Value, Option<Support>)>,
    sites: Vec<Site>,
    inputs: Vec<(Arc<str>, Vec<f64>)>,
    params: Params,
    keep_values: bool,
    keep_sites: bool,
}

/// What a finished run leaves.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The log-density of each site.
    pub terms: LogTerms,
    /// The values of latent, deterministic and simulated sites, unless only scores were asked for.
    pub values: Latents,
    pub(crate) sites: Vec<Site>,
    pub(crate) inputs: Vec<(Arc<str>, Vec<f64>)>,
    pub(crate) params: Params,
}

impl Trace {
    /// A run that draws every latent from its own distribution, `particles` times.
    pub fn prior(particles: usize, noise: Noise) -> Self {
        let mut trace = Self::new(particles, noise, Source::Distribution);
        trace.record.keep_values = true;
        trace
    }

    /// A run that takes every latent from `latents` and scores it.
    pub fn given(latents: &Latents) -> Self {
        let noise = Noise::new(0, latents.place());
        Self { given: latents.clone(), ..Self::new(latents.particles(), noise, Source::Given) }
    }

    /// Takes the values of `latents` where they exist, and draws the rest.
    pub fn substitute(mut self, latents: &Latents) -> Self {
        self.particles = self.particles.max(latents.particles());
        self.given = latents.clone();
        self
    }

    /// Takes the values that `other` drew, and draws what it did not.
    pub fn replay(self, other: &Traced) -> Self {
        self.substitute(&other.values)
    }

    /// Draws observed sites from their distributions instead of scoring the data.
    pub fn simulate(mut self) -> Self {
        self.simulate = true;
        self.unscored()
    }

    /// Collects no log-densities.
    pub fn unscored(mut self) -> Self {
        self.scored = false;
        self
    }

    /// Checks that observed values lie in their supports, which reads them to the host.
    pub fn validated(mut self) -> Self {
        self.validated = true;
        self
    }

    /// How gradients of a guide's log-density reach its parameters.
    pub fn path(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// Observes the sites of `values` to have these values.
    pub fn condition(&mut self, values: &Latents) {
        for (name, value) in values.iter() {
            self.observed.insert_value(name, value.clone(), None);
        }
    }

    /// Where the run's tensors are.
    pub fn place(&self) -> &Place {
        self.noise.place()
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

    fn new(particles: usize, noise: Noise, latents: Source) -> Self {
        let empty = Latents::new(noise.place().clone());
        Self {
            noise,
            particles,
            latents,
            given: empty.clone(),
            observed: empty,
            simulate: false,
            scored: true,
            validated: false,
            path: Path::Full,
            params: None,
            plates: Vec::new(),
            masks: Vec::new(),
            names: Vec::new(),
            record: Record::default(),
            error: None,
        }
    }

    /// The outcome of the run.
    ///
    /// # Errors
    /// The first error that the run met, or [`ModelError::UnknownSite`] if a value was given for a
    /// site that the program does not have.
    pub fn finish(mut self) -> Result<Traced, ModelError> {
        if self.latents == Source::Given {
            let unknown = self.given.iter().map(|(name, _)| name).find(|name| !self.has(name));
            if let Some(site) = unknown.map(str::to_string) {
                let sampled = self.names.iter().map(|name| name.to_string()).collect();
                self.fail(ModelError::UnknownSite { site, sampled: Names(sampled) });
            }
        }
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut values = Latents::new(self.noise.place().clone());
        for (name, value, support) in self.record.values {
            values.insert_value(name, value, support);
        }
        let Record { terms, sites, inputs, params, .. } = self.record;
        Ok(Traced { terms, values, sites, inputs, params })
    }

    /// A latent site: its value, drawn or given.
    ///
    /// # Shapes
    /// `[S, ..]`, or `[1, ..]` where all particles share it. Inside a plate of `N` elements, an
    /// axis of size 1 is expanded to `N` independent draws.
    pub fn sample<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: P,
    ) -> Tensor<D, P::Kind> {
        if let Some(value) = self.observed.value(name).cloned() {
            let value = value.get().ok_or_else(|| rank_error::<D, P::Kind>(name, &value));
            return match value {
                Ok(value) => self.observe(name, distribution, value),
                Err(error) => self.placeholder(error, &distribution),
            };
        }
        match self.try_sample(name, &distribution) {
            Ok(value) => value,
            Err(error) => self.placeholder(error, &distribution),
        }
    }

    /// An observed site; returns the data, or a draw where the run simulates data.
    ///
    /// # Shapes
    /// The value's axes after axis 0 equal the distribution's, or the distribution's are 1.
    pub fn observe<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: P,
        value: Tensor<D, P::Kind>,
    ) -> Tensor<D, P::Kind> {
        match self.try_observe(name, &distribution, value.clone()) {
            Ok(drawn) => drawn.unwrap_or(value),
            Err(error) => {
                self.fail(error);
                value
            }
        }
    }

    /// A log-factor, added to the log-joint density.
    pub fn factor<const D: usize>(&mut self, name: &str, log_factor: Tensor<D>) {
        if let Err(error) = self.try_factor(name, log_factor) {
            self.fail(error);
        }
    }

    /// A value computed from others, to be kept under `name`.
    pub fn deterministic<const D: usize>(&mut self, name: &str, value: Tensor<D>) -> Tensor<D> {
        match self.enter(name) {
            Ok(name) => {
                let shape = value.dims();
                self.describe(&name, Role::Deterministic, shape, Support::Real, "");
                if self.record.keep_sites {
                    self.record.inputs.push((name.clone(), Value::new(value.clone()).to_vec()));
                }
                self.keep(&name, || Value::new(value.clone()), None);
            }
            Err(error) => self.fail(error),
        }
        value
    }

    /// A parameter on `support` that is optimized, not inferred, and starts at `initial`.
    ///
    /// # Shapes
    /// That of `initial`, with 1 on axis 0.
    pub fn param<const D: usize>(
        &mut self,
        name: &str,
        initial: Tensor<D>,
        support: Support,
    ) -> Tensor<D> {
        match self.try_param(name, initial.clone(), support) {
            Ok(value) => value,
            Err(error) => {
                self.fail(error);
                initial
            }
        }
    }

    /// Runs `body` inside a plate of independent elements, on the axis after those of the plates
    /// around it; `size` is a number, or a [`Subsample`] when only a batch is at hand.
    pub fn plate<R>(
        &mut self,
        name: &str,
        size: impl Into<PlateSize>,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let PlateSize(Subsample { total, batch }) = size.into();
        if batch == 0 || batch > total {
            self.fail(ModelError::PlateTotal { plate: name.to_string(), batch, total });
        }
        self.plates.push(Plate { name: name.into(), axis: self.plates.len() + 1, total, batch });
        let result = body(self);
        self.plates.pop();
        result
    }

    /// Runs `body` with the log-probability of every site set to 0 where `mask` is false.
    ///
    /// # Shapes
    /// `mask` has the rank of the sites in `body` and broadcasts to them.
    pub fn mask<const D: usize, R>(
        &mut self,
        mask: Tensor<D, Bool>,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        self.masks.push(Mask::new(mask));
        let result = body(self);
        self.masks.pop();
        result
    }

    fn try_sample<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: &P,
    ) -> Result<Tensor<D, P::Kind>, ModelError> {
        let name = self.enter(name)?;
        let shape = self.shape_in_plates(&name, distribution)?;
        self.describe(&name, Role::Latent, shape, distribution.support(), distribution.name());
        self.keep_inputs(&name, distribution);
        let given = self.given.entry(&name).cloned();
        let value = match given {
            Some(entry) => {
                let value = entry.value.get();
                let value: Tensor<D, P::Kind> =
                    value.ok_or_else(|| rank_error::<D, P::Kind>(&name, &entry.value))?;
                check_support(&name, distribution.support(), entry.support)?;
                self.check_shape(&name, distribution.name(), shape, value.dims(), false)?;
                value
            }
            None if self.latents == Source::Given => {
                let (site, given) = (name.to_string(), self.given.names());
                return Err(ModelError::MissingSite { site, given });
            }
            None => self.draw(&name, distribution, shape)?,
        };
        self.keep(&name, || Value::new(value.clone()), Some(distribution.support()));
        self.score(name, Role::Latent, distribution, value.clone())?;
        Ok(value)
    }

    /// The draw, if the run simulates data.
    fn try_observe<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &str,
        distribution: &P,
        value: Tensor<D, P::Kind>,
    ) -> Result<Option<Tensor<D, P::Kind>>, ModelError> {
        let name = self.enter(name)?;
        let mut shape = distribution.shape().map_err(at_site(&name))?;
        self.check_shape(&name, distribution.name(), shape, value.dims(), true)?;
        for axis in 1..D {
            shape[axis] = shape[axis].max(value.dims()[axis]);
        }
        self.check_plates(&name, shape)?;
        self.check_place(&name, "value", &P::Kind::to_float(value.clone()))?;
        self.check_parameters(&name, distribution)?;
        self.describe(&name, Role::Observed, shape, distribution.support(), distribution.name());
        self.keep_inputs(&name, distribution);
        if self.simulate {
            let drawn = self.draw(&name, distribution, shape)?;
            self.keep(&name, || Value::new(drawn.clone()), Some(distribution.support()));
            return Ok(Some(drawn));
        }
        if self.validated {
            self.check_observed(&name, distribution, &value)?;
        }
        self.score(name, Role::Observed, distribution, value)?;
        Ok(None)
    }

    fn try_factor<const D: usize>(
        &mut self,
        name: &str,
        log_factor: Tensor<D>,
    ) -> Result<(), ModelError> {
        let name = self.enter(name)?;
        self.check_plates(&name, log_factor.dims())?;
        self.describe(&name, Role::Factor, log_factor.dims(), Support::Real, "");
        if self.record.keep_sites {
            self.record.inputs.push((name.clone(), Value::new(log_factor.clone()).to_vec()));
        }
        self.add_term(name, Role::Factor, true, log_factor)
    }

    fn try_param<const D: usize>(
        &mut self,
        name: &str,
        initial: Tensor<D>,
        support: Support,
    ) -> Result<Tensor<D>, ModelError> {
        let name = self.enter(name)?;
        let shape = initial.dims();
        self.describe(&name, Role::Param, shape, support, "");
        if let Some(params) = &self.params {
            let value = params.get(&name).and_then(|flat| constrain(flat, shape, support));
            return value.ok_or_else(|| ModelError::MissingParam { param: name.to_string() });
        }
        if self.latents == Source::Given {
            return Err(ModelError::MissingParam { param: name.to_string() });
        }
        if self.record.keep_sites {
            let transform = support.from_real::<D>();
            let transform =
                transform.ok_or(ModelError::MissingParam { param: name.to_string() })?;
            let (flat, _) = transform.inverse_and_log_det(initial.clone());
            self.record.params.insert(&name, flat.reshape([1, shape.iter().product()]));
        }
        Ok(initial)
    }

    /// Takes the name of a new site.
    fn enter(&mut self, name: &str) -> Result<Arc<str>, ModelError> {
        if self.has(name) {
            return Err(ModelError::DuplicateSite { site: name.to_string() });
        }
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        Ok(name)
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| &**known == name)
    }

    fn fail(&mut self, error: ModelError) {
        self.error.get_or_insert(error);
    }

    /// Notes the error and returns a value with which the program can go on.
    fn placeholder<const D: usize, P: Distribution<D>>(
        &mut self,
        error: ModelError,
        distribution: &P,
    ) -> Tensor<D, P::Kind> {
        self.fail(error);
        let mut shape = [1; D];
        for (_, parameter) in distribution.parameters() {
            shape = std::array::from_fn(|axis| shape[axis].max(parameter.dims()[axis]));
        }
        shape = distribution.shape().unwrap_or(shape);
        P::Kind::zeros(shape, self.noise.place())
    }

    fn shape_in_plates<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
    ) -> Result<[usize; D], ModelError> {
        let mut shape = distribution.shape().map_err(at_site(name))?;
        self.check_parameters(name, distribution)?;
        for plate in self.plates.iter().filter(|plate| plate.axis < D) {
            if shape[plate.axis] == 1 {
                shape[plate.axis] = plate.batch;
            }
        }
        self.check_plates(name, shape)?;
        Ok(shape)
    }

    fn check_plates<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
    ) -> Result<(), ModelError> {
        for Plate { name: plate, axis, batch, .. } in &self.plates {
            let (site, plate, axis) = (name.to_string(), plate.to_string(), *axis);
            if axis >= D {
                return Err(ModelError::PlateRank { site, plate, axis, rank: D });
            }
            if shape[axis] != *batch {
                let shape = shape.to_vec();
                return Err(ModelError::PlateSize { site, plate, axis, expected: *batch, shape });
            }
        }
        Ok(())
    }

    /// Checks a value's shape against its distribution's; the value may be the larger where
    /// `broadcasts`.
    fn check_shape<const D: usize>(
        &self,
        name: &str,
        distribution: &str,
        shape: [usize; D],
        value: [usize; D],
        broadcasts: bool,
    ) -> Result<(), ModelError> {
        let particles = |size: usize| size == 1 || size == self.particles;
        let fits = |axis: usize| value[axis] == shape[axis] || (broadcasts && shape[axis] == 1);
        if particles(value[0]) && particles(shape[0]) && (1..D).all(fits) {
            return Ok(());
        }
        Err(ModelError::Shape {
            site: name.to_string(),
            distribution: distribution.to_string(),
            expected: shape.to_vec(),
            found: value.to_vec(),
        })
    }

    fn check_parameters<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
    ) -> Result<(), ModelError> {
        distribution.parameters().into_iter().try_for_each(|(part, operand)| match operand {
            Operand::Tensor(tensor) => self.check_place(name, part, tensor),
            Operand::Scalar(_) => Ok(()),
        })
    }

    fn check_place<const D: usize>(
        &self,
        name: &str,
        part: &str,
        tensor: &Tensor<D>,
    ) -> Result<(), ModelError> {
        let place = self.noise.place();
        let device = tensor.device();
        if device == *place.device() && tensor.dtype() == place.dtype() {
            return Ok(());
        }
        Err(ModelError::Place {
            site: name.to_string(),
            part: part.to_string(),
            expected: format!("{:?} on {:?}", place.dtype(), place.device()),
            found: format!("{:?} on {:?}", tensor.dtype(), device),
        })
    }

    fn check_observed<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
        value: &Tensor<D, P::Kind>,
    ) -> Result<(), ModelError> {
        let support = distribution.support();
        let mut checked = P::Kind::to_float(P::Kind::constant(value.clone()));
        let legal = match support {
            Support::Interval { low, .. } => low,
            Support::Positive => 1.0,
            _ => 0.0,
        };
        for mask in &self.masks {
            let hidden = mask.hidden(name, checked.dims())?;
            checked = checked.mask_fill(hidden, legal);
        }
        match Value::new(checked).find(|x| !support.contains(x)) {
            None => Ok(()),
            Some((index, value)) => Err(ModelError::OutsideSupport {
                site: name.to_string(),
                distribution: distribution.name().to_string(),
                support,
                value,
                index,
            }),
        }
    }

    fn draw<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
        shape: [usize; D],
    ) -> Result<Tensor<D, P::Kind>, ModelError> {
        if shape[0] != 1 && shape[0] != self.particles {
            let (site, distribution) = (name.to_string(), distribution.name());
            let (asked, found) = (self.particles, shape[0]);
            let source = elbo_dist::DistError::Particles { distribution, asked, found };
            return Err(ModelError::Distribution { site, source });
        }
        let shape = with_particles(shape, self.particles);
        let drawn = distribution.draw(shape, &mut self.noise.site(name));
        Ok(if P::REPARAMETERIZED { drawn } else { P::Kind::constant(drawn) })
    }

    fn score<const D: usize, P: Distribution<D>>(
        &mut self,
        name: Arc<str>,
        role: Role,
        distribution: &P,
        value: Tensor<D, P::Kind>,
    ) -> Result<(), ModelError> {
        if !self.scored {
            return Ok(());
        }
        let log_prob = match self.path {
            Path::Full => distribution.log_prob(value),
            Path::DrawsOnly => distribution.clone().detach().log_prob(value),
        };
        self.add_term(name, role, P::REPARAMETERIZED, log_prob)
    }

    fn add_term<const D: usize>(
        &mut self,
        name: Arc<str>,
        role: Role,
        reparameterized: bool,
        mut log_prob: Tensor<D>,
    ) -> Result<(), ModelError> {
        if !self.scored {
            return Ok(());
        }
        for mask in &self.masks {
            log_prob = mask.apply(&name, log_prob)?;
        }
        let mut term = Term::new(name, role, self.plates.clone(), log_prob);
        term.reparameterized = reparameterized;
        self.record.terms.push(term);
        Ok(())
    }

    fn keep(&mut self, name: &Arc<str>, value: impl FnOnce() -> Value, support: Option<Support>) {
        if self.record.keep_values {
            self.record.values.push((name.clone(), value(), support));
        }
    }

    fn describe<const D: usize>(
        &mut self,
        name: &Arc<str>,
        role: Role,
        shape: [usize; D],
        support: Support,
        distribution: &'static str,
    ) {
        if self.record.keep_sites {
            let (name, plates) = (name.clone(), self.plates.clone());
            let shape = with_particles(shape, 1).to_vec();
            self.record.sites.push(Site { name, role, shape, support, plates, distribution });
        }
    }

    /// Keeps what the site's distribution was given, by which edges between sites are found.
    fn keep_inputs<const D: usize, P: Distribution<D>>(&mut self, name: &Arc<str>, dist: &P) {
        if self.record.keep_sites {
            let tensors = dist.parameters().into_iter().filter_map(|(_, operand)| match operand {
                Operand::Tensor(tensor) => Some(Value::new(tensor.clone()).to_vec()),
                Operand::Scalar(_) => None,
            });
            self.record.inputs.push((name.clone(), tensors.flatten().collect()));
        }
    }
}

/// Wraps a distribution's error with the site's name.
fn at_site(name: &str) -> impl FnOnce(elbo_dist::DistError) -> ModelError {
    let site = name.to_string();
    move |source| ModelError::Distribution { site, source }
}

/// Checks that a guide's draws lie in the support of the program's distribution.
fn check_support(name: &str, expected: Support, found: Option<Support>) -> Result<(), ModelError> {
    match found {
        Some(found) if !expected.includes(&found) => {
            Err(ModelError::SupportMismatch { site: name.to_string(), expected, found })
        }
        _ => Ok(()),
    }
}
