//! Approximate posteriors of one sequence.

use elbo_conjugate::{CoordinateAscent, CoordinateError};
use rand::{Rng, RngExt};

use crate::error::{check_length, check_numbers, check_sums};
use crate::numbers::{entropy, normalize};
use crate::{Emission, HmmError, Observed, Sizes};

mod updates;

/// A family of approximate posteriors; the first is a part of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Every state of every chain is independent: `q(s) = Π_t Π_m q(s_tm)`.
    Naive,
    /// Chains are independent, and each is a Markov chain: `q(s) = Π_m q_m(s_1m .. s_Tm)`.
    Structured,
}

/// The approximate posterior of the states of one sequence, and of the own variables of its steps.
///
/// Its bound on `log p(x)` is one formula for both families,
///
/// `Σ_t F(x_t, q_t, v_t) + Σ_m (E_q[log p(s_m)] + H[q_m])`,
///
/// which takes the marginals, the expected number of each transition and the entropy of each chain.
///
/// As [`Coordinates`](elbo_conjugate::Coordinates) its factors are the chains, and after them the own variables of all steps. A chain of the naive family takes its states one
/// after the other, one of the structured family has its optimum from a forward and a backward pass
/// over the others' means.
///
/// # References
/// Ghahramani & Jordan (1997), *Factorial hidden Markov models*: the completely factorized and the structured variational approximation;
/// Saul & Jordan (1996), *Exploiting tractable substructures in intractable networks*.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior<L> {
    family: Family,
    sizes: Sizes,
    /// `q(s_tm)`, `[T, M, L]`
    marginals: Vec<f64>,
    /// `Σ_t q(s_{t-1,m}, s_tm)`, `[M, L, L]`
    pairs: Vec<f64>,
    /// `H[q_m]`, `[M]`
    entropies: Vec<f64>,
    /// `v`, `[T]`
    local: Vec<L>,
}

/// How far marginals may be from a sum of 1: those of a network are in single precision.
const SUM_TOLERANCE: f64 = 1e-4;

impl<L> Posterior<L> {
    /// Where a fit starts: all states as likely, and the steps' own variables at their optimum.
    pub fn start<E: Emission<Local = L>>(seen: &Observed<E>, family: Family) -> Self {
        let Sizes { chains, states } = seen.hmm.sizes();
        let length = seen.steps.len() * chains * states;
        Self::of(seen, family, vec![1.0 / states as f64; length])
    }

    /// A start with states drawn as certainties, softened to a half: from several of them, sweeps find several optima.
    pub fn drawn<E: Emission<Local = L>>(
        seen: &Observed<E>,
        family: Family,
        rng: &mut impl Rng,
    ) -> Self {
        let Sizes { chains, states } = seen.hmm.sizes();
        let mut marginals = vec![0.5 / states as f64; seen.steps.len() * chains * states];
        for q in marginals.chunks_mut(states) {
            q[rng.random_range(0..states)] += 0.5;
        }
        Self::of(seen, family, marginals)
    }

    /// Independent states of these marginals `[T, M, L]`, divided by their sums, and the best own variables of the steps.
    ///
    /// # Errors
    /// [`HmmError::Length`], [`HmmError::Number`] for a negative marginal, and [`HmmError::Sum`] for one further than 1e-4 from a sum of 1.
    pub fn independent<E: Emission<Local = L>>(
        seen: &Observed<E>,
        mut marginals: Vec<f64>,
    ) -> Result<Self, HmmError> {
        let (what, states) = ("marginals", seen.hmm.sizes().states);
        check_shape(seen, what, &marginals)?;
        check_numbers(what, &marginals, "0 or more", |q| q >= 0.0)?;
        check_sums(what, &marginals, states, SUM_TOLERANCE)?;
        marginals.chunks_mut(states).for_each(normalize);
        Ok(Self::of(seen, Family::Naive, marginals))
    }

    /// Independent chains tilted by these potentials `[T, M, L]`, and the best own variables of the steps.
    ///
    /// # Errors
    /// [`HmmError::Length`], and [`HmmError::Number`] for a potential that is not finite.
    pub fn tilted<E: Emission<Local = L>>(
        seen: &Observed<E>,
        potentials: &[f64],
    ) -> Result<Self, HmmError> {
        check_shape(seen, "potentials", potentials)?;
        check_numbers("potentials", potentials, "finite", f64::is_finite)?;
        let mut posterior = Self::start(seen, Family::Structured);
        for chain in 0..posterior.sizes.chains {
            let own = posterior.sizes.of(chain);
            let steps = potentials.chunks(posterior.sizes.width());
            let own: Vec<f64> = steps.flat_map(|step| step[own.clone()].to_vec()).collect();
            posterior.smooth(seen, chain, &own);
        }
        posterior.update_local(seen);
        Ok(posterior)
    }

    fn of<E: Emission<Local = L>>(seen: &Observed<E>, family: Family, marginals: Vec<f64>) -> Self {
        let sizes = seen.hmm.sizes();
        let steps = seen.steps.iter().zip(marginals.chunks(sizes.width()));
        let local = steps.map(|(x, q)| seen.hmm.emission.local(x, q)).collect();
        let pairs = vec![0.0; sizes.width() * sizes.states];
        let entropies = vec![0.0; sizes.chains];
        let mut posterior = Self { family, sizes, marginals, pairs, entropies, local };
        (0..sizes.chains).for_each(|chain| posterior.count_independent(chain));
        posterior
    }

    /// The same posterior as one of the structured family, whose updates it takes from here on.
    pub fn into_structured(self) -> Self {
        Self { family: Family::Structured, ..self }
    }

    /// The family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// `q(s_tm)`, `[T, M, L]`
    pub fn marginals(&self) -> &[f64] {
        &self.marginals
    }

    /// The expected number of each transition, `[M, L, L]`
    pub fn transitions(&self) -> &[f64] {
        &self.pairs
    }

    /// `H[q_m]`, `[M]`
    pub fn entropies(&self) -> &[f64] {
        &self.entropies
    }

    /// The steps' own variables, `[T]`
    pub fn local(&self) -> &[L] {
        &self.local
    }

    /// The marginals of a step, `[M, L]`
    pub fn step(&self, step: usize) -> &[f64] {
        &self.marginals[step * self.sizes.width()..][..self.sizes.width()]
    }

    fn of_chain(&self, step: usize, chain: usize) -> &[f64] {
        &self.step(step)[self.sizes.of(chain)]
    }

    fn pairs_of(&self, chain: usize) -> std::ops::Range<usize> {
        let size = self.sizes.states * self.sizes.states;
        chain * size..(chain + 1) * size
    }

    /// Transitions and entropy of a chain of independent states.
    fn count_independent(&mut self, chain: usize) {
        let states = self.sizes.states;
        let mut pairs = vec![0.0; states * states];
        for t in 1..self.local.len() {
            let (before, own) = (self.of_chain(t - 1, chain), self.of_chain(t, chain));
            for (pairs, before) in pairs.chunks_mut(states).zip(before) {
                pairs.iter_mut().zip(own).for_each(|(pair, own)| *pair += before * own);
            }
        }
        let steps = 0..self.local.len();
        self.entropies[chain] = steps.map(|t| entropy(self.of_chain(t, chain))).sum();
        let own = self.pairs_of(chain);
        self.pairs[own].copy_from_slice(&pairs);
    }
}

fn check_shape<E: Emission>(
    seen: &Observed<E>,
    what: &'static str,
    found: &[f64],
) -> Result<(), HmmError> {
    let expected = seen.steps.len() * seen.hmm.sizes().width();
    check_length(what, "steps x chains x states", found.len(), expected)
}

/// Sweeps from each start; returns the posterior of the highest bound.
///
/// # Errors
/// A [`CoordinateError`] of any start.
pub fn best<E: Emission>(
    seen: &Observed<E>,
    ascent: &CoordinateAscent,
    start: Posterior<E::Local>,
    others: impl IntoIterator<Item = Posterior<E::Local>>,
) -> Result<Posterior<E::Local>, CoordinateError<HmmError>> {
    let mut best = start;
    let mut highest = ascent.run(&mut best, seen, |_, _| ())?.bound();
    for mut posterior in others {
        let bound = ascent.run(&mut posterior, seen, |_, _| ())?.bound();
        if bound > highest {
            (highest, best) = (bound, posterior);
        }
    }
    Ok(best)
}
