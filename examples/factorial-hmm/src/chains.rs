//! The hidden chains.

use rand::{Rng, RngExt};

use crate::error::{check_length, check_numbers, check_sums};
use crate::numbers::{add, categorical, dot, normalize};
use crate::{HmmError, Posterior, Sizes};

/// `M` Markov chains of `L` states that know nothing of each other.
///
/// `log p(s) = Σ_m [log π_m(s_1m) + Σ_{t>1} log A_m(s_{t-1,m}, s_tm)]`
///
/// # References
/// Ghahramani & Jordan (1997), *Factorial hidden Markov models*, equation 3.
#[derive(Clone, Debug, PartialEq)]
pub struct Chains {
    sizes: Sizes,
    /// `π`, `[M, L]`
    initial: Vec<f64>,
    /// `A`, `[M, L, L]`, from rows to columns
    transitions: Vec<f64>,
    log_initial: Vec<f64>,
    log_transitions: Vec<f64>,
}

/// Expected numbers of first states, `[M, L]`, and of transitions, `[M, L, L]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainCounts {
    pub(crate) initial: Vec<f64>,
    pub(crate) transitions: Vec<f64>,
}

/// What each state and transition counts for before any is seen: a Dirichlet prior of `1.1`.
const PRIOR_COUNT: f64 = 0.1;

/// How far a row of probabilities may be from 1 by rounding.
const SUM_TOLERANCE: f64 = 1e-9;

impl Chains {
    /// Chains of initial probabilities `[M, L]` and transitions `[M, L, L]`, from rows to columns.
    ///
    /// No probability is 0: independent states would have a bound of -∞ before their first sweep.
    ///
    /// # Errors
    /// [`HmmError::Setting`], [`HmmError::Length`], [`HmmError::Number`] and [`HmmError::Sum`].
    pub fn new(sizes: Sizes, initial: Vec<f64>, transitions: Vec<f64>) -> Result<Self, HmmError> {
        sizes.check()?;
        let (first, next) = ("initial", "transitions");
        check_length(first, "chains x states", initial.len(), sizes.width())?;
        let pairs = sizes.width() * sizes.states;
        check_length(next, "chains x states x states", transitions.len(), pairs)?;
        for (what, list) in [(first, &initial), (next, &transitions)] {
            check_numbers(what, list, "more than 0 and at most 1", |p| p > 0.0 && p <= 1.0)?;
            check_sums(what, list, sizes.states, SUM_TOLERANCE)?;
        }
        Ok(Self::of(sizes, initial, transitions))
    }

    fn of(sizes: Sizes, initial: Vec<f64>, transitions: Vec<f64>) -> Self {
        let logs = |p: &[f64]| p.iter().map(|p| p.ln()).collect();
        let (log_initial, log_transitions) = (logs(&initial), logs(&transitions));
        Self { sizes, initial, transitions, log_initial, log_transitions }
    }

    /// Chains to learn from: equal initial probabilities, and transitions drawn with a liking for the state they leave.
    ///
    /// # Errors
    /// [`HmmError::Setting`] if there is no chain or no state.
    pub fn drawn(sizes: Sizes, rng: &mut impl Rng) -> Result<Self, HmmError> {
        sizes.check()?;
        let l = sizes.states;
        let initial = vec![1.0 / l as f64; sizes.width()];
        let mut transitions = Vec::with_capacity(sizes.width() * l);
        for row in 0..sizes.width() {
            let mut weights = Vec::from_iter((0..l).map(|_| 1e-3 + rng.random::<f64>()));
            weights[row % l] += 0.3 * l as f64;
            normalize(&mut weights);
            transitions.extend(weights);
        }
        Ok(Self::of(sizes, initial, transitions))
    }

    /// `M` and `L`.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// `π_m`, `[L]`.
    pub fn initial(&self, chain: usize) -> &[f64] {
        &self.initial[self.sizes.of(chain)]
    }

    /// `A_m`, `[L, L]`.
    pub fn transitions(&self, chain: usize) -> &[f64] {
        &self.transitions[self.pairs(chain)]
    }

    /// `log π_m`, `[L]`.
    pub fn log_initial(&self, chain: usize) -> &[f64] {
        &self.log_initial[self.sizes.of(chain)]
    }

    /// `log A_m`, `[L, L]`.
    pub fn log_transitions(&self, chain: usize) -> &[f64] {
        &self.log_transitions[self.pairs(chain)]
    }

    fn pairs(&self, chain: usize) -> std::ops::Range<usize> {
        let size = self.sizes.states * self.sizes.states;
        chain * size..(chain + 1) * size
    }

    /// `log p(s)` of the states `[T][M]`.
    pub fn log_prob(&self, path: &[Vec<usize>]) -> f64 {
        let l = self.sizes.states;
        let of = |m: usize| {
            let first = path.first().map_or(0.0, |s| self.log_initial(m)[s[m]]);
            let pair = |pair: &[Vec<usize>]| self.log_transitions(m)[pair[0][m] * l + pair[1][m]];
            first + path.windows(2).map(pair).sum::<f64>()
        };
        (0..self.sizes.chains).map(of).sum()
    }

    /// States `[T][M]` drawn from the chains.
    pub fn sample(&self, steps: usize, rng: &mut impl Rng) -> Vec<Vec<usize>> {
        let l = self.sizes.states;
        let mut path: Vec<Vec<usize>> = Vec::with_capacity(steps);
        for t in 0..steps {
            let next = (0..self.sizes.chains).map(|m| match t {
                0 => categorical(self.initial(m), rng),
                _ => categorical(&self.transitions(m)[path[t - 1][m] * l..][..l], rng),
            });
            let next = next.collect();
            path.push(next);
        }
        path
    }

    /// `E_q[log p(s)]` of one chain, by its first marginals `[L]` and its transitions `[L, L]`.
    pub(crate) fn expected_log_prob(&self, chain: usize, first: &[f64], pairs: &[f64]) -> f64 {
        dot(first, self.log_initial(chain)) + dot(pairs, self.log_transitions(chain))
    }

    /// The log-density of the Dirichlet prior at these probabilities, up to a constant.
    pub fn log_prior(&self) -> f64 {
        PRIOR_COUNT * self.log_initial.iter().chain(&self.log_transitions).sum::<f64>()
    }

    /// Sets the probabilities to where expected log-joint and prior are largest: the counts, and what each counts for before, divided by
    /// their sums.
    pub(crate) fn maximize(&mut self, counts: ChainCounts) {
        let shares = |mut counts: Vec<f64>| {
            counts.iter_mut().for_each(|count| *count += PRIOR_COUNT);
            counts.chunks_mut(self.sizes.states).for_each(normalize);
            counts
        };
        *self = Self::of(self.sizes, shares(counts.initial), shares(counts.transitions));
    }
}

impl ChainCounts {
    pub(crate) fn zero(sizes: Sizes) -> Self {
        let pairs = sizes.width() * sizes.states;
        Self { initial: vec![0.0; sizes.width()], transitions: vec![0.0; pairs] }
    }

    pub(crate) fn count<L>(&mut self, posterior: &Posterior<L>) {
        add(&mut self.initial, posterior.step(0));
        add(&mut self.transitions, posterior.transitions());
    }

    pub(crate) fn add(&mut self, other: &Self) {
        add(&mut self.initial, &other.initial);
        add(&mut self.transitions, &other.transitions);
    }
}
