//! The course of a fit, on no device.

use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError};

use crate::ascent::{Ascent, Numbers};
use crate::average::{Tail, TailCounts};
use crate::parts::Parts;

/// An [`Ascent`] on no device.
pub(crate) struct AscentRecord {
    optimizer: OptimizerRecord,
    start: ModuleRecord,
    /// By [`NAMES`].
    modules: [Option<ModuleRecord>; NAMES.len()],
    counts: TailCounts,
    numbers: Numbers,
}

/// The names of the modules that a record may have beside its start.
const NAMES: [&str; 4] = ["ascent.best", "ascent.full", "ascent.present", "ascent.held"];

impl<T: Module> Ascent<T> {
    pub fn to_record(&self) -> AscentRecord {
        let [full, present] = self.tail.blocks();
        let modules = [self.best.as_ref(), full, present, self.held.as_ref()];
        AscentRecord {
            optimizer: self.optimizer.to_record(),
            start: self.start.clone().into_record(),
            modules: modules.map(|modules| modules.map(|modules| modules.clone().into_record())),
            counts: self.tail.counts(),
            numbers: self.numbers.clone(),
        }
    }
}

impl AscentRecord {
    /// The course of this record, with modules as `load` makes them.
    pub fn load<T: Module, E>(
        self,
        optimizer: impl FnOnce(OptimizerRecord) -> Result<ModuleOptimizer, E>,
        load: impl Fn(ModuleRecord) -> Result<T, E>,
    ) -> Result<Ascent<T>, E> {
        let start = load(self.start)?;
        let [best, full, present, held] = self.modules.map(|record| record.map(&load).transpose());
        Ok(Ascent {
            optimizer: optimizer(self.optimizer)?,
            start,
            best: best?,
            tail: Tail::new(full?, present?, self.counts),
            held: held?,
            is_broken: false,
            numbers: self.numbers,
        })
    }

    pub fn write(self, parts: &mut Parts) -> Result<(), RecordError> {
        parts.encode("ascent", &(&self.numbers, &self.counts))?;
        parts.insert("ascent.optimizer", self.optimizer.into_bytes()?.to_vec());
        parts.insert("ascent.start", self.start.into_bytes()?.to_vec());
        for (name, modules) in NAMES.into_iter().zip(self.modules) {
            if let Some(modules) = modules {
                parts.insert(name, modules.into_bytes()?.to_vec());
            }
        }
        Ok(())
    }

    pub fn read(parts: &mut Parts) -> Result<Option<Self>, RecordError> {
        if !parts.has("ascent") {
            return Ok(None);
        }
        let (numbers, counts) = parts.decode("ascent")?;
        let optimizer = OptimizerRecord::from_bytes(parts.take("ascent.optimizer")?)?;
        let start = ModuleRecord::from_bytes(parts.take("ascent.start")?)?;
        let mut modules = [const { None }; NAMES.len()];
        for (name, modules) in NAMES.into_iter().zip(&mut modules) {
            if parts.has(name) {
                *modules = Some(ModuleRecord::from_bytes(parts.take(name)?)?);
            }
        }
        Ok(Some(Self { optimizer, start, modules, counts, numbers }))
    }
}
