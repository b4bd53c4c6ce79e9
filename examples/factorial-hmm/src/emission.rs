//! What observations depend on.

use rand::Rng;

use crate::{HmmError, Sizes};

/// The distribution of one step's observation given the states of all chains, with an expected log-density under independent chains in closed form.
///
/// Where the expectation itself has none, it is bounded from below by means of variables of the step's own,
///
/// `E_q[log p(x | s)] ≥ F(x, q, v)`,
///
/// and `v` is one more factor of the posterior.
///
/// # Shapes
/// `marginals` are `[M, L]`: those of the chains at the step.
pub trait Emission: Sync {
    /// The observation of a step.
    type Step: Sync;
    /// The step's own variables `v`.
    type Local: Clone + Send + Sync;

    /// The chains and their states.
    fn sizes(&self) -> Sizes;

    /// Whether step `index` of a sequence holds what it should.
    ///
    /// # Errors
    /// An [`HmmError`] that says what it holds.
    fn check(&self, index: usize, step: &Self::Step) -> Result<(), HmmError>;

    /// `log p(x | s)` given the state of each chain, `[M]`.
    fn log_prob(&self, step: &Self::Step, states: &[usize]) -> f64;

    /// An observation given the state of each chain.
    fn sample(&self, states: &[usize], rng: &mut impl Rng) -> Self::Step;

    /// The `v` at which `F` is largest.
    fn local(&self, step: &Self::Step, marginals: &[f64]) -> Self::Local;

    /// `F(x, q, v)`
    fn expected_log_prob(&self, step: &Self::Step, local: &Self::Local, marginals: &[f64]) -> f64;

    /// `F` as a function of the state of one chain, up to a constant, into `[L]`.
    fn potentials(
        &self,
        step: &Self::Step,
        local: &Self::Local,
        marginals: &[f64],
        chain: usize,
        into: &mut [f64],
    );
}

/// An emission whose parameters are learnt from expected counts.
pub trait Learn: Emission + Clone {
    /// The counts.
    type Counts: Send;

    /// Counts of nothing.
    fn no_counts(&self) -> Self::Counts;

    /// Counts a step.
    fn count(
        &self,
        step: &Self::Step,
        local: &Self::Local,
        marginals: &[f64],
        counts: &mut Self::Counts,
    );

    /// Adds `other` to `counts`.
    fn add(counts: &mut Self::Counts, other: &Self::Counts);

    /// Sets the parameters so that `Σ F + log prior` does not fall.
    fn maximize(&mut self, counts: &Self::Counts);

    /// The log-density of the prior of the parameters, up to a constant.
    fn log_prior(&self) -> f64;
}
