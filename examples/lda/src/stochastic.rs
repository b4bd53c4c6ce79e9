//! Stochastic natural gradients over minibatches of documents.

use elbo::RobbinsMonro;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::special::digamma;
use crate::{Alpha, Corpus, Document, Lda, LdaError};

/// The posterior of topics, inferred from minibatches: each goes part of the way to the optimum that would be if all documents were like
/// those of the minibatch,
///
/// `λ ← (1 - ρ_t) λ + ρ_t (η + D/|S| Σ_{d ∈ S} n_dw φ_dwk)`,
///
/// a step along the natural gradient of the bound. Where `α` is learned, the means of `E log θ_k` move alike, and `α` to its optimum given
/// them.
///
/// # Example
/// ```
/// use elbo::RobbinsMonro;
/// use lda::{Lda, StochasticLda, Topics, bars};
/// use rand::SeedableRng;
/// use rand::rngs::ChaCha8Rng;
///
/// let corpus = bars(100, 50, 0).unwrap();
/// let lda = Lda::new(Topics::random(25, 10, 0).unwrap());
/// let mut stochastic = StochasticLda::new(lda, RobbinsMonro::new(1.0, 0.7).unwrap());
/// let before = stochastic.lda().bound(&corpus).unwrap();
/// stochastic.pass(&corpus, 20, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
/// assert_eq!(stochastic.steps(), 5);
/// assert!(stochastic.lda().bound(&corpus).unwrap() > before);
/// ```
///
/// # References
/// Hoffman, Blei, Wang & Paisley (2013), *Stochastic variational inference*, figure 4.
#[derive(Clone, Debug, PartialEq)]
pub struct StochasticLda {
    lda: Lda,
    rates: RobbinsMonro,
    /// Means of `E log θ_k`, of which `α` is the optimum.
    mean_logs: Vec<f64>,
    steps: u64,
}

impl StochasticLda {
    /// From what is believed before the first step.
    pub fn new(lda: Lda, rates: RobbinsMonro) -> Self {
        let total = digamma(lda.alpha.iter().sum());
        let mean_logs = lda.alpha.iter().map(|alpha| digamma(*alpha) - total).collect();
        Self { lda, rates, mean_logs, steps: 0 }
    }

    /// The model, with what is believed of its topics.
    pub fn lda(&self) -> &Lda {
        &self.lda
    }

    /// The model alone.
    pub fn into_lda(self) -> Lda {
        self.lda
    }

    /// The steps that were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// One step by a minibatch of a corpus of `total` documents.
    ///
    /// # Errors
    /// [`LdaError::Size`] for an empty minibatch or a word that the model lacks.
    pub fn step(&mut self, documents: &[&Document], total: usize) -> Result<(), LdaError> {
        if documents.is_empty() {
            return Err(LdaError::Size { what: "documents of a minibatch", expected: 1, found: 0 });
        }
        self.lda.check_words(documents)?;
        let weights = self.lda.topics.weights();
        let local = self.lda.local(&weights);
        let mut gammas = local.start(documents);
        local.infer(documents, &mut gammas);
        let (counts, mean_logs) = (local.counts(documents, &gammas), local.mean_logs(&gammas));
        let rate = self.rates.rate(self.steps);
        self.lda.step_topics(&counts, total as f64 / documents.len() as f64, rate);
        if self.lda.learns == Alpha::Learned {
            let mix = |(own, other): (&mut f64, f64)| *own += rate * (other - *own);
            self.mean_logs.iter_mut().zip(mean_logs).for_each(mix);
            self.lda.step_alpha(&self.mean_logs);
        }
        self.steps += 1;
        Ok(())
    }

    /// One pass over all documents in a random order, in minibatches of `batch`, the last one of what is left.
    ///
    /// # Errors
    /// [`LdaError::Size`] for a corpus of other words, or minibatches of no documents.
    pub fn pass(
        &mut self,
        corpus: &Corpus,
        batch: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<(), LdaError> {
        self.lda.check(corpus)?;
        if batch == 0 {
            return self.step(&[], 0);
        }
        let mut documents: Vec<_> = corpus.documents().iter().collect();
        documents.shuffle(rng);
        documents.chunks(batch).try_for_each(|part| self.step(part, documents.len()))
    }
}
