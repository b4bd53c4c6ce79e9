//! Where a fit takes its batches from.

use burn::module::Module;
use elbo_guide::Guide;
use elbo_model::LogJoint;

use crate::step::Batch;
use crate::{Ascends, Controls, InferError, Shuffled, StepInfo, Svi};

/// Batches by the number of the step, so that a fit that goes on takes those that it would have taken.
pub(crate) trait Feed<B> {
    /// The result of `of` on the batch of a step.
    fn with<R>(
        &mut self,
        step: u64,
        of: impl FnOnce(&B) -> Result<R, InferError>,
    ) -> Result<R, InferError>;

    /// The batches of a pass.
    fn batches(&self) -> u64;

    /// The next step of a fit.
    fn step<M, G, O, C>(&mut self, svi: &mut Svi<M, G, O, C>) -> Result<StepInfo, InferError>
    where
        M: Module + LogJoint<B>,
        G: Guide<B>,
        O: Ascends,
        C: Module + Controls<B>;
}

/// All data at each step.
pub(crate) struct Whole<'a, B>(pub &'a B);

impl<B> Feed<B> for Whole<'_, B> {
    fn with<R>(
        &mut self,
        _: u64,
        of: impl FnOnce(&B) -> Result<R, InferError>,
    ) -> Result<R, InferError> {
        of(self.0)
    }

    fn batches(&self) -> u64 {
        1
    }

    fn step<M, G, O, C>(&mut self, svi: &mut Svi<M, G, O, C>) -> Result<StepInfo, InferError>
    where
        M: Module + LogJoint<B>,
        G: Guide<B>,
        O: Ascends,
        C: Module + Controls<B>,
    {
        svi.step(self.0)
    }
}

/// Shuffled minibatches.
pub(crate) struct Parted<'a, F> {
    pub order: &'a mut Shuffled,
    pub make: F,
}

impl<B, E, F> Feed<B> for Parted<'_, F>
where
    F: FnMut(&[usize]) -> Result<B, E>,
    E: std::error::Error + Send + Sync + 'static,
{
    fn with<R>(
        &mut self,
        step: u64,
        of: impl FnOnce(&B) -> Result<R, InferError>,
    ) -> Result<R, InferError> {
        let batch = (self.make)(self.order.rows(step));
        let fault = |source| InferError::Data {
            batch: (step % self.order.batches()) as usize,
            source: Box::new(source),
        };
        of(&batch.map_err(fault)?).map_err(|error| error.on_rows(self.order.rows(step)))
    }

    fn batches(&self) -> u64 {
        self.order.batches()
    }

    fn step<M, G, O, C>(&mut self, svi: &mut Svi<M, G, O, C>) -> Result<StepInfo, InferError>
    where
        M: Module + LogJoint<B>,
        G: Guide<B>,
        O: Ascends,
        C: Module + Controls<B>,
    {
        let (step, batches) = (svi.steps(), self.order.batches());
        let total = Some(self.order.total());
        svi.checked = svi.ascent().numbers.steps >= batches; // of each fit the first pass is checked
        let which = Batch { is_part: batches > 1, check: !svi.checked, total };
        self.with(step, |batch| svi.step_on(batch, which))
    }
}
