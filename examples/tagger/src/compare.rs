//! Taggers side by side.

use crate::{
    Corpus, Estimate, FeatureIndex, FitError, Measures, Model, MostFrequent, Options, Posterior,
    Prediction, Row, Sentence, fit, predict,
};

/// A tagger to fit: a name, its settings, and how it predicts, each with its name.
#[derive(Clone, Debug)]
pub struct Contender {
    /// What it is.
    pub name: &'static str,
    /// How it is fitted.
    pub options: Options,
    /// How it predicts.
    pub predictions: Vec<(&'static str, Prediction)>,
}

/// How good a tagger is.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is, and how it predicts.
    pub name: String,
    /// On what settings are chosen by.
    pub dev: Measures,
    /// On what is held out.
    pub test: Measures,
}

/// What a pass of a fit found, for an observer.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The tagger.
    pub name: &'static str,
    /// The pass, from 1.
    pub pass: usize,
    /// The mean log-likelihood of a word during the pass, in nats.
    pub log_likelihood: f64,
    /// The same less the divergence from the prior, by word; none for a point.
    pub bound: Option<f64>,
}

/// The draws of scores that are averaged.
const DRAWS: usize = 30;

/// Logistic regression, the chain at its most probable weights, and under its posterior, warm and cold, with settings for UD English EWT.
pub fn contenders(seed: u64) -> Vec<Contender> {
    let draws = ("draws", Prediction::Draws { draws: DRAWS, seed });
    let mean = ("", Prediction::Mean);
    let all = [("means", Prediction::Mean), ("moderated", Prediction::Moderated), draws];
    let posterior = Options { seed, ..Options::posterior(Model::Global) };
    let contender = |name, options, predictions: &[_]| {
        let options = Options { seed, ..options };
        Contender { name, options, predictions: predictions.to_vec() }
    };
    vec![
        contender("logistic regression", Options::point(Model::Independent), &[mean]),
        contender("chain", Options::point(Model::Global), &[mean]),
        contender("posterior of chain", posterior, &all),
        contender("cold posterior", posterior.cold(), &[draws]),
    ]
}

/// Fits taggers to `corpus.train`, and measures them after the most frequent tag of each word; `observer` sees each pass.
///
/// # Errors
/// A [`FitError`] of the first that fails.
pub fn compare(
    corpus: &Corpus,
    contenders: &[Contender],
    mut observer: impl FnMut(Pass),
) -> Result<Vec<Entry>, FitError> {
    let frequent = MostFrequent::new(&corpus.train);
    let of = |sentences: &[Sentence]| frequent.marginals(sentences);
    let mut entries = vec![entry("most frequent tag".to_string(), corpus, of)];
    for Contender { name, options, predictions } in contenders {
        let index = FeatureIndex::new(&corpus.train, options.cutoff);
        let words: usize = corpus.train.iter().map(|sentence| sentence.words.len()).sum();
        let mut each = |pass, log_likelihood, posterior: &Posterior| {
            let divergence = || posterior.divergence(options.prior.into()) / words as f64;
            let is_posterior = options.estimate == Estimate::Posterior;
            let bound = is_posterior.then(|| log_likelihood - divergence());
            observer(Pass { name, pass, log_likelihood, bound });
        };
        let posterior = fit(&corpus.train, &index, options, &mut each)?;
        for (how, prediction) in predictions {
            let of = |sentences: &[Sentence]| -> Vec<Vec<Row<f64>>> {
                predict(&posterior, options.model, &index.encode(sentences), *prediction)
            };
            let name = if how.is_empty() { name.to_string() } else { format!("{name}: {how}") };
            entries.push(entry(name, corpus, of));
        }
    }
    Ok(entries)
}

fn entry(
    name: String,
    corpus: &Corpus,
    marginals: impl Fn(&[Sentence]) -> Vec<Vec<Row<f64>>>,
) -> Entry {
    let measure = |sentences: &[Sentence]| Measures::new(sentences, &marginals(sentences));
    Entry { name, dev: measure(&corpus.dev), test: measure(&corpus.test) }
}
