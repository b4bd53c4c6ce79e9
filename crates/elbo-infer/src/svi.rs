//! Stochastic variational inference.

use std::sync::Arc;

use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use elbo_dist::Noise;
use elbo_guide::Guide;
use elbo_model::LogJoint;

use crate::ascent::Ascent;
use crate::step::Batch;
use crate::{
    Adam, Controls, Dependencies, EpochInfo, InferError, Memory, NoControls, Objective, Observer,
    Posterior, RunInfo, StepInfo,
};

/// Model and guide, whose norm is clipped, and what is trained beside them.
pub(crate) type Modules<M, G, C> = ((M, G), C);

/// Stochastic variational inference: maximizes an [`Objective`] over the parameters of a model and
/// a guide, by Monte Carlo gradients.
///
/// Step `k` of a seed is the same whatever ran before it: its noise is keyed by `k`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::MeanField;
/// use elbo_infer::{StepInfo, StickingTheLanding, Svi};
/// use elbo_model::{Layout, Model, Subsample, Trace};
///
/// fn mean(t: &mut Trace, x: &Tensor<2>) {
///     let mu = t.sample("mu", Normal::new(0.0, 1.0)); // [S, 1]
///     let rows = Subsample { total: 3, batch: x.dims()[1] };
///     t.plate("rows", rows, |t| t.observe("x", Normal::new(mu, 1.0), x.clone()));
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let x = Tensor::from_floats([[1.0, 2.0, 3.0]], &device);
/// let layout = Layout::discover(&mean, &x, &noise).unwrap();
/// let guide = MeanField::new(&layout, &mean, &x, &mut noise).unwrap();
/// let mut svi = Svi::new(Model::new(mean), guide, StickingTheLanding, noise)
///     .with_particles(10)
///     .with_learning_rate(0.02);
/// svi.run(1000, &x, &mut ()).unwrap(); // 1000 steps on all data
/// let mut bounds = Vec::new();
/// let mut keep = |info: &StepInfo| bounds.push(info.bound);
/// let epoch = svi.epoch(x.split(2, 1), &mut keep).unwrap(); // and 2 steps on parts of them
/// assert_eq!((epoch.batches, bounds.len(), svi.steps()), (2, 2, 1002));
/// let (_, guide) = svi.into_parts();
/// // The posterior is N(6 / 4, 1 / 4).
/// assert!((guide.loc().into_scalar::<f32>() - 1.5).abs() < 0.05);
/// assert!((guide.scale().into_scalar::<f32>() - 0.5).abs() < 0.05);
/// ```
///
/// # References
/// Hoffman et al. (2013); Ranganath, Gerrish & Blei (2014).
pub struct Svi<M, G, O, C = NoControls> {
    pub(crate) modules: Option<Modules<M, G, C>>,
    pub(crate) objective: O,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) schedule: ModuleLrScheduler,
    pub(crate) max_gradient_norm: Option<f64>,
    pub(crate) particles: usize,
    pub(crate) noise: Noise,
    pub(crate) step: u64,
    /// What control variates know of earlier steps.
    pub(crate) memory: Memory,
    pub(crate) dependencies: Option<Arc<Dependencies>>,
    /// Whether data and guide have been checked by a step.
    pub(crate) checked: bool,
    /// Whether they have been checked for a whole epoch.
    pub(crate) checked_epoch: bool,
    /// The largest part of the data that a batch has held.
    pub(crate) largest_part: f64,
    /// The latents of the model that steps have seen, outside minibatches.
    pub(crate) sites: Vec<String>,
    /// Whether no step has been taken since a record was loaded.
    pub(crate) is_loaded: bool,
    /// The course of a fit that is under way.
    pub(crate) ascent: Option<Box<Ascent<Modules<M, G, C>>>>,
}

impl<M: Module, G: Module, O: Objective> Svi<M, G, O> {
    /// Maximizes `objective` from the present parameters of `model` and `guide`, with one particle
    /// and Adam (Kingma & Ba 2015) at a learning rate of 0.01.
    pub fn new(model: M, guide: G, objective: O, mut noise: Noise) -> Self {
        Self {
            modules: Some(((model.valid().train(), guide.valid().train()), NoControls {})),
            objective,
            optimizer: Adam::new().into(),
            schedule: 0.01.into(),
            max_gradient_norm: None,
            particles: 1,
            noise: noise.split(),
            step: 0,
            memory: Memory::default(),
            dependencies: None,
            checked: false,
            checked_epoch: false,
            largest_part: 0.0,
            sites: Vec::new(),
            is_loaded: false,
            ascent: None,
        }
    }
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// With trained baselines, or networks of RELAX, for the sites that ask for them.
    pub fn with_controls<C2: Module>(self, controls: C2) -> Svi<M, G, O, C2> {
        let (modules, _) = self.modules.expect("a step puts the modules back");
        Svi {
            modules: Some((modules, controls.valid().train())),
            objective: self.objective,
            optimizer: self.optimizer,
            schedule: self.schedule,
            max_gradient_norm: self.max_gradient_norm,
            particles: self.particles,
            noise: self.noise,
            step: self.step,
            memory: self.memory,
            dependencies: self.dependencies,
            checked: self.checked,
            checked_epoch: self.checked_epoch,
            largest_part: self.largest_part,
            sites: Vec::new(),
            is_loaded: false,
            ascent: None,
        }
    }

    /// With what is known of which site depends on which: scores are multiplied by less.
    pub fn with_dependencies(self, dependencies: Dependencies) -> Self {
        Self { dependencies: Some(Arc::new(dependencies)), ..self }
    }

    /// The number of particles of a step.
    pub fn with_particles(self, particles: usize) -> Self {
        Self { particles, ..self }
    }

    /// A constant learning rate.
    pub fn with_learning_rate(self, learning_rate: f64) -> Self {
        self.with_schedule(learning_rate)
    }

    /// A learning-rate schedule of Burn, which may differ by groups of parameters. A [`fit`](Svi::fit) begins anew then, but for one with
    /// [checkpoints](crate::FitConfig::with_checkpoints), which are to be others then.
    pub fn with_schedule(self, schedule: impl Into<ModuleLrScheduler>) -> Self {
        Self { schedule: schedule.into(), ascent: None, ..self }
    }

    /// An optimizer of Burn.
    ///
    /// With one of your own whose step may leave the finite numbers although the learning rate times the
    /// gradient's norm is below 1e6, that is found out by the next step only.
    pub fn with_optimizer(self, optimizer: impl Into<ModuleOptimizer>) -> Self {
        Self { optimizer: optimizer.into(), ascent: None, ..self }
    }

    /// Scales the gradient of all parameters down to this Euclidean norm where it is longer.
    pub fn with_max_gradient_norm(self, norm: f64) -> Self {
        Self { max_gradient_norm: Some(norm), ..self }
    }

    /// One step on one batch. The first one checks the data against their supports and the parameters against their domains, which reads them
    /// to the host; later ones do not. A batch that is a part of the data must say so with a plate: [`Svi::epoch`] refuses parts without one, a
    /// step cannot tell.
    ///
    /// # Errors
    /// An [`InferError`]; parameters, optimizer and step count are then as before the call.
    pub fn step<B>(&mut self, batch: &B) -> Result<StepInfo, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let info =
            self.step_on(batch, Batch { is_part: false, check: !self.checked, total: None })?;
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
        C: Controls<B>,
    {
        let mut bounds = Vec::new();
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
        C: Controls<B>,
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
        C: Controls<B>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let (mut count, mut weighted, mut weight) = (0, 0.0, 0.0);
        let check = !self.checked_epoch;
        self.checked = !check;
        let mut batches = batches.into_iter().peekable();
        while let Some(batch) = batches.next() {
            let batch = batch
                .map_err(|source| InferError::Data { batch: count, source: Box::new(source) })?;
            let is_part = count > 0 || batches.peek().is_some();
            let info = self.step_on(&batch, Batch { is_part, check, total: None })?;
            observer.on_step(&info);
            count += 1;
            weighted += info.fraction * info.bound;
            weight += info.fraction;
        }
        if count == 0 {
            return Err(InferError::EmptyEpoch);
        }
        (self.checked, self.checked_epoch) = (true, true);
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

    /// The present baselines and networks, on plain devices.
    pub fn controls(&self) -> C {
        self.all_modules().1.valid()
    }

    pub(crate) fn modules(&self) -> &(M, G) {
        &self.all_modules().0
    }

    pub(crate) fn all_modules(&self) -> &Modules<M, G, C> {
        self.modules.as_ref().expect("a step puts the modules back")
    }
}
