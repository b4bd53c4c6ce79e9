//! The tagger as a program, for [`Svi`].

use burn::module::Module;
use elbo::prelude::*;

use crate::{Batch, Chain, Likelihood, Model, TAGS};

/// Weights of features and of pairs of tags, and the tags of sentences:
///
/// `w ~ N(0, prior²)`, `log p(y | x, w)` as [`Model`] says, summed over all other tags where it normalizes over them
///
/// Features are places of weights, few of many; the scores of a word are sums over its own.
#[derive(Module, Debug)]
pub struct Tagger {
    #[module(skip)]
    model: Model,
    #[module(skip)]
    features: usize,
    #[module(skip)]
    prior: f64,
}

impl Tagger {
    /// A tagger of so many features, whose weights have the standard deviation `prior`.
    pub fn new(model: Model, features: usize, prior: f64) -> Self {
        Self { model, features, prior }
    }
}

impl Program<Batch> for Tagger {
    fn run(&self, t: &mut Trace, d: &Batch) {
        let normal = |rows| Normal::new(0.0, self.prior).iid([1, rows, TAGS]);
        let weights = t.sample("features", normal(self.features)); // [S, F, K]
        let pairs = t.sample("pairs", normal(TAGS + 1)); // [S, K + 1, K]
        let log_prob = self.log_prob(d, d.scores(weights), pairs); // [S, B]
        t.plate("sentences", d.size(), |t| t.factor("tags", log_prob));
    }
}

impl Tagger {
    /// The log-likelihood of each sentence `[S, B]`, of scores `[S, B, T, K]` and pairs `[S, K + 1, K]`.
    ///
    /// Sums over sequences of tags run on the host, whose derivatives are tied to the arguments: a sentence records a few operations, however long it is.
    fn log_prob(&self, d: &Batch, scores: Tensor<4>, pairs: Tensor<3>) -> Tensor<2> {
        let [particles, sentences, longest, _] = scores.dims();
        let (rows, moves) = (on_host(&scores), on_host(&pairs));
        let (rows, moves) = (rows.as_chunks::<TAGS>().0, moves.as_chunks::<TAGS>().0);
        let moves = moves.as_chunks::<{ TAGS + 1 }>().0;
        let mut found = Found::default();
        for (place, rows) in rows.chunks(longest).enumerate() {
            let tags = &d.tags()[place % sentences];
            let transitions = &moves[place / sentences % moves.len()];
            let chain = Chain { scores: &rows[..tags.len()], transitions };
            found.add(self.model.likelihood(chain, tags), longest);
        }
        let by_score = d.place().tensor(found.by_score, [particles, sentences, longest, TAGS]);
        let by_pair = d.place().tensor(found.by_pair, [particles, sentences, TAGS + 1, TAGS]);
        d.place().tensor(found.log_prob, [particles, sentences])
            + tied(scores, by_score)
            + tied(pairs.unsqueeze_dim::<4>(1), by_pair)
    }
}

/// Log-likelihoods of sentences and their derivatives, one after the other.
#[derive(Default)]
struct Found {
    log_prob: Vec<f64>,
    by_score: Vec<f64>,
    by_pair: Vec<f64>,
}

impl Found {
    /// Adds those of a sentence, with zeros up to the length of the longest.
    fn add(&mut self, Likelihood { log_prob, scores, transitions }: Likelihood, longest: usize) {
        self.log_prob.push(log_prob);
        self.by_score.extend(scores.iter().flatten());
        self.by_score.resize(self.log_prob.len() * longest * TAGS, 0.0);
        self.by_pair.extend(transitions.iter().flatten());
    }
}

fn on_host<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.clone().inner().into_data().iter().collect()
}

/// 0 with the derivatives `slope`, summed over the last two axes.
fn tied(x: Tensor<4>, slope: Tensor<4>) -> Tensor<2> {
    let change = x.clone() - x.inner();
    (change * slope).sum_dim(3).sum_dim(2).squeeze_dims(&[2, 3])
}
