//! Where learning a noisy or starts.

use rand::{Rng, RngExt};

use super::NoisyOr;
use crate::{HmmError, Sizes};

/// How often the leak turns a key on, of how often it is on.
const LEAK: f64 = 0.02;
/// The chance of the key that a state is given.
const OWN: f64 = 0.6;

impl NoisyOr {
    /// Chances to learn from: every state a random part of how often each key is on, and one key each for a voice.
    ///
    /// The keys of a step belong to chains by their rank, the lowest to the first chain. A chain's states are given the keys that are most often its
    /// own, and the last state none. Without that chains start alike, and the first to explain a key takes it from the others.
    ///
    /// # Errors
    /// [`HmmError::Setting`], and [`HmmError::Key`] for a key that is not below `keys`.
    pub fn drawn(
        sizes: Sizes,
        keys: usize,
        sequences: &[Vec<Vec<usize>>],
        rng: &mut impl Rng,
    ) -> Result<Self, HmmError> {
        sizes.check()?;
        for steps in sequences {
            let each = steps.iter().enumerate();
            each.clone().try_for_each(|(index, step)| check_keys(index, step, keys))?;
        }
        let often = frequencies(sequences, keys);
        let leaks = Vec::from_iter(often.iter().map(|often| LEAK * often));
        let part = |often: f64, rng: &mut _| {
            let part: f64 = RngExt::random_range(rng, 0.5..1.5);
            (often * part / sizes.chains as f64).min(0.9)
        };
        let draws = often.iter().flat_map(|often| std::iter::repeat_n(*often, sizes.width()));
        let mut chances = Vec::from_iter(draws.map(|often| part(often, rng)));
        for (chain, voice) in voices(sizes.chains, keys, sequences).into_iter().enumerate() {
            for (state, key) in voice.into_iter().take(sizes.states - 1).enumerate() {
                chances[key * sizes.width() + chain * sizes.states + state] = OWN;
            }
        }
        Self::new(sizes, &chances, &leaks)
    }
}

/// Whether keys are below `keys` and rising.
pub(super) fn check_keys(index: usize, step: &[usize], keys: usize) -> Result<(), HmmError> {
    let mut previous = None;
    for key in step.iter().copied() {
        if key >= keys || previous.is_some_and(|previous| previous >= key) {
            return Err(HmmError::Key { step: index, key, previous, keys });
        }
        previous = Some(key);
    }
    Ok(())
}

/// How often each key is on, with half a step of each kind added; keys that are not below `keys` are left out.
///
/// # Example
/// ```
/// let often = factorial_hmm::frequencies(&[vec![vec![0], vec![0, 1]], vec![vec![]]], 2);
/// assert_eq!(often, [2.5 / 4.0, 1.5 / 4.0]);
/// ```
pub fn frequencies(sequences: &[Vec<Vec<usize>>], keys: usize) -> Vec<f64> {
    let steps = sequences.iter().map(Vec::len).sum::<usize>() as f64;
    let mut counts = vec![0.5; keys];
    let on = sequences.iter().flatten().flatten().filter(|key| **key < keys);
    on.for_each(|key| counts[*key] += 1.0);
    counts.into_iter().map(|count| count / (steps + 1.0)).collect()
}

/// The keys of each chain, the most frequent first.
fn voices(chains: usize, keys: usize, sequences: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0_usize; keys]; chains];
    for step in sequences.iter().flatten() {
        for (rank, key) in step.iter().enumerate() {
            counts[rank * chains / step.len()][*key] += 1;
        }
    }
    let by_count = |counts: Vec<usize>| {
        let mut order = Vec::from_iter(0..keys);
        order.sort_by_key(|key| std::cmp::Reverse(counts[*key]));
        order
    };
    counts.into_iter().map(by_count).collect()
}
