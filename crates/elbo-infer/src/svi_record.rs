//! All that a fit goes on from.

use burn::lr_scheduler::LrSchedulerRecord;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError};
use elbo_dist::{Noise, NoiseState};
use serde::{Deserialize, Serialize};

use crate::ascent::Ascent;
use crate::ascent_record::AscentRecord;
use crate::memory::AverageRecord;
use crate::parts::Parts;
use crate::svi::Modules;
use crate::{Fault, InferError, Memory, Objective, Svi};

/// The parameters of model, guide and controls, the states of optimizer, schedule, noise and control variates, and the step:
/// all that a fit goes on from, on no device.
///
/// # Example
/// A fit goes on in another [`Svi`], which may lie on another device, as if nothing had happened:
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::MeanField;
/// use elbo_infer::{Elbo, Svi};
/// use elbo_model::{Layout, Model, Trace};
///
/// fn model(t: &mut Trace, x: &Tensor<2>) {
///     let z = t.sample("z", Normal::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), x.clone());
/// }
///
/// let device = Device::flex();
/// let x = Tensor::from_floats([[1.0]], &device);
/// let svi = |seed: u64| {
///     let mut noise = Noise::new(seed, &device);
///     let layout = Layout::discover(&model, &x, &noise).unwrap();
///     let guide = MeanField::new(&layout, &model, &x, &mut noise).unwrap();
///     Svi::new(Model::new(model), guide, Elbo, noise)
/// };
/// let mut first = svi(0);
/// first.run(10, &x, &mut ()).unwrap();
/// let mut second = svi(1);
/// second.load_record(first.to_record()).unwrap();
/// assert_eq!(first.step(&x).unwrap(), second.step(&x).unwrap());
/// ```
pub struct SviRecord {
    modules: ModuleRecord,
    optimizer: OptimizerRecord,
    schedule: LrSchedulerRecord,
    counts: Counts,
    ascent: Option<AscentRecord>,
    pub(crate) fault: Option<Fault>,
}

/// What of a record is not Burn's.
#[derive(Serialize, Deserialize)]
struct Counts {
    memory: Vec<AverageRecord>,
    noise: NoiseState,
    step: u64,
    largest_part: f64,
    /// Those that the steps have seen.
    sites: Vec<String>,
    checked: bool,
}

impl SviRecord {
    /// The step that the fit takes next.
    pub fn step(&self) -> u64 {
        self.counts.step
    }

    /// The seed of the noise.
    pub fn seed(&self) -> u64 {
        self.counts.noise.seed
    }

    /// Whether the step that the fit takes next needs no checks.
    pub(crate) fn checked(&self) -> bool {
        self.counts.checked
    }

    /// What went wrong in the step that the fit takes next, if this is a [dump](Svi::dump).
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The parts of the record, by name.
    pub(crate) fn into_parts(self) -> Result<Parts, RecordError> {
        let mut parts = Parts::default();
        parts.insert("modules", self.modules.into_bytes()?.to_vec());
        parts.insert("optimizer", self.optimizer.into_bytes()?.to_vec());
        parts.insert("schedule", self.schedule.into_bytes()?.to_vec());
        parts.encode("counts", &self.counts)?;
        if let Some(ascent) = self.ascent {
            ascent.write(&mut parts)?;
        }
        if let Some(fault) = &self.fault {
            parts.encode("fault", fault)?;
        }
        Ok(parts)
    }

    /// The record of such parts.
    pub(crate) fn from_parts(parts: &mut Parts) -> Result<Self, RecordError> {
        Ok(Self {
            modules: ModuleRecord::from_bytes(parts.take("modules")?)?,
            optimizer: OptimizerRecord::from_bytes(parts.take("optimizer")?)?,
            schedule: LrSchedulerRecord::from_bytes(parts.take("schedule")?)?,
            counts: parts.decode("counts")?,
            ascent: AscentRecord::read(parts)?,
            fault: parts.has("fault").then(|| parts.decode("fault")).transpose()?,
        })
    }
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// All that this fit goes on from.
    pub fn to_record(&self) -> SviRecord {
        SviRecord {
            modules: self.all_modules().clone().into_record(),
            optimizer: self.optimizer.to_record(),
            schedule: self.schedule.to_record(),
            counts: Counts {
                memory: self.memory.to_record(),
                noise: self.noise.state(),
                step: self.step,
                largest_part: self.largest_part,
                sites: self.sites.clone(),
                checked: self.checked,
            },
            ascent: self.course().map(|ascent| ascent.to_record()),
            fault: None,
        }
    }

    /// Goes as far as the fit of a record, which was made in the same way as this one, on the device and in the precision of this one.
    ///
    /// The states of Burn's own optimizers come back in single precision, by way of the device that the build has by default, whose
    /// hardware must then be there: a fit in double precision goes on exactly with [`Adam`](crate::Adam) only. A layer that is saved in another
    /// shape than it has, such as one of unequal sizes with `LinearLayout::Col`, is not loaded by Burn, and refused here.
    ///
    /// # Errors
    /// [`InferError::Record`] if parameters here are missing in the record, or of another shape there, and
    /// [`InferError::OptimizerRecord`] and [`InferError::ScheduleRecord`] if optimizer or schedule here make no state of that of the record; this
    /// fit is then as before. A record of a model whose latents have the same sizes and other names is refused by the next step, with
    /// [`InferError::SitesRecord`].
    pub fn load_record(&mut self, record: SviRecord) -> Result<(), InferError> {
        let modules = self.loaded_modules(record.modules)?;
        let optimizer = self.loaded_optimizer(record.optimizer)?;
        let ascent = record.ascent.map(|ascent| {
            let load = |modules| self.loaded_modules(modules);
            ascent.load(|states| self.loaded_optimizer(states), load)
        });
        let ascent = ascent.transpose()?.map(Box::new);
        let schedule = match &ascent {
            Some(ascent) => ascent.numbers.rate.into(),
            None => self.loaded_schedule(record.schedule)?,
        };
        (self.modules, self.optimizer, self.schedule) = (Some(modules), optimizer, schedule);
        let Counts { memory, noise, step, largest_part, sites, checked } = record.counts;
        self.memory = Memory::of_record(memory, self.noise.place());
        self.noise = Noise::from_state(noise, self.noise.place());
        (self.step, self.largest_part, self.sites) = (step, largest_part, sites);
        // The next step compares the sites, and checks the data; where a fit goes on its next bound is compared in place of that.
        (self.checked, self.checked_epoch) = (checked && ascent.is_some(), false);
        (self.ascent, self.is_loaded) = (ascent, true);
        Ok(())
    }

    fn loaded_modules(&self, record: ModuleRecord) -> Result<Modules<M, G, C>, InferError> {
        let modules = self.all_modules().clone().try_load_record(record.cast_to_module_dtype());
        modules.map_err(|source| InferError::Record { source: Box::new(source) })
    }

    fn loaded_optimizer(&self, record: OptimizerRecord) -> Result<ModuleOptimizer, InferError> {
        let states = record.len();
        let optimizer = self.optimizer.clone().load_record(record);
        // Burn leaves out what it cannot read.
        match optimizer.to_record().len() == states {
            true => Ok(optimizer),
            false => Err(InferError::OptimizerRecord),
        }
    }

    fn loaded_schedule(&self, record: LrSchedulerRecord) -> Result<ModuleLrScheduler, InferError> {
        let schedule = self.schedule.clone().load_record(record.clone());
        let bytes = |record: LrSchedulerRecord| {
            let bytes = record.into_bytes();
            bytes.map_err(|source| InferError::Record { source: Box::new(source) })
        };
        match bytes(schedule.to_record())?[..] == bytes(record)?[..] {
            true => Ok(schedule),
            false => Err(InferError::ScheduleRecord),
        }
    }

    /// The course of a fit, if no other steps have left it.
    pub(crate) fn course(&self) -> Option<&Ascent<Modules<M, G, C>>> {
        self.ascent.as_deref().filter(|ascent| ascent.numbers.step() == self.step)
    }

    /// All that a record changes.
    pub(crate) fn state(&self) -> State<Modules<M, G, C>> {
        State {
            modules: self.all_modules().clone(),
            optimizer: self.optimizer.clone(),
            schedule: self.schedule.clone(),
            memory: self.memory.clone(),
            noise: self.noise.clone(),
            step: self.step,
            largest_part: self.largest_part,
            sites: self.sites.clone(),
            checked: [self.checked, self.checked_epoch, self.is_loaded],
            ascent: self.ascent.clone(),
        }
    }

    /// As it was before a record was loaded.
    pub(crate) fn put_back(&mut self, state: State<Modules<M, G, C>>) {
        self.modules = Some(state.modules);
        (self.optimizer, self.schedule) = (state.optimizer, state.schedule);
        (self.memory, self.noise, self.step) = (state.memory, state.noise, state.step);
        (self.largest_part, self.sites) = (state.largest_part, state.sites);
        [self.checked, self.checked_epoch, self.is_loaded] = state.checked;
        self.ascent = state.ascent;
    }
}

/// What a record changes of a fit.
pub(crate) struct State<T> {
    modules: T,
    optimizer: ModuleOptimizer,
    schedule: ModuleLrScheduler,
    memory: Memory,
    noise: Noise,
    step: u64,
    largest_part: f64,
    sites: Vec<String>,
    checked: [bool; 3],
    ascent: Option<Box<Ascent<T>>>,
}
