//! The model.

use rand::Rng;

use crate::error::check_length;
use crate::{Chains, Emission, HmmError, Sizes};

/// A factorial hidden Markov model: independent chains, and observations that depend on the states of all of them.
///
/// `log p(x, s) = Σ_m log p(s_m) + Σ_t log p(x_t | s_t1 .. s_tM)`
///
/// # References
/// Ghahramani & Jordan (1997), *Factorial hidden Markov models*, Machine Learning 29.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorialHmm<E> {
    pub(crate) chains: Chains,
    pub(crate) emission: E,
}

/// A sequence beside the model that it is seen by.
#[derive(Debug)]
pub struct Observed<'a, E: Emission> {
    pub(crate) hmm: &'a FactorialHmm<E>,
    pub(crate) steps: &'a [E::Step],
}

impl<E: Emission> FactorialHmm<E> {
    /// The model of these chains and this emission.
    ///
    /// # Errors
    /// [`HmmError::Length`] if they differ in their chains or states.
    pub fn new(chains: Chains, emission: E) -> Result<Self, HmmError> {
        let (own, other) = (chains.sizes(), emission.sizes());
        check_length("the emission", "chains", other.chains, own.chains)?;
        check_length("the emission", "states of a chain", other.states, own.states)?;
        Ok(Self { chains, emission })
    }

    /// The chains.
    pub fn chains(&self) -> &Chains {
        &self.chains
    }

    /// The emission.
    pub fn emission(&self) -> &E {
        &self.emission
    }

    /// `M` and `L`.
    pub fn sizes(&self) -> Sizes {
        self.chains.sizes()
    }

    /// A sequence, checked.
    ///
    /// # Errors
    /// [`HmmError::NoSteps`], and what the emission says of a step.
    pub fn observe<'a>(&'a self, steps: &'a [E::Step]) -> Result<Observed<'a, E>, HmmError> {
        if steps.is_empty() {
            return Err(HmmError::NoSteps);
        }
        for (index, step) in steps.iter().enumerate() {
            self.emission.check(index, step)?;
        }
        Ok(Observed { hmm: self, steps })
    }

    /// States `[T][M]` drawn from the chains, and what is observed of them.
    pub fn sample(&self, steps: usize, rng: &mut impl Rng) -> (Vec<Vec<usize>>, Vec<E::Step>) {
        let path = self.chains.sample(steps, rng);
        let seen = path.iter().map(|states| self.emission.sample(states, rng)).collect();
        (path, seen)
    }
}

impl<E: Emission> Observed<'_, E> {
    /// The model.
    pub fn hmm(&self) -> &FactorialHmm<E> {
        self.hmm
    }

    /// The observations, `[T]`.
    pub fn steps(&self) -> &[E::Step] {
        self.steps
    }

    /// `log p(x, s)` of the states `[T][M]`.
    pub fn log_joint(&self, path: &[Vec<usize>]) -> f64 {
        let seen = self.steps.iter().zip(path);
        self.hmm.chains.log_prob(path)
            + seen.map(|(x, states)| self.hmm.emission.log_prob(x, states)).sum::<f64>()
    }
}
