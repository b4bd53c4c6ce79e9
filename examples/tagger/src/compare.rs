//! Taggers side by side.

use std::time::Instant;

use elbo::{Noise, Place};

use crate::{
    Corpus, FeatureIndex, FitError, Measures, Model, MostFrequent, Options, Row, Sentence, fit,
    predict,
};

/// A tagger to fit.
#[derive(Clone, Debug)]
pub struct Contender {
    /// What it is.
    pub name: &'static str,
    /// How it is fitted.
    pub options: Options,
    /// How many draws of the weights are averaged to predict; at 0 their means are taken.
    pub draws: usize,
}

/// How good a tagger is.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub name: &'static str,
    /// The seconds of its fit.
    pub seconds: f64,
    /// On what settings are chosen by.
    pub dev: Measures,
    /// On what is held out.
    pub test: Measures,
}

/// What a pass of a fit found, for an observer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    /// The tagger.
    pub name: &'static str,
    /// The pass, from 1.
    pub pass: usize,
    /// The mean bound of a word during the pass, in nats.
    pub bound: f64,
}

/// The draws of weights that are averaged.
const DRAWS: usize = 30;

/// Logistic regression, chains at their most probable weights, normalized at each tag and as a whole, and chains under their posterior, warm and cold, with settings for
/// UD English EWT.
pub fn contenders(seed: u64) -> Vec<Contender> {
    let contender = |name, options, draws| {
        let options = Options { seed, ..options };
        Contender { name, options, draws }
    };
    let posterior = Options::posterior(Model::Global);
    let cold = Options { passes: 12, ..posterior.cold() };
    vec![
        contender("logistic regression", Options::point(Model::Independent), 0),
        contender("chain, locally normalized", Options::point(Model::Local), 0),
        contender("chain", Options::point(Model::Global), 0),
        contender("posterior of chain", posterior, DRAWS),
        contender("cold posterior of chain", cold, DRAWS),
    ]
}

/// Fits taggers to `corpus.train`, and measures them after the most frequent tag of each word; `observer` sees each pass.
///
/// # Errors
/// A [`FitError`] of the first that fails.
pub fn compare(
    corpus: &Corpus,
    contenders: &[Contender],
    place: &Place,
    mut observer: impl FnMut(Pass),
) -> Result<Vec<Entry>, FitError> {
    let frequent = MostFrequent::new(&corpus.train);
    let start = Instant::now();
    let of = |sentences: &[Sentence]| frequent.marginals(sentences);
    let mut entries = vec![entry("most frequent tag", start, corpus, of)];
    for Contender { name, options, draws } in contenders {
        let start = Instant::now();
        let index = FeatureIndex::new(&corpus.train, options.cutoff);
        let each = |pass, bound| observer(Pass { name, pass, bound });
        let posterior = fit(&corpus.train, &index, options, place, each)?;
        let of = |sentences: &[Sentence]| {
            let mut noise = Noise::new(options.seed, place).site("draws");
            predict(&posterior, options.model, &index.encode(sentences), *draws, &mut noise)
        };
        entries.push(entry(name, start, corpus, of));
    }
    Ok(entries)
}

fn entry(
    name: &'static str,
    start: Instant,
    corpus: &Corpus,
    marginals: impl Fn(&[Sentence]) -> Vec<Vec<Row<f64>>>,
) -> Entry {
    let seconds = start.elapsed().as_secs_f64();
    let measure = |sentences: &[Sentence]| Measures::new(sentences, &marginals(sentences));
    Entry { name, seconds, dev: measure(&corpus.dev), test: measure(&corpus.test) }
}
