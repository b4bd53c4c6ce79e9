//! A part-of-speech tagger: chains of tags, log-linear in features of words, with normal weights.
//!
//! `w ~ N(0, prior²)`, `p(y | x, w) ∝ exp(Σ_t Σ_f∈x_t w_f(y_t) + w(y_{t-1}, y_t))`, and what is believed of the weights is `q(w) = N(loc, scale²)`,
//! independent, by stochastic variational inference.
//!
//! Parts that do not know of each other: [`Corpus`] and [`Grammar`] bring sentences, [`FeatureIndex`] turns words into features, [`Chain`] and
//! [`Model`] turn scores into probabilities and their derivatives, [`fit`] finds weights, [`predict`] averages over them and [`Measures`] says how
//! good that is.
//!
//! `cargo run --release -p tagger` compares taggers on a small grammar of which the best accuracy is known;
//! `cargo run --release -p tagger -- --ewt DIR` on UD English EWT.

mod baseline;
mod batch;
mod chain;
mod compare;
mod corpus;
mod features;
mod fit;
mod grammar;
mod measure;
mod model;
mod options;
mod picture;
mod predict;
mod program;
mod shape;
mod tag;
mod weights;

pub use baseline::MostFrequent;
pub use batch::Batch;
pub use chain::{Chain, START, Sums, Transitions};
pub use compare::{Contender, Entry, Pass, compare, contenders};
pub use corpus::{Corpus, CorpusError, Sentence, labelled, sentences};
pub use features::{FeatureIndex, Features};
pub use fit::fit;
pub use grammar::Grammar;
pub use measure::{Bin, Measures};
pub use model::{Likelihood, Model};
pub use options::{Estimate, FitError, Options};
pub use picture::{PictureError, confusion_svg};
pub use predict::predict;
pub use program::Tagger;
pub use tag::{Row, TAGS, Tag};
pub use weights::{Posterior, Weights};
