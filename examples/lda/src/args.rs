//! What the program is told.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use lda::{Alpha, Options, SIDE, Split};

/// Learns topics: of a small corpus whose topics are bars in a grid of words, of the Associated Press, or of 20 Newsgroups.
#[derive(Parser)]
pub struct Args {
    /// The folder of ap.dat and vocab.txt.
    #[arg(long)]
    pub ap: Option<PathBuf>,
    /// The folder of train.feat, test.feat and vocab.new.
    #[arg(long, conflicts_with = "ap")]
    pub news: Option<PathBuf>,
    /// The methods [default: all].
    #[arg(long, value_delimiter = ',')]
    pub method: Vec<Method>,
    /// The topics [default: 10, or 50 for a corpus that is given].
    #[arg(long)]
    pub topics: Option<NonZeroUsize>,
    /// The most passes over the documents, for each method [default: by corpus and method].
    #[arg(long)]
    pub passes: Option<NonZeroUsize>,
    /// The concentration of topics in documents [default: by corpus].
    #[arg(long)]
    pub alpha: Option<f64>,
    /// Learn a concentration for each topic, from --alpha on.
    #[arg(long)]
    pub learn_alpha: bool,
    /// The concentration of words in topics [default: by corpus].
    #[arg(long)]
    pub eta: Option<f64>,
    /// The documents of a minibatch [default: by corpus].
    #[arg(long)]
    pub batch: Option<usize>,
    /// What weakens the first steps of minibatches, at least 1.
    #[arg(long)]
    pub delay: Option<f64>,
    /// How fast steps of minibatches fall, more than 0.5 and at most 1.
    #[arg(long)]
    pub forgetting: Option<f64>,
    /// The learning rate of Adam and ProdLDA [default: 0.1, and 0.03 or for a corpus that is given 0.002].
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// The device of Adam and ProdLDA: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    pub device: String,
    /// The seed of the topics at the start, and of the order of documents.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The starts of each method, of which that with the largest bound counts [default: 3, or 1 for a corpus that is given].
    #[arg(long)]
    pub starts: Option<NonZeroUsize>,
    /// A Python that has scikit-learn, to run its online variational Bayes on the same split beside these.
    #[arg(long)]
    pub scikit: Option<PathBuf>,
    /// Where to write bounds.csv and bounds.svg.
    #[arg(long, default_value = "out/lda")]
    pub out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Coordinate ascent.
    Batch,
    /// Stochastic natural gradients.
    Stochastic,
    /// Svi with Adam on the program, with a concentration for each word and document.
    Adam,
    /// An amortized topic model.
    ProdLda,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Batch => "batch",
            Self::Stochastic => "stochastic",
            Self::Adam => "Adam",
            Self::ProdLda => "ProdLDA",
        })
    }
}

impl Args {
    pub fn split(&self) -> Result<Split, lda::CorpusError> {
        match (&self.ap, &self.news) {
            (Some(dir), _) => Split::associated_press(dir),
            (_, Some(dir)) => Split::newsgroups(dir),
            _ => Split::bars(),
        }
    }

    pub fn options(&self, method: Method) -> Options {
        let default = match (&self.ap, &self.news) {
            (Some(_), _) => Options::for_associated_press(),
            (_, Some(_)) => Options::for_newsgroups(),
            _ => Options::for_bars(),
        };
        let passes = match method {
            Method::Batch if self.is_given() => 40,
            Method::Batch => 200,
            Method::Stochastic => default.passes,
            Method::Adam => 200,
            Method::ProdLda => 200,
        };
        Options {
            topics: self.topics.map_or(default.topics, NonZeroUsize::get),
            alpha: self.alpha.unwrap_or(match method {
                Method::ProdLda => 0.02,
                _ => default.alpha,
            }),
            learns: if self.learn_alpha { Alpha::Learned } else { default.learns },
            eta: self.eta.unwrap_or(default.eta),
            passes: self.passes.map_or(passes, NonZeroUsize::get),
            batch: self.batch.unwrap_or(match method {
                Method::ProdLda if self.is_given() => 200,
                _ => default.batch,
            }),
            delay: self.delay.unwrap_or(default.delay),
            forgetting: self.forgetting.unwrap_or(default.forgetting),
            seed: self.seed,
        }
    }

    /// That of Adam or of ProdLDA.
    pub fn learning_rate(&self, method: Method) -> f64 {
        self.learning_rate.unwrap_or(match method {
            Method::ProdLda if self.is_given() => 0.002,
            Method::ProdLda => 0.03,
            _ => 0.1,
        })
    }

    /// The words of a topic that are shown and scored: a bar has five.
    pub fn top_words(&self) -> usize {
        if self.is_given() { 10 } else { SIDE }
    }

    /// Whether the corpus is one that takes minutes.
    pub fn is_given(&self) -> bool {
        self.ap.is_some() || self.news.is_some()
    }

    pub fn starts(&self) -> NonZeroUsize {
        let default =
            if self.is_given() { NonZeroUsize::MIN } else { NonZeroUsize::MIN.saturating_add(2) };
        self.starts.unwrap_or(default)
    }

    pub fn methods(&self) -> Vec<Method> {
        match self.method.is_empty() {
            true => Method::value_variants().to_vec(),
            false => self.method.clone(),
        }
    }
}
