//! Latent Dirichlet allocation: topics of documents (Blei, Ng & Jordan 2003).
//!
//! `β_k ~ Dirichlet(η)`, `θ_d ~ Dirichlet(α)`, `z_dn ~ θ_d`, `w_dn ~ β_{z_dn}`, inferred by coordinate ascent over all documents, or by
//! stochastic natural gradients over minibatches (Hoffman, Blei, Wang & Paisley 2013).

mod bars;
mod batch;
mod batches;
mod corpus;
mod dirichlet;
mod error;
mod export;
mod fit;
mod labelled;
mod lda_c;
mod local;
mod measures;
mod model;
mod plots;
mod prod_lda;
mod program;
mod reading;
mod relevance;
mod report;
mod special;
mod split;
mod stochastic;
mod table;
mod topics;

pub use bars::{BARS, SIDE, bars, word_of_bar};
pub use batch::BatchLda;
pub use batches::Batch;
pub use corpus::{Corpus, Document, Term};
pub use error::{CorpusError, LdaError};
pub use export::export;
pub use fit::{FitError, Options};
pub use local::LocalLimits;
pub use measures::{coherence, perplexity};
pub use model::{Alpha, Lda};
pub use plots::{PlotError, draw_bounds};
pub use prod_lda::{Counts, Encoder, ProdLda, ProdLdaFit};
pub use program::{LdaGuide, LdaProgram};
pub use relevance::by_relevance;
pub use report::{Curve, Row, curves_as_csv, grids, table, topic_lines, word_lines};
pub use split::{Halves, Split, halves};
pub use stochastic::StochasticLda;
pub use table::Table;
pub use topics::Topics;
