//! The model and what is believed of its topics.

use crate::dirichlet::improve;
use crate::local::{Local, LocalLimits};
use crate::topics::check_concentration;
use crate::{Corpus, Document, LdaError, Table, Topics};

/// Whether the prior of documents is given or follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alpha {
    /// As given.
    Fixed,
    /// A concentration for each topic, where the bound is largest: common topics get more (Wallach, Mimno & McCallum 2009).
    Learned,
}

/// Latent Dirichlet allocation, of which the topics are known or inferred:
///
/// `β_k ~ Dirichlet(η)`, `θ_d ~ Dirichlet(α)`, `z_dn ~ θ_d`, `w_dn ~ β_{z_dn}`
///
/// # Example
/// ```
/// use lda::{Lda, Topics};
///
/// let topics = Topics::known(&[vec![0.9, 0.1], vec![0.1, 0.9]]).unwrap();
/// let lda = Lda::new(topics).with_alpha(1.0).unwrap();
/// assert_eq!(lda.alpha(), [1.0, 1.0]);
/// assert!(lda.with_eta(0.0).is_err());
/// ```
///
/// # References
/// Blei, Ng & Jordan (2003), *Latent Dirichlet allocation*; Hoffman, Blei & Bach (2010), *Online learning for latent Dirichlet allocation*.
#[derive(Clone, Debug, PartialEq)]
pub struct Lda {
    pub(crate) alpha: Vec<f64>,
    pub(crate) eta: f64,
    pub(crate) learns: Alpha,
    pub(crate) limits: LocalLimits,
    pub(crate) topics: Topics,
}

impl Lda {
    /// With the priors `α = 0.1` and `η = 0.01`, both fixed.
    pub fn new(topics: Topics) -> Self {
        let alpha = vec![0.1; topics.table().topics()];
        Self { alpha, eta: 0.01, learns: Alpha::Fixed, limits: LocalLimits::default(), topics }
    }

    /// One concentration for all topics of a document.
    ///
    /// # Errors
    /// [`LdaError::Setting`] below 0.005.
    pub fn with_alpha(self, alpha: f64) -> Result<Self, LdaError> {
        check_concentration("alpha", alpha)?;
        Ok(Self { alpha: vec![alpha; self.alpha.len()], ..self })
    }

    /// The concentration for all words of a topic.
    ///
    /// # Errors
    /// [`LdaError::Setting`] below 0.005.
    pub fn with_eta(self, eta: f64) -> Result<Self, LdaError> {
        check_concentration("eta", eta)?;
        Ok(Self { eta, ..self })
    }

    /// With other beliefs of the topics.
    pub fn with_topics(&self, topics: Topics) -> Self {
        Self { topics, ..self.clone() }
    }

    /// Whether `α` is learned.
    pub fn with_learned(self, learns: Alpha) -> Self {
        Self { learns, ..self }
    }

    /// When the iterations of a document end.
    ///
    /// # Errors
    /// [`LdaError::Setting`] for a negative tolerance or no iteration.
    pub fn with_limits(self, limits: LocalLimits) -> Result<Self, LdaError> {
        if limits.tolerance.is_nan() || limits.tolerance < 0.0 {
            let (setting, expected) = ("the tolerance of a document", "0 or more");
            return Err(LdaError::Setting { setting, value: limits.tolerance, expected });
        }
        if limits.most == 0 {
            let (setting, expected) = ("the iterations of a document", "1 or more");
            return Err(LdaError::Setting { setting, value: 0.0, expected });
        }
        Ok(Self { limits, ..self })
    }

    /// `α`, one a topic.
    pub fn alpha(&self) -> &[f64] {
        &self.alpha
    }

    /// `η`
    pub fn eta(&self) -> f64 {
        self.eta
    }

    /// The topics.
    pub fn topics(&self) -> &Topics {
        &self.topics
    }

    /// `E θ_d` of each document, one a topic, from no earlier belief.
    ///
    /// # Errors
    /// [`LdaError::Size`] for a word that the model lacks.
    pub fn weights_of(&self, documents: &[&Document]) -> Result<Vec<Vec<f64>>, LdaError> {
        self.check_words(documents)?;
        let weights = self.topics.weights();
        let local = self.local(&weights);
        let mut gammas = local.start(documents);
        local.infer(documents, &mut gammas);
        let mean = |gamma: &[f64]| {
            let total: f64 = gamma.iter().sum();
            gamma.iter().map(|gamma| gamma / total).collect()
        };
        Ok(gammas.chunks(self.alpha.len()).map(mean).collect())
    }

    /// The bound with each document at its optimum, from no earlier belief, in nats.
    ///
    /// # Errors
    /// [`LdaError::Size`] for another vocabulary.
    pub fn bound(&self, corpus: &Corpus) -> Result<f64, LdaError> {
        self.check(corpus)?;
        let documents: Vec<_> = corpus.documents().iter().collect();
        let weights = self.topics.weights();
        let local = self.local(&weights);
        let mut gammas = local.start(&documents);
        local.infer(&documents, &mut gammas);
        Ok(local.bound(&documents, &gammas) - self.topics.divergence(self.eta))
    }

    /// What documents are inferred with, given `exp(E log β)`.
    pub(crate) fn local<'a>(&'a self, weights: &'a Table) -> Local<'a> {
        Local { alpha: &self.alpha, weights, limits: self.limits }
    }

    /// Mixes the topics with their optimum `η + scale · counts` given documents, by a rate.
    pub(crate) fn step_topics(&mut self, counts: &Table, scale: f64, rate: f64) {
        let eta = self.eta;
        if let Topics::Inferred(lambda) = &mut self.topics {
            lambda.mix(&counts.map(|_, count| eta + scale * count), rate);
        }
    }

    /// Improves `α` given means of `E log θ_dk` over documents.
    pub(crate) fn step_alpha(&mut self, mean_logs: &[f64]) {
        improve(&mut self.alpha, mean_logs);
    }

    /// The corpus has the words of the model.
    pub(crate) fn check(&self, corpus: &Corpus) -> Result<(), LdaError> {
        let (expected, found) = (self.topics.table().words(), corpus.vocabulary().len());
        match expected == found {
            true => Ok(()),
            false => Err(LdaError::Size { what: "words of the corpus", expected, found }),
        }
    }

    /// The documents have no words but those of the model.
    pub(crate) fn check_words(&self, documents: &[&Document]) -> Result<(), LdaError> {
        let expected = self.topics.table().words();
        let words = documents.iter().flat_map(|document| &document.terms).map(|term| term.word);
        match words.max() {
            Some(word) if word >= expected => {
                Err(LdaError::Size { what: "words of documents", expected, found: word + 1 })
            }
            _ => Ok(()),
        }
    }
}
