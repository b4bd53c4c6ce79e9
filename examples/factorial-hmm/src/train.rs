//! Training with early stopping.

use elbo_conjugate::Coordinates;
use rayon::prelude::*;

use crate::learn::{Sequences, bounds};
use crate::{Emission, FactorialHmm, Family, HmmError, Learn, VariationalEm};

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The family of the posteriors.
    pub family: Family,
    /// The most passes over the sequences.
    pub passes: usize,
    /// The most sweeps over a sequence in a pass.
    pub sweeps: usize,
}

impl Options {
    /// At most 150 passes of at most 3 sweeps.
    pub fn new(family: Family) -> Self {
        Self { family, passes: 150, sweeps: 3 }
    }
}

/// Passes from one look at the sequences held out to the next.
const LOOK: usize = 5;
/// Looks without gain after which training ends.
const PATIENCE: usize = 4;
/// The most sweeps over a sequence that is held out.
pub const HELD_OUT_SWEEPS: usize = 20;

/// What a pass did. Losses are negative bounds in nats a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    /// Its number, from 1.
    pub number: usize,
    /// The loss on the sequences learnt from, before the parameters moved.
    pub train_loss: f64,
    /// The loss on the sequences held out, after they moved; every fifth pass has one, and the last.
    pub valid_loss: Option<f64>,
}

/// A model after training.
#[derive(Clone, Debug)]
pub struct Trained<E> {
    /// The model of the least loss on the sequences held out.
    pub hmm: FactorialHmm<E>,
    /// That loss, in nats a step.
    pub valid_loss: f64,
    /// All passes.
    pub passes: Vec<Pass>,
}

/// Learns from `train` until the loss on `valid` is no less for 20 passes; `observer` sees each pass.
///
/// # Errors
/// [`HmmError::Setting`], and what sequences and sweeps fail with.
pub fn train<E: Learn>(
    hmm: FactorialHmm<E>,
    train: &Sequences<E::Step>,
    valid: &Sequences<E::Step>,
    options: Options,
    mut observer: impl FnMut(&Pass),
) -> Result<Trained<E>, HmmError> {
    let Options { family, passes: most, sweeps } = options;
    if most == 0 {
        return Err(HmmError::Setting { setting: "passes", value: 0, expected: "at least 1" });
    }
    let mut em = VariationalEm::new(hmm.clone(), family, train, sweeps)?;
    let mut best = Trained { hmm, valid_loss: f64::INFINITY, passes: Vec::new() };
    let mut looks_without_gain = 0;
    for number in 1..=most {
        em.update(0, &train)?;
        let train_loss = per_step(em.data_bound(train)?, train);
        em.update(1, &train)?;
        let mut pass = Pass { number, train_loss, valid_loss: None };
        if number % LOOK == 0 || number == most {
            let valid_loss = loss(em.hmm(), family, valid)?;
            pass.valid_loss = Some(valid_loss);
            looks_without_gain += 1;
            if valid_loss < best.valid_loss {
                (best.hmm, best.valid_loss) = (em.hmm().clone(), valid_loss);
                looks_without_gain = 0;
            }
        }
        observer(&pass);
        best.passes.push(pass);
        if looks_without_gain == PATIENCE {
            break;
        }
    }
    Ok(best)
}

/// The loss on sequences that were not learnt from: their negative bound in nats a step.
///
/// # Errors
/// What [`bounds`] fails with.
pub fn loss<E: Emission>(
    hmm: &FactorialHmm<E>,
    family: Family,
    sequences: &Sequences<E::Step>,
) -> Result<f64, HmmError> {
    let bounds = bounds(hmm, family, sequences, HELD_OUT_SWEEPS)?;
    Ok(per_step(bounds.iter().sum(), sequences))
}

/// The exact loss, the negative log evidence in nats a step.
///
/// # Errors
/// [`HmmError::TooManyStates`], [`HmmError::NoSteps`], and what the emission says of a step.
pub fn exact_loss<E: Emission>(
    hmm: &FactorialHmm<E>,
    sequences: &Sequences<E::Step>,
) -> Result<f64, HmmError> {
    let each = sequences.par_iter().map(|steps| hmm.observe(steps)?.log_evidence());
    let evidences = each.collect::<Result<Vec<_>, HmmError>>()?;
    Ok(per_step(evidences.iter().sum(), sequences))
}

fn per_step<S>(bound: f64, sequences: &Sequences<S>) -> f64 {
    -bound / sequences.iter().map(Vec::len).sum::<usize>() as f64
}
