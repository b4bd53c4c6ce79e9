//! How scores become probabilities.

use crate::chain::{START, log_sum_exp, softmax};
use crate::{Chain, Row, TAGS, Tag, Transitions};

/// What the scores of tags and pairs are normalized over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Each tag on its own, without pairs: logistic regression.
    ///
    /// `p(y_t) ∝ exp(s_t(y_t))`
    Independent,
    /// Each tag given the one before: a maximum entropy Markov model (McCallum, Freitag & Pereira 2000).
    ///
    /// `p(y_t | y_{t-1}) ∝ exp(s_t(y_t) + w(y_{t-1}, y_t))`
    Local,
    /// All tags of a sentence at once: a conditional random field (Lafferty, McCallum & Pereira 2001).
    ///
    /// `p(y) ∝ exp(Σ_t s_t(y_t) + w(y_{t-1}, y_t))`
    Global,
}

/// The log-likelihood of the tags of a sentence, and its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Likelihood {
    /// `log p(y)`
    pub log_prob: f64,
    /// By the scores of tags.
    pub scores: Vec<Row<f64>>,
    /// By the scores of pairs.
    pub transitions: Transitions<f64>,
}

impl Model {
    /// The log-likelihood of tags, and its derivatives by scores: what is there less what is expected.
    pub fn likelihood(self, chain: Chain<'_>, tags: &[Tag]) -> Likelihood {
        match self {
            Self::Global => global(chain, tags),
            Self::Local | Self::Independent => local(chain, tags),
        }
    }

    /// `p(y_t)` at each place of a sentence.
    pub fn marginals(self, chain: Chain<'_>) -> Vec<Row<f64>> {
        match self {
            Self::Independent => chain.scores.iter().map(softmax).collect(),
            Self::Local => {
                let scores = local_scores(chain);
                Chain { scores: &scores, ..chain }.sums().tags
            }
            Self::Global => chain.sums().tags,
        }
    }
}

fn global(chain: Chain<'_>, tags: &[Tag]) -> Likelihood {
    let sums = chain.sums();
    let log_prob = chain.score(tags) - sums.log_normalizer;
    let (mut scores, mut transitions) = (sums.tags, sums.pairs);
    scores.iter_mut().flatten().for_each(|p| *p = -*p);
    transitions.iter_mut().flatten().for_each(|p| *p = -*p);
    let mut last = START;
    for (row, tag) in scores.iter_mut().zip(tags) {
        row[tag.index()] += 1.0;
        transitions[last][tag.index()] += 1.0;
        last = tag.index();
    }
    Likelihood { log_prob, scores, transitions }
}

fn local(chain: Chain<'_>, tags: &[Tag]) -> Likelihood {
    let (mut log_prob, mut transitions) = (0.0, [[0.0; TAGS]; TAGS + 1]);
    let mut last = START;
    let scores = chain.scores.iter().zip(tags).map(|(scores, tag)| {
        let pairs = &chain.transitions[last];
        let logits: Row<f64> = std::array::from_fn(|j| scores[j] + pairs[j]);
        let mut row = softmax(&logits).map(|p| -p);
        log_prob += (-row[tag.index()]).ln();
        row[tag.index()] += 1.0;
        transitions[last].iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
        last = tag.index();
        row
    });
    let scores = scores.collect();
    Likelihood { log_prob, scores, transitions }
}

/// The scores of the same chain normalized as a whole: what normalizes the tag after `i` counts against `i`,
///
/// `s'_t(i) = s_t(i) - log Σ_j exp(s_{t+1}(j) + w(i, j))`
fn local_scores(chain: Chain<'_>) -> Vec<Row<f64>> {
    let mut all = chain.scores.to_vec();
    for (scores, after) in all.iter_mut().zip(chain.scores.iter().skip(1)) {
        for (score, pairs) in scores.iter_mut().zip(chain.transitions) {
            *score -= log_sum_exp(&std::array::from_fn(|j| after[j] + pairs[j]));
        }
    }
    all
}
