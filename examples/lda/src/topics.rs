//! What is believed of topics.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::dirichlet::{SMALLEST, log_normalizer};
use crate::special::{digamma, lgamma};
use crate::{LdaError, Table};

/// The distributions `β_k` of words in topics.
#[derive(Clone, Debug, PartialEq)]
pub enum Topics {
    /// Given: the probabilities, `[V, K]`.
    Known(Table),
    /// Inferred: the concentrations `λ` of `q(β_k) = Dirichlet(λ_k)`, `[V, K]`.
    Inferred(Table),
}

impl Topics {
    /// Topics that are given as probabilities of words, one list a topic.
    ///
    /// # Errors
    /// [`LdaError::Setting`] where they are not positive or do not sum to 1 within 1e-9, [`LdaError::Size`] where they are of different words
    /// or there is none.
    pub fn known(probabilities: &[Vec<f64>]) -> Result<Self, LdaError> {
        let (topics, words) = (probabilities.len(), probabilities.first().map_or(0, Vec::len));
        if words == 0 {
            return Err(LdaError::Size { what: "words of known topics", expected: 1, found: 0 });
        }
        for topic in probabilities {
            check_probabilities(topic, words)?;
        }
        Ok(Self::Known(Table::of_words(words, topics, |word, row| {
            row.iter_mut().zip(probabilities).for_each(|(value, topic)| *value = topic[word]);
        })))
    }

    /// Topics to be inferred, from concentrations between ½ and 1½ drawn at random, so that no two topics begin alike.
    ///
    /// # Errors
    /// [`LdaError::Size`] for no words or no topics.
    pub fn random(words: usize, topics: usize, seed: u64) -> Result<Self, LdaError> {
        for (what, found) in [("words", words), ("topics", topics)] {
            if found == 0 {
                return Err(LdaError::Size { what, expected: 1, found });
            }
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let values = (0..words * topics).map(|_| 0.5 + rng.random::<f64>());
        Ok(Self::Inferred(Table::from_rows(topics, values.collect())))
    }

    /// Of each word and topic: probabilities, or concentrations.
    pub fn table(&self) -> &Table {
        let (Self::Known(table) | Self::Inferred(table)) = self;
        table
    }

    /// `exp(E log β_kw)`
    pub(crate) fn weights(&self) -> Table {
        match self {
            Self::Known(probabilities) => probabilities.clone(),
            Self::Inferred(lambda) => {
                let totals: Vec<f64> = lambda.sums().into_iter().map(digamma).collect();
                lambda.map(|topic, value| (digamma(value) - totals[topic]).exp())
            }
        }
    }

    /// `E β_kw`
    pub fn means(&self) -> Table {
        match self {
            Self::Known(probabilities) => probabilities.clone(),
            Self::Inferred(lambda) => {
                let sums = lambda.sums();
                lambda.map(|topic, value| value / sums[topic])
            }
        }
    }

    /// `Σ_k KL(q(β_k) ‖ Dirichlet(η))`, 0 for topics that are known.
    pub(crate) fn divergence(&self, eta: f64) -> f64 {
        let Self::Inferred(lambda) = self else { return 0.0 };
        let sums = lambda.sums();
        let totals: Vec<f64> = sums.iter().map(|sum| digamma(*sum)).collect();
        let of = |topic: usize, value: f64| {
            (value - eta) * (digamma(value) - totals[topic]) - lgamma(value)
        };
        let prior = log_normalizer(&vec![eta; lambda.words()]);
        lambda.sum_of(of) + sums.into_iter().map(|sum| lgamma(sum) - prior).sum::<f64>()
    }

    /// The `count` likeliest words of a topic, the likeliest first; of equals the first in the vocabulary.
    pub fn top_words(&self, topic: usize, count: usize) -> Vec<usize> {
        let means = self.means().column(topic);
        let mut words: Vec<usize> = (0..means.len()).collect();
        words.sort_by(|a, b| means[*b].total_cmp(&means[*a]));
        words.truncate(count);
        words
    }
}

fn check_probabilities(topic: &[f64], words: usize) -> Result<(), LdaError> {
    if topic.len() != words {
        let (what, found) = ("words of a known topic", topic.len());
        return Err(LdaError::Size { what, expected: words, found });
    }
    if let Some(value) = topic.iter().copied().find(|value| value.is_nan() || *value <= 0.0) {
        let (setting, expected) = ("a probability of a known topic", "more than 0");
        return Err(LdaError::Setting { setting, value, expected });
    }
    let value: f64 = topic.iter().sum();
    match (value - 1.0).abs() < 1e-9 {
        true => Ok(()),
        false => {
            let (setting, expected) = ("the sum of a known topic", "1");
            Err(LdaError::Setting { setting, value, expected })
        }
    }
}

/// Concentrations of a prior within its range.
pub(crate) fn check_concentration(setting: &'static str, value: f64) -> Result<(), LdaError> {
    match value.is_finite() && value >= SMALLEST {
        true => Ok(()),
        false => Err(LdaError::Setting { setting, value, expected: "finite and at least 0.005" }),
    }
}
