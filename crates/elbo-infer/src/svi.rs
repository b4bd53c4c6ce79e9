//! Stochastic variational inference.

use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use elbo_dist::Noise;
use elbo_guide::{Draw, Guide};
use elbo_model::{LogJoint, ModelError, Term};

use crate::gradients::{self, Fault};
use crate::{
    EpochInfo, Estimate, InferError, Objective, Observer, Posterior, RunInfo, StepInfo, Terms,
};

/// How a step's batch is taken.
struct Batch {
    /// Whether there are others in its epoch.
    is_part: bool,
    /// Whether data and guide are to be checked.
    check: bool,
}

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
    /// Whether data and guide have been checked, by a step or for a whole epoch.
    checked: bool,
    /// The largest part of the data that a batch has held.
    largest_part: f64,
}

impl<M: Module, G: Module, O: Objective> Svi<M, G, O> {
    /// Maximizes `objective` from the present parameters of `model` and `guide`, with one particle
    /// and Adam (Kingma & Ba 2015) at a learning rate of 0.01.
    pub fn new(model: M, guide: G, objective: O, mut noise: Noise) -> Self {
        Self {
            modules: Some((model.valid().train(), guide.valid().train())),
            objective,
            optimizer: AdamConfig::new().with_epsilon(1e-8).init(),
            schedule: 0.01.into(),
            max_gradient_norm: None,
            particles: 1,
            noise: noise.split(),
            step: 0,
            checked: false,
            largest_part: 0.0,
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

    /// One step on one batch. The first one checks the data against their supports, and the guide
    /// against the model.
    ///
    /// # Errors
    /// An [`InferError`]; parameters, optimizer and step count are then as before the call.
    pub fn step<B>(&mut self, batch: &B) -> Result<StepInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let info = self.step_on(batch, Batch { is_part: false, check: !self.checked })?;
        self.checked = true;
        Ok(info)
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
    /// estimates that of all data, and its loss counts in proportion to its size, relative to the
    /// largest batch so far: the losses of an epoch whose odd batch comes last, or of any epoch after
    /// the first, add up to a multiple of the full-data loss.
    ///
    /// The first epoch checks each batch against the supports.
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
        let check = !self.checked;
        let mut batches = batches.into_iter().peekable();
        while let Some(batch) = batches.next() {
            let batch = batch
                .map_err(|source| InferError::Data { batch: count, source: Box::new(source) })?;
            let is_part = count > 0 || batches.peek().is_some();
            let info = self.step_on(&batch, Batch { is_part, check })?;
            observer.on_step(&info);
            count += 1;
            weighted += info.fraction * info.bound;
            weight += info.fraction;
        }
        if count == 0 {
            return Err(InferError::EmptyEpoch);
        }
        self.checked = true;
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

    fn step_on<B>(&mut self, batch: &B, which: Batch) -> Result<StepInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        self.check_settings()?;
        let terms = self.terms(batch, which.check)?;
        if which.is_part && terms.log_p.subsampled().next().is_none() {
            return Err(InferError::MinibatchWithoutPlate);
        }
        let fraction = terms.log_p.iter().map(Term::scale).fold(1.0, f64::max).recip();
        let Estimate { loss, bound } = self.objective.estimate(&terms)?;
        let bound = self.finite(bound.into_scalar(), &terms)?;
        if !loss.is_tracked() {
            return Err(InferError::NothingToTrain);
        }
        let largest_part = self.largest_part.max(fraction);
        let weight = if which.is_part { fraction / largest_part } else { 1.0 };
        let loss = if weight == 1.0 { loss } else { loss * weight };
        let mut gradients = GradientsParams::from_grads(loss.backward(), self.modules());
        let gradient_norm = self.clip(&mut gradients)?;
        let learning_rate = self.update(gradients)?;
        let info = StepInfo { step: self.step, bound, gradient_norm, learning_rate, fraction };
        self.largest_part = largest_part;
        self.step += 1;
        Ok(info)
    }

    /// Takes the optimizer's step; returns the learning rate.
    fn update(&mut self, gradients: GradientsParams) -> Result<f64, InferError> {
        let rates = self.schedule.step();
        let rate = rates.base();
        if !(rate.is_finite() && rate >= 0.0) {
            return Err(InferError::LearningRate { step: self.step, rate });
        }
        let modules = self.modules.take().expect("a step puts the modules back");
        let last_good = modules.clone();
        let modules = self.optimizer.step(rates, modules, gradients);
        let fault = gradients::parameter_fault(&modules);
        self.modules = Some(if fault.is_none() { modules } else { last_good });
        match fault {
            None => Ok(rate),
            Some(parameter) => Err(InferError::Diverged { step: self.step, parameter, rate }),
        }
    }

    fn check_settings(&self) -> Result<(), InferError> {
        if self.particles == 0 {
            return Err(InferError::NoParticles);
        }
        if let Some(norm) = self.max_gradient_norm.filter(|norm| norm.is_nan() || *norm <= 0.0) {
            return Err(InferError::MaxGradientNorm(norm));
        }
        let twins = (self.step == 0).then(|| gradients::twins(self.modules())).flatten();
        match twins {
            Some([first, second]) => Err(InferError::SharedParameter { first, second }),
            None => Ok(()),
        }
    }

    fn terms<B>(&self, batch: &B, check: bool) -> Result<Terms, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let (model, guide) = self.modules();
        let mut noise = self.noise.at_step(self.step);
        let Draw { latents, log_q } =
            guide.draw(batch, self.particles, self.objective.path(), &mut noise)?;
        if check {
            let checked = model.valid().check(&latents.constant(), batch);
            checked.map_err(|error| self.at_step(error))?;
        }
        let terms = Terms { log_p: model.log_joint(&latents, batch)?, log_q };
        match terms.plates_differ().filter(|_| check) {
            Some(site) => Err(InferError::PlateMismatch { site: site.to_string() }),
            None => Ok(terms),
        }
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
        let modules = self.modules();
        let mut norm = gradients::norm(modules, gradients);
        if !norm.is_finite() {
            if let Some(Fault { parameter, index, value }) = gradients::fault(modules, gradients) {
                let step = self.step;
                return Err(InferError::NonFiniteGradient { step, parameter, value, index });
            }
            norm = gradients::norm_on_host(modules, gradients); // its square was too large
        }
        if let Some(longest) = self.max_gradient_norm.filter(|longest| norm > *longest) {
            gradients::scale(modules, gradients, longest / norm);
        }
        Ok(norm)
    }
}
