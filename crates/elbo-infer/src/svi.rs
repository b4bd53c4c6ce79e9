//! Stochastic variational inference.

use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use elbo_dist::Noise;
use elbo_guide::Guide;
use elbo_model::{LogJoint, ModelError, Plate};

use crate::{Estimate, InferError, Objective, Observer, Posterior, Terms, gradients};

/// Stochastic variational inference: maximizes an [`Objective`] over the parameters of a model and
/// a guide, by Monte Carlo gradients.
///
/// Step `k` of a seed is the same whatever ran before it: its noise is keyed by `k`.
///
/// # References
/// Hoffman et al. (2013); Ranganath, Gerrish & Blei (2014).
pub struct Svi<M, G, O> {
    modules: Option<(M, G)>,
    objective: O,
    optimizer: ModuleOptimizer,
    schedule: ModuleLrScheduler,
    max_gradient_norm: Option<f64>,
    particles: usize,
    noise: Noise,
    step: u64,
}

/// What one step did.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInfo {
    /// The step's number, from 0.
    pub step: u64,
    /// The estimate of the bound, before the step.
    pub bound: f64,
    /// The norm of the gradient of all parameters, before clipping.
    pub gradient_norm: f64,
    /// The learning rate.
    pub learning_rate: f64,
    /// The part of the data at hand: `batch / total`, and 1 for all of it.
    pub fraction: f64,
}

/// What a run of steps did.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInfo {
    /// The estimate of the bound at each step.
    pub bounds: Vec<f64>,
}

/// What one pass over the data did.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochInfo {
    /// The batches.
    pub batches: usize,
    /// The mean of the batches' estimates of the bound, each weighted by its part of the data.
    pub bound: f64,
}

/// The batches of an epoch so far.
struct Part {
    /// The largest part of the data that a batch has held.
    largest: f64,
}

impl Part {
    /// How much the step on a batch with this part of the data counts.
    fn weight(&mut self, fraction: f64) -> f64 {
        self.largest = self.largest.max(fraction);
        fraction / self.largest
    }
}

impl<M: Module, G: Module, O: Objective> Svi<M, G, O> {
    /// Maximizes `objective` from the present parameters of `model` and `guide`, with one particle
    /// and Adam (Kingma & Ba 2015) at a learning rate of 0.01.
    pub fn new(model: M, guide: G, objective: O, noise: Noise) -> Self {
        Self {
            modules: Some((model.valid().train(), guide.valid().train())),
            objective,
            optimizer: AdamConfig::new().with_epsilon(1e-8).init(),
            schedule: 0.01.into(),
            max_gradient_norm: None,
            particles: 1,
            noise,
            step: 0,
        }
    }

    /// The number of particles of a step.
    pub fn with_particles(self, particles: usize) -> Self {
        Self { particles, ..self }
    }

    /// A constant learning rate.
    pub fn with_learning_rate(self, learning_rate: f64) -> Self {
        self.with_schedule(learning_rate)
    }

    /// A learning-rate schedule of Burn, which may differ by groups of parameters.
    pub fn with_schedule(self, schedule: impl Into<ModuleLrScheduler>) -> Self {
        Self { schedule: schedule.into(), ..self }
    }

    /// An optimizer of Burn.
    pub fn with_optimizer(self, optimizer: impl Into<ModuleOptimizer>) -> Self {
        Self { optimizer: optimizer.into(), ..self }
    }

    /// Scales the gradient of all parameters down to this Euclidean norm where it is longer.
    pub fn with_max_gradient_norm(self, norm: f64) -> Self {
        Self { max_gradient_norm: Some(norm), ..self }
    }

    /// One step on one batch. Before the first, the data are checked against their supports.
    ///
    /// # Errors
    /// An [`InferError`]; parameters, optimizer and step count are then as before the call.
    pub fn step<B>(&mut self, batch: &B) -> Result<StepInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        self.step_on(batch, None)
    }

    /// `steps` steps on all data.
    ///
    /// # Errors
    /// As [`Svi::step`]; the steps before the one at fault have been taken.
    pub fn run<B>(
        &mut self,
        steps: usize,
        data: &B,
        observer: &mut impl Observer,
    ) -> Result<RunInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let mut bounds = Vec::with_capacity(steps);
        for _ in 0..steps {
            let info = self.step(data)?;
            observer.on_step(&info);
            bounds.push(info.bound);
        }
        Ok(RunInfo { bounds })
    }

    /// A step on each batch.
    ///
    /// The last batch may be smaller. Plates scale each by its own size, so that its gradient
    /// estimates that of all data, and its step counts in proportion to its size: the gradients of
    /// an epoch add up to a multiple of the full-data gradient, in whatever order the data come.
    ///
    /// # Errors
    /// As [`Svi::step`], [`InferError::EmptyEpoch`], and [`InferError::MinibatchWithoutPlate`] if
    /// there is more than one batch but no plate that says of how much they are a part.
    pub fn epoch<B>(
        &mut self,
        batches: impl IntoIterator<Item = B>,
        observer: &mut impl Observer,
    ) -> Result<EpochInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        self.try_epoch(batches.into_iter().map(Ok::<B, std::convert::Infallible>), observer)
    }

    /// [`Svi::epoch`] over an iterator that may fail, such as that of Burn's `DataLoader`.
    ///
    /// # Errors
    /// As [`Svi::epoch`], and [`InferError::Data`] if a batch cannot be read.
    pub fn try_epoch<B, E>(
        &mut self,
        batches: impl IntoIterator<Item = Result<B, E>>,
        observer: &mut impl Observer,
    ) -> Result<EpochInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let (mut count, mut weighted, mut weight) = (0, 0.0, 0.0);
        let mut part = Part { largest: 0.0 };
        let mut batches = batches.into_iter().peekable();
        while let Some(batch) = batches.next() {
            let batch = batch
                .map_err(|source| InferError::Data { batch: count, source: Box::new(source) })?;
            let alone = count == 0 && batches.peek().is_none();
            let info = self.step_on(&batch, (!alone).then_some(&mut part))?;
            observer.on_step(&info);
            count += 1;
            weighted += info.fraction * info.bound;
            weight += info.fraction;
        }
        if count == 0 {
            return Err(InferError::EmptyEpoch);
        }
        Ok(EpochInfo { batches: count, bound: weighted / weight })
    }

    /// The present model and guide, ready to draw from.
    pub fn posterior(&self) -> Posterior<M, G> {
        let (model, guide) = self.modules();
        Posterior::new(model, guide, self.noise.at_step(self.step).site("posterior"))
    }

    /// The present model and guide, on plain devices.
    pub fn into_parts(self) -> (M, G) {
        let (model, guide) = self.modules();
        (model.valid(), guide.valid())
    }

    /// The number of steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    fn modules(&self) -> &(M, G) {
        self.modules.as_ref().expect("a step puts the modules back")
    }

    fn step_on<B>(&mut self, batch: &B, part: Option<&mut Part>) -> Result<StepInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let terms = self.terms(batch)?;
        let fraction: f64 = terms.log_p.subsampled().map(Plate::scale).fold(1.0, f64::max).recip();
        if part.is_some() && terms.log_p.subsampled().next().is_none() {
            return Err(InferError::MinibatchWithoutPlate);
        }
        let weight = part.map_or(1.0, |part| part.weight(fraction));
        let Estimate { loss, bound } = self.objective.estimate(&terms)?;
        let bound = self.finite(bound.into_scalar(), &terms)?;
        if !loss.is_tracked() {
            return Err(InferError::NothingToTrain);
        }
        let loss = if weight == 1.0 { loss } else { loss * weight };
        let mut gradients = GradientsParams::from_grads(loss.backward(), self.modules());
        let gradient_norm = self.clip(&mut gradients)?;
        let learning_rate = self.schedule.step();
        let base_rate = learning_rate.base();
        let modules = self.modules.take().expect("a step puts the modules back");
        self.modules = Some(self.optimizer.step(learning_rate, modules, gradients));
        let info =
            StepInfo { step: self.step, bound, gradient_norm, learning_rate: base_rate, fraction };
        self.step += 1;
        Ok(info)
    }

    fn terms<B>(&self, batch: &B) -> Result<Terms, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        if self.particles == 0 {
            return Err(InferError::NoParticles);
        }
        let (model, guide) = self.modules();
        let mut noise = self.noise.at_step(self.step);
        let draw = guide.draw(batch, self.particles, self.objective.path(), &mut noise)?;
        if self.step == 0 {
            model.check(&draw.latents.constant(), batch).map_err(|error| self.at_step(error))?;
        }
        let log_p = model.log_joint(&draw.latents, batch)?;
        Ok(Terms { log_p, log_q: draw.log_q })
    }

    /// The bound, if it is finite; else the first term that is not.
    fn finite(&self, bound: f64, terms: &Terms) -> Result<f64, InferError> {
        if bound.is_finite() {
            return Ok(bound);
        }
        terms.log_p.check_finite().map_err(|error| self.at_step(error))?;
        terms.log_q.check_finite().map_err(|error| self.at_step(error))?;
        let step = self.step;
        Err(InferError::Overflow { step, bound })
    }

    fn at_step(&self, error: ModelError) -> InferError {
        match error {
            ModelError::NonFinite { .. } => {
                InferError::NonFinite { step: self.step, source: error }
            }
            other => other.into(),
        }
    }

    /// The gradient's norm; the gradient is scaled down if that is larger than it may be.
    fn clip(&self, gradients: &mut GradientsParams) -> Result<f64, InferError> {
        let norm = gradients::norm(self.modules(), gradients);
        if !norm.is_finite()
            && let Some(gradients::Fault { parameter, index, value }) =
                gradients::fault(self.modules(), gradients)
        {
            let step = self.step;
            return Err(InferError::NonFiniteGradient { step, parameter, value, index });
        }
        if let Some(longest) = self.max_gradient_norm.filter(|longest| norm > *longest) {
            gradients::scale(self.modules(), gradients, longest / norm);
        }
        Ok(norm)
    }
}
