//! A part-of-speech tagger.
mod chain;
mod corpus;
mod features;
mod grammar;
mod measure;
mod model;
mod normal;
mod predict;
mod shape;
mod tag;
mod train;
mod weights;

pub use chain::{Chain, START, Sums, Transitions};
pub use corpus::{Corpus, CorpusError, Sentence, sentences};
pub use features::{FeatureIndex, Features};
pub use grammar::Grammar;
pub use measure::{Bin, Measures};
pub use model::{Likelihood, Model};
pub use predict::{Prediction, predict};
pub use tag::{Row, TAGS, Tag};
pub use train::{Estimate, Options, fit};
pub use weights::{Posterior, Weights};
