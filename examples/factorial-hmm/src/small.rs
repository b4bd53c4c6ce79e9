//! A small input from a known model.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::{Chains, FactorialHmm, Gaussian, HmmError, Sizes};

/// A sequence drawn from a model, and the states that it was drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Small {
    /// The model.
    pub hmm: FactorialHmm<Gaussian>,
    /// `[T][M]`
    pub path: Vec<Vec<usize>>,
    /// `[T][3]`
    pub steps: Vec<Vec<f64>>,
}

impl Small {
    /// So many steps of chains that mostly stay where they are, seen through three numbers with noise of variance 0.5 and weights from `N(0, 1)`.
    ///
    /// # Errors
    /// [`HmmError::Setting`] if there is no chain or no state.
    pub fn drawn(sizes: Sizes, steps: usize, seed: u64) -> Result<Self, HmmError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let emission = Gaussian::drawn(sizes, DIMENSIONS, VARIANCE, &mut rng)?;
        let hmm = FactorialHmm::new(lazy(sizes)?, emission)?;
        let (path, steps) = hmm.sample(steps, &mut rng);
        Ok(Self { hmm, path, steps })
    }
}

const DIMENSIONS: usize = 3;
const VARIANCE: f64 = 0.5;
/// How likely a chain is to stay where it is.
const STAYS: f64 = 0.9;

/// Chains that stay with a chance of 0.9, and go to each other state with the same.
fn lazy(sizes: Sizes) -> Result<Chains, HmmError> {
    let l = sizes.states;
    let chance = |pair: usize| match (l, pair / l == pair % l) {
        (1, _) => 1.0,
        (_, true) => STAYS,
        (_, false) => (1.0 - STAYS) / (l - 1) as f64,
    };
    let one = Vec::from_iter((0..l * l).map(chance));
    let initial = vec![1.0 / l.max(1) as f64; sizes.width()];
    Chains::new(sizes, initial, one.repeat(sizes.chains))
}
