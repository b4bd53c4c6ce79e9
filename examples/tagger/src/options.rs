//! Settings of a fit.

use elbo::{GuideError, InferError, ModelError};

use crate::Model;

/// What is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimate {
    /// Weights: the most probable ones.
    Point,
    /// Independent normal distributions of weights: those of the largest bound.
    Posterior,
}

/// How to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// What is normalized.
    pub model: Model,
    /// What is sought.
    pub estimate: Estimate,
    /// How many words have a feature at least.
    pub cutoff: u32,
    /// The standard deviation of the prior, `w ~ N(0, prior²)`.
    pub prior: f64,
    /// What the prior counts: 1 for the posterior, less for a colder one (Wenzel et al. 2020), whose weights are held to be known better than
    /// the model says.
    pub temperature: f64,
    /// Passes over the sentences.
    pub passes: usize,
    /// Sentences a step.
    pub batch: usize,
    /// The learning rate of Adam at the start, at most 1.
    pub rate: f64,
    /// Of the order of sentences and of the noise.
    pub seed: u64,
}

/// Why there is no fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A setting out of its range.
    #[error("{setting} is {value}, but must be {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// Nothing to learn from.
    #[error("there are no sentences to train on; give some, or a larger share of labels")]
    NoSentences,
    /// Words and tags of a sentence are not the same number.
    #[error(
        "sentence {sentence} has {words} words and {tags} tags, but each word has one tag; mend the sentence"
    )]
    Lengths {
        /// The sentence, from 0.
        sentence: usize,
        /// Its words.
        words: usize,
        /// Its tags.
        tags: usize,
    },
    /// The program.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The guide.
    #[error(transparent)]
    Guide(#[from] GuideError),
    /// Stochastic variational inference.
    #[error(transparent)]
    Svi(Box<InferError>),
}

impl From<InferError> for FitError {
    fn from(error: InferError) -> Self {
        Self::Svi(Box::new(error))
    }
}

impl Options {
    /// A point estimate of any model for UD English EWT: chosen by the log-loss of its development set. Without chains rarer features help.
    pub fn point(model: Model) -> Self {
        let cutoff = if model == Model::Independent { 2 } else { 4 };
        Self { estimate: Estimate::Point, cutoff, prior: 1.0, passes: 10, ..Self::posterior(model) }
    }

    /// The posterior of any model for UD English EWT: chosen by the log-loss of its development set.
    pub fn posterior(model: Model) -> Self {
        Self {
            model,
            estimate: Estimate::Posterior,
            cutoff: 4,
            prior: 0.7,
            temperature: 1.0,
            passes: 15,
            batch: 64,
            rate: 0.02,
            seed: 0,
        }
    }

    /// The same with a twentieth of the prior, and that a narrower one.
    pub fn cold(self) -> Self {
        Self { temperature: 0.05, prior: 0.5, ..self }
    }

    /// The same for a share of the sentences: as many steps a pass, down to minibatches of 8, with features that fewer words have.
    ///
    /// # Example
    /// ```
    /// use tagger::{Model, Options};
    ///
    /// let tenth = Options::posterior(Model::Global).for_share(0.1);
    /// assert_eq!((tenth.batch, tenth.cutoff), (8, 1));
    /// ```
    pub fn for_share(self, share: f64) -> Self {
        let part = |count: f64| (count * share.clamp(0.0, 1.0)).ceil();
        let cutoff = part(f64::from(self.cutoff)).max(1.0) as u32;
        Self { cutoff, batch: part(self.batch as f64).max(8.0) as usize, ..self }
    }

    /// The same for the few sentences of a [`Grammar`](crate::Grammar): in smaller minibatches, with features that one word has.
    pub fn for_grammar(self) -> Self {
        Self { cutoff: 1, passes: 40, batch: 8, rate: 0.05, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), FitError> {
        let (more, some) = ("finite and more than 0", "at least 1");
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let checks = [
            ("prior", self.prior, positive(self.prior), more),
            ("temperature", self.temperature, positive(self.temperature), more),
            ("rate", self.rate, self.rate > 0.0 && self.rate <= 1.0, "more than 0 and at most 1"),
            ("passes", self.passes as f64, self.passes > 0, some),
            ("batch", self.batch as f64, self.batch > 0, some),
        ];
        match checks.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((setting, value, _, expected)) => {
                Err(FitError::Setting { setting, value, expected })
            }
            None => Ok(()),
        }
    }
}
