//! Steps that failed, kept so that they can be taken again.

use std::fmt;

use burn::module::Module;
use elbo_dist::DistError;
use elbo_guide::Guide;
use elbo_model::{LogJoint, ModelError};
use serde::{Deserialize, Serialize};

use crate::{Controls, InferError, Objective, StepInfo, Svi, SviRecord};

/// A step of a fit: with the parameters before it, all that it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Its number, from 0.
    pub step: u64,
    /// The seed of the noise.
    pub seed: u64,
    /// The rows of its minibatch, where [`Svi::fit_batches`] chose them.
    pub rows: Option<Vec<usize>>,
}

/// The most rows that are told.
const TOLD: usize = 10;

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} of seed {}", self.step, self.seed)?;
        let Some(rows) = &self.rows else { return Ok(()) };
        let told: Vec<_> = rows.iter().take(TOLD).map(usize::to_string).collect();
        let more = if rows.len() > TOLD { ", .." } else { "" };
        write!(f, " on rows {}{more}", told.join(", "))
    }
}

/// What went wrong in a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The step.
    pub when: When,
    /// The text of the error.
    pub message: String,
}

/// Whether numbers are at fault, which a program may meet at some draws, data and parameters, and not at others.
pub(crate) fn is_of_numbers(error: &ModelError) -> bool {
    match error {
        ModelError::NonFinite { .. } | ModelError::OutsideSupport { .. } => true,
        ModelError::Distribution { source, .. } => matches!(
            source,
            DistError::Parameter { .. }
                | DistError::NoWeight { .. }
                | DistError::NotPositiveDefinite { .. }
                | DistError::Order { .. }
        ),
        _ => false,
    }
}

impl InferError {
    /// The step at fault, of an error by a number that is not finite, or outside of its support or domain.
    pub fn when(&self) -> Option<&When> {
        match self {
            Self::NonFinite { when, .. }
            | Self::Overflow { when, .. }
            | Self::NonFiniteGradient { when, .. }
            | Self::Diverged { when, .. } => Some(when),
            _ => None,
        }
    }

    /// Whether numbers are at fault, which a lower learning rate may keep in their domains.
    pub(crate) fn is_numeric(&self) -> bool {
        self.when().is_some()
    }

    /// Of another step than the next one.
    pub(crate) fn of_step(mut self, step: u64) -> Self {
        if let Some(when) = self.when_mut() {
            when.step = step;
        }
        self
    }

    /// With the rows of the minibatch.
    pub(crate) fn on_rows(mut self, of: &[usize]) -> Self {
        if let Some(when) = self.when_mut() {
            when.rows = Some(of.to_vec());
        }
        self
    }

    fn when_mut(&mut self) -> Option<&mut When> {
        match self {
            Self::NonFinite { when, .. }
            | Self::Overflow { when, .. }
            | Self::NonFiniteGradient { when, .. }
            | Self::Diverged { when, .. } => Some(when),
            _ => None,
        }
    }
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// A record of this fit from which [`replay`] takes the step that has just failed; none if `error` is not by a
    /// [number](InferError::when).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_guide::MeanField;
    /// use elbo_infer::{Elbo, Svi, replay};
    /// use elbo_model::{Layout, Model, Trace};
    ///
    /// fn model(t: &mut Trace, x: &Tensor<2>) {
    ///     let z = t.sample("z", Normal::new(0.0, 1.0));
    ///     t.observe("x", Normal::new(z, 1.0), x.clone());
    /// }
    ///
    /// let device = Device::flex();
    /// let x = Tensor::from_floats([[1.0]], &device);
    /// let broken = Tensor::from_floats([[f32::NAN]], &device);
    /// let fit = || {
    ///     let mut noise = Noise::new(0, &device);
    ///     let layout = Layout::discover(&model, &x, &noise).unwrap();
    ///     let guide = MeanField::new(&layout, &model, &x, &mut noise).unwrap();
    ///     Svi::new(Model::new(model), guide, Elbo, noise)
    /// };
    /// let mut svi = fit();
    /// svi.run(5, &x, &mut ()).unwrap();
    /// let error = svi.step(&broken).unwrap_err();
    /// let text = error.to_string();
    /// assert!(text.starts_with("step 5 of seed 0: \"x\" (Normal): the value NaN at [0, 0]"), "{text}");
    /// let dump = svi.dump(&error).unwrap();
    /// assert_eq!(dump.fault().unwrap().message, text);
    /// let again = replay(&mut fit(), dump, &broken).unwrap_err(); // perhaps on another day
    /// assert_eq!(again.to_string(), text);
    /// ```
    pub fn dump(&self, error: &InferError) -> Option<SviRecord> {
        let when = error.when()?.clone();
        let fault = Fault { when, message: error.to_string() };
        let mut record = self.to_record();
        record.fault = Some(fault);
        Some(record)
    }
}

/// Takes the step that a [dump](Svi::dump) was made of again, in a fit that was made as that one was, and returns what comes of it: the same
/// error, if data and programs are the same. The rows of the minibatch, if there was one, are in [`SviRecord::fault`].
///
/// # Errors
/// Those of [`Svi::load_record`], and of [`Svi::step`].
pub fn replay<B, M, G, O, C>(
    svi: &mut Svi<M, G, O, C>,
    dump: SviRecord,
    batch: &B,
) -> Result<StepInfo, InferError>
where
    M: Module + LogJoint<B>,
    G: Guide<B>,
    O: Objective,
    C: Module + Controls<B>,
{
    let rows = dump.fault().and_then(|fault| fault.when.rows.clone());
    let checked = dump.checked();
    svi.load_record(dump)?;
    svi.checked = checked;
    svi.step(batch).map_err(|error| match rows {
        Some(rows) => error.on_rows(&rows),
        None => error,
    })
}
