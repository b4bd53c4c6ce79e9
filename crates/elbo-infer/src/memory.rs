//! What control variates know of earlier steps.

use burn::tensor::Tensor;
use elbo_dist::Place;
use serde::{Deserialize, Serialize};

/// Exponential moving averages by name, over the steps before the present one.
///
/// `m ← d m + (1 - d) x`, divided by the same average of ones, so that the first steps count in full.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::Memory;
///
/// let x = |value: f32| Tensor::<2>::from_floats([[value]], &Device::flex());
/// let mut memory = Memory::default();
/// assert!(memory.mean("cost").is_none());
/// let mut step = Memory::default();
/// step.learn("cost", x(3.0), 0.5);
/// memory.absorb(step);
/// assert_eq!(memory.mean("cost").unwrap().into_scalar::<f32>(), 3.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory {
    averages: Vec<Average>,
}

#[derive(Clone, Debug)]
struct Average {
    name: String,
    /// `[1, 1]`
    sum: Tensor<2>,
    weight: f64,
    decay: f64,
}

/// An [`Average`] on no device.
#[derive(Serialize, Deserialize)]
pub(crate) struct AverageRecord {
    name: String,
    sum: f64,
    weight: f64,
    decay: f64,
}

impl Memory {
    /// The average of `name`, if anything is known of it.
    ///
    /// # Shapes
    /// `[1, 1]`.
    pub fn mean(&self, name: &str) -> Option<Tensor<2>> {
        let average = self.averages.iter().find(|average| average.name == name)?;
        Some(average.sum.clone() * average.weight.recip())
    }

    /// The averages, on no device.
    pub(crate) fn to_record(&self) -> Vec<AverageRecord> {
        let record = |average: &Average| AverageRecord {
            name: average.name.clone(),
            sum: average.sum.clone().into_scalar(),
            weight: average.weight,
            decay: average.decay,
        };
        self.averages.iter().map(record).collect()
    }

    /// The averages of a record, at `place`.
    pub(crate) fn of_record(record: Vec<AverageRecord>, place: &Place) -> Self {
        let average = |AverageRecord { name, sum, weight, decay }| Average {
            name,
            sum: place.tensor(vec![sum], [1, 1]),
            weight,
            decay,
        };
        Self { averages: record.into_iter().map(average).collect() }
    }

    /// Notes the value of `name` in this step.
    ///
    /// # Shapes
    /// `[1, 1]`.
    pub fn learn(&mut self, name: &str, value: Tensor<2>, decay: f64) {
        let (name, weight) = (name.to_string(), 1.0 - decay);
        self.averages.push(Average { name, sum: value.inner() * weight, weight, decay });
    }

    /// Adds what a step has learnt.
    pub fn absorb(&mut self, step: Memory) {
        for new in step.averages {
            match self.averages.iter_mut().find(|average| average.name == new.name) {
                None => self.averages.push(new),
                Some(known) => {
                    known.sum = known.sum.clone() * new.decay + new.sum;
                    known.weight = known.weight * new.decay + new.weight;
                }
            }
        }
    }
}
