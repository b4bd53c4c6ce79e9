//! All that a fit goes on from.

use burn::lr_scheduler::LrSchedulerRecord;
use burn::module::Module;
use burn::optim::OptimizerRecord;
use burn::store::{ModuleRecord, RecordError};
use elbo_dist::{Noise, NoiseState};
use serde::{Deserialize, Serialize};

use crate::memory::AverageRecord;
use crate::parts::Parts;
use crate::{InferError, Memory, Objective, Svi};

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
}

/// What of a record is not Burn's.
#[derive(Serialize, Deserialize)]
struct Counts {
    memory: Vec<AverageRecord>,
    noise: NoiseState,
    step: u64,
    largest_part: f64,
}

impl SviRecord {
    /// The step that the fit takes next.
    pub fn step(&self) -> u64 {
        self.counts.step
    }

    /// The parts of the record, by name.
    pub(crate) fn into_parts(self) -> Result<Parts, RecordError> {
        let mut parts = Parts::default();
        parts.insert("modules", self.modules.into_bytes()?.to_vec());
        parts.insert("optimizer", self.optimizer.into_bytes()?.to_vec());
        parts.insert("schedule", self.schedule.into_bytes()?.to_vec());
        parts.encode("counts", &self.counts)?;
        Ok(parts)
    }

    /// The record of such parts.
    pub(crate) fn from_parts(parts: &mut Parts) -> Result<Self, RecordError> {
        Ok(Self {
            modules: ModuleRecord::from_bytes(parts.take("modules")?)?,
            optimizer: OptimizerRecord::from_bytes(parts.take("optimizer")?)?,
            schedule: LrSchedulerRecord::from_bytes(parts.take("schedule")?)?,
            counts: parts.decode("counts")?,
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
            },
        }
    }

    /// Goes as far as the fit of a record, which was made in the same way as this one, on the device and in the precision of this one.
    ///
    /// The states of Burn's own optimizers come back in single precision, by way of the device that the build has by default, whose
    /// hardware must then be there: a fit in double precision goes on exactly with [`Adam`](crate::Adam) only.
    ///
    /// # Errors
    /// [`InferError::Record`] if parameters here are missing in the record, or of another shape there, and
    /// [`InferError::OptimizerRecord`] and [`InferError::ScheduleRecord`] if optimizer or schedule here make no state of that of the record; this
    /// fit is then as before. Latents are told apart by their place among the parameters: not refused is a record of a model whose latents have the
    /// same sizes and other names.
    pub fn load_record(&mut self, record: SviRecord) -> Result<(), InferError> {
        let modules = self.all_modules().clone();
        let modules = modules.try_load_record(record.modules.cast_to_module_dtype());
        let modules = modules.map_err(|source| InferError::Record { source: Box::new(source) })?;
        let states = record.optimizer.len();
        let optimizer = self.optimizer.clone().load_record(record.optimizer);
        // Burn leaves out what it cannot read.
        if optimizer.to_record().len() != states {
            return Err(InferError::OptimizerRecord);
        }
        let schedule = self.schedule.clone().load_record(record.schedule.clone());
        let [loaded, given] =
            [schedule.to_record(), record.schedule].map(LrSchedulerRecord::into_bytes);
        if loaded.ok().map(|bytes| bytes.to_vec()) != given.ok().map(|bytes| bytes.to_vec()) {
            return Err(InferError::ScheduleRecord);
        }
        (self.modules, self.optimizer, self.schedule) = (Some(modules), optimizer, schedule);
        let Counts { memory, noise, step, largest_part } = record.counts;
        self.memory = Memory::of_record(memory, self.noise.place());
        self.noise = Noise::from_state(noise, self.noise.place());
        (self.step, self.largest_part) = (step, largest_part);
        Ok(())
    }
}
