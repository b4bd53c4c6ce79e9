//! Variational expectation-maximization over many sequences.

use elbo_conjugate::{CoordinateAscent, Coordinates};
use rayon::prelude::*;

use crate::chains::ChainCounts;
use crate::error::check_length;
use crate::{Emission, FactorialHmm, Family, HmmError, Learn, Observed, Posterior};

/// Sequences of different lengths.
pub type Sequences<S> = [Vec<S>];

/// A model that learns, with the posterior of each sequence that it learns from.
///
/// As [`Coordinates`] it has two factors, all posteriors and the parameters, and its bound is
///
/// `Σ_n bound_n + log p(parameters)`,
///
/// the last up to a constant: what is learnt is the mode of the parameters under this bound. Sweeps over a sequence start from its posterior of
/// the pass before, so the bound never falls; sums are taken in the order of the sequences, whatever the number of threads.
///
/// # References
/// Ghahramani & Jordan (1997), *Factorial hidden Markov models*, appendix A; Neal & Hinton (1998), *A view of the EM algorithm*.
#[derive(Clone, Debug)]
pub struct VariationalEm<E: Learn> {
    hmm: FactorialHmm<E>,
    family: Family,
    ascent: CoordinateAscent,
    posteriors: Vec<Posterior<E::Local>>,
}

/// Sequences whose counts are summed before they meet those of others.
const CHUNK: usize = 16;

/// The gain of a sweep below which it is the last, relative to the bound.
const TOLERANCE: f64 = 1e-4;

impl<E: Learn> VariationalEm<E> {
    /// A model to learn from `sequences`, by at most so many sweeps over each in a pass.
    ///
    /// # Errors
    /// [`HmmError::Setting`] without a sequence, [`HmmError::NoSteps`], and what the emission says of a step.
    pub fn new(
        hmm: FactorialHmm<E>,
        family: Family,
        sequences: &Sequences<E::Step>,
        sweeps: usize,
    ) -> Result<Self, HmmError> {
        if sequences.is_empty() {
            let (setting, expected) = ("the number of sequences", "at least 1");
            return Err(HmmError::Setting { setting, value: 0, expected });
        }
        let start = |steps: &Vec<_>| Ok(Posterior::start(&hmm.observe(steps)?, family));
        let posteriors = sequences.iter().map(start).collect::<Result<_, _>>()?;
        let ascent = sweeps_of(sweeps);
        Ok(Self { hmm, family, ascent, posteriors })
    }

    /// The model as it is.
    pub fn hmm(&self) -> &FactorialHmm<E> {
        &self.hmm
    }

    /// The family of the posteriors.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The posterior of each sequence.
    pub fn posteriors(&self) -> &[Posterior<E::Local>] {
        &self.posteriors
    }

    /// The sum of the bounds of all sequences, without the prior of the parameters.
    ///
    /// # Errors
    /// [`HmmError::Length`] if these are not the sequences it was made with.
    pub fn data_bound(&self, sequences: &Sequences<E::Step>) -> Result<f64, HmmError> {
        self.check(sequences)?;
        let hmm = &self.hmm;
        let each = self.posteriors.par_iter().zip(sequences);
        let bounds = each.map(|(posterior, steps)| posterior.bound(&hmm.observe(steps)?));
        Ok(bounds.collect::<Result<Vec<_>, HmmError>>()?.iter().sum())
    }

    /// Whether these are the sequences it was made with, by their lengths.
    fn check(&self, sequences: &Sequences<E::Step>) -> Result<(), HmmError> {
        check_length("the data", "sequences", sequences.len(), self.posteriors.len())?;
        self.posteriors.iter().zip(sequences).try_for_each(|(posterior, steps)| {
            check_length("a sequence", "steps", steps.len(), posterior.local().len())
        })
    }

    fn expect(&mut self, sequences: &Sequences<E::Step>) -> Result<(), HmmError> {
        self.check(sequences)?;
        let (hmm, ascent) = (&self.hmm, self.ascent);
        let each = self.posteriors.par_iter_mut().zip(sequences).enumerate();
        let fits = each.map(|(sequence, (posterior, steps))| {
            let seen = hmm.observe(steps)?;
            fit(&ascent, posterior, &seen, sequence)
        });
        fits.collect::<Result<Vec<_>, _>>().map(|_| ())
    }

    fn maximize(&mut self, sequences: &Sequences<E::Step>) -> Result<(), HmmError> {
        self.check(sequences)?;
        let hmm = &self.hmm;
        let chunks = self.posteriors.par_chunks(CHUNK).zip(sequences.par_chunks(CHUNK));
        let counts: Vec<_> =
            chunks.map(|(posteriors, steps)| count(hmm, posteriors, steps)).collect();
        let (mut chains, mut emission) = (ChainCounts::zero(hmm.sizes()), hmm.emission.no_counts());
        for (of_chains, of_emission) in &counts {
            chains.add(of_chains);
            E::add(&mut emission, of_emission);
        }
        self.hmm.chains.maximize(chains);
        self.hmm.emission.maximize(&emission);
        Ok(())
    }
}

fn count<E: Learn>(
    hmm: &FactorialHmm<E>,
    posteriors: &[Posterior<E::Local>],
    sequences: &Sequences<E::Step>,
) -> (ChainCounts, E::Counts) {
    let (mut chains, mut emission) = (ChainCounts::zero(hmm.sizes()), hmm.emission.no_counts());
    for (posterior, steps) in posteriors.iter().zip(sequences) {
        chains.count(posterior);
        for (t, (x, local)) in steps.iter().zip(posterior.local()).enumerate() {
            hmm.emission.count(x, local, posterior.step(t), &mut emission);
        }
    }
    (chains, emission)
}

impl<E: Learn> Coordinates<&Sequences<E::Step>> for VariationalEm<E> {
    type Error = HmmError;

    /// The posteriors, and the parameters.
    fn factors(&self) -> usize {
        2
    }

    fn update(&mut self, factor: usize, sequences: &&Sequences<E::Step>) -> Result<(), HmmError> {
        match factor {
            0 => self.expect(sequences),
            _ => self.maximize(sequences),
        }
    }

    fn bound(&self, sequences: &&Sequences<E::Step>) -> Result<f64, HmmError> {
        let log_prior = self.hmm.chains.log_prior() + self.hmm.emission.log_prior();
        Ok(self.data_bound(sequences)? + log_prior)
    }
}

fn sweeps_of(sweeps: usize) -> CoordinateAscent {
    CoordinateAscent::new().with_tolerance(TOLERANCE).with_max_sweeps(sweeps)
}

/// Sweeps over one sequence; returns its bound.
fn fit<E: Emission>(
    ascent: &CoordinateAscent,
    posterior: &mut Posterior<E::Local>,
    seen: &Observed<E>,
    sequence: usize,
) -> Result<f64, HmmError> {
    let info = ascent.run(posterior, seen, |_, _| ());
    let failed = |source| HmmError::Sweeps { sequence, source: Box::new(source) };
    info.map(|info| info.bound()).map_err(failed)
}

/// The bound of each sequence on its log evidence, from [`Posterior::start`] by at most so many sweeps.
///
/// # Errors
/// [`HmmError::NoSteps`], what the emission says of a step, and [`HmmError::Sweeps`].
pub fn bounds<E: Emission>(
    hmm: &FactorialHmm<E>,
    family: Family,
    sequences: &Sequences<E::Step>,
    sweeps: usize,
) -> Result<Vec<f64>, HmmError> {
    let ascent = sweeps_of(sweeps);
    let each = sequences.par_iter().enumerate();
    let of = |(sequence, steps): (usize, &Vec<_>)| {
        let seen = hmm.observe(steps)?;
        fit(&ascent, &mut Posterior::start(&seen, family), &seen, sequence)
    };
    each.map(of).collect()
}
