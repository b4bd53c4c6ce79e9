//! Fits from options.

use elbo::{
    CoordinateAscent, CoordinateError, CoordinateInfo, InferError, RobbinsMonro, RobbinsMonroError,
};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::{Alpha, BARS, BatchLda, Corpus, Lda, LdaError, StochasticLda, Topics};

/// How to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The topics.
    pub topics: usize,
    /// The concentration of topics in documents, where it is learned that from which it starts.
    pub alpha: f64,
    /// Whether it is learned.
    pub learns: Alpha,
    /// The concentration of words in topics.
    pub eta: f64,
    /// The most passes over the documents.
    pub passes: usize,
    /// The documents of a minibatch.
    pub batch: usize,
    /// What weakens the first steps of minibatches.
    pub delay: f64,
    /// How fast steps of minibatches fall.
    pub forgetting: f64,
    /// The seed of the topics at the start, and of the order of documents.
    pub seed: u64,
}

/// A fit that stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The model or the data.
    #[error(transparent)]
    Lda(#[from] LdaError),
    /// The sizes of steps.
    #[error(transparent)]
    Rates(#[from] RobbinsMonroError),
    /// Coordinate ascent.
    #[error(transparent)]
    Ascent(#[from] CoordinateError<LdaError>),
    /// Stochastic variational inference.
    #[error(transparent)]
    Svi(Box<InferError>),
    /// A learning rate that is none.
    #[error("the learning rate is {0}, but must be more than 0 and at most 1")]
    LearningRate(f64),
}

impl From<InferError> for FitError {
    fn from(error: InferError) -> Self {
        Self::Svi(Box::new(error))
    }
}

impl Options {
    /// For [`Split::bars`](crate::Split::bars): as the corpus was made, with minibatches of 50 documents.
    pub fn for_bars() -> Self {
        Self {
            topics: BARS,
            alpha: 0.5,
            learns: Alpha::Fixed,
            eta: 0.1,
            passes: 50,
            batch: 50,
            delay: 10.0,
            forgetting: 0.7,
            seed: 0,
        }
    }

    /// For [`Split::associated_press`](crate::Split::associated_press): 50 topics, by ten passes in minibatches of 128 documents.
    pub fn for_associated_press() -> Self {
        Self { topics: 50, alpha: 0.2, passes: 10, batch: 128, ..Self::for_bars() }
    }

    /// For [`Split::newsgroups`](crate::Split::newsgroups): 50 topics, by ten passes in minibatches of 1,024 documents.
    pub fn for_newsgroups() -> Self {
        Self { alpha: 0.1, eta: 0.5, batch: 1024, ..Self::for_associated_press() }
    }

    /// The model before it has seen data.
    ///
    /// # Errors
    /// A [`LdaError`] for priors out of their range, or no topics.
    pub fn model(&self, corpus: &Corpus) -> Result<Lda, LdaError> {
        let topics = Topics::random(corpus.vocabulary().len(), self.topics, self.seed)?;
        Ok(Lda::new(topics).with_alpha(self.alpha)?.with_eta(self.eta)?.with_learned(self.learns))
    }

    /// Coordinate ascent until a pass gains less than a millionth of the bound; `observer` sees the number of each pass, from 1, and its bound.
    ///
    /// # Errors
    /// A [`FitError`].
    pub fn fit_batch(
        &self,
        corpus: &Corpus,
        observer: impl FnMut(usize, f64),
    ) -> Result<(Lda, CoordinateInfo), FitError> {
        let mut batch = BatchLda::new(self.model(corpus)?, corpus)?;
        let ascent = CoordinateAscent::new().with_tolerance(1e-6).with_max_sweeps(self.passes);
        let info = ascent.run(&mut batch, corpus, observer)?;
        Ok((batch.into_lda(), info))
    }

    /// Stochastic natural gradients; `observer` sees the number of each pass, from 1, and the model after it.
    ///
    /// # Errors
    /// A [`FitError`].
    pub fn fit_stochastic(
        &self,
        corpus: &Corpus,
        mut observer: impl FnMut(usize, &Lda),
    ) -> Result<Lda, FitError> {
        let rates = RobbinsMonro::new(self.delay, self.forgetting)?;
        let mut stochastic = StochasticLda::new(self.model(corpus)?, rates);
        let mut order = ChaCha8Rng::seed_from_u64(self.seed);
        for pass in 1..=self.passes {
            stochastic.pass(corpus, self.batch, &mut order)?;
            observer(pass, stochastic.lda());
        }
        Ok(stochastic.into_lda())
    }
}
