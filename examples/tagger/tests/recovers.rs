//! Chains against sums over all sequences, taggers against a grammar of which everything is known, files, settings, and UD English EWT.
#![allow(missing_docs, reason = "tests are named as sentences")]

use std::path::Path;

use elbo::prelude::Device;
use elbo::{Noise, Place};
use elbo_testkit::{assert_close, slopes};
use tagger::{
    Chain, Corpus, CorpusError, Estimate, FeatureIndex, FitError, Grammar, Measures, Model,
    MostFrequent, Options, Row, Sentence, TAGS, Tag, Transitions, fit, labelled, predict,
    sentences,
};

fn place() -> Place {
    Place::f32(&Device::flex())
}

/// Scores of so many words and of pairs, drawn from `N(0, 1)`.
fn drawn(words: usize, seed: u64) -> (Vec<Row<f64>>, Transitions<f64>) {
    let count = (words + TAGS + 1) * TAGS;
    let place = Place::f64(&Device::flex()).unwrap();
    let numbers = Noise::new(seed, &place).normal::<1>([count]).into_data();
    let numbers: Vec<f64> = numbers.iter().collect();
    split(&numbers, words)
}

fn split(numbers: &[f64], words: usize) -> (Vec<Row<f64>>, Transitions<f64>) {
    let (scores, pairs) = numbers.as_chunks::<TAGS>().0.split_at(words);
    (scores.to_vec(), std::array::from_fn(|row| pairs[row]))
}

/// All sequences of three tags.
fn sequences() -> impl Iterator<Item = [Tag; 3]> {
    let pairs = Tag::all().flat_map(|a| Tag::all().map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| Tag::all().map(move |c| [a, b, c]))
}

#[test]
fn sums_are_those_over_all_sequences() {
    let (scores, transitions) = drawn(3, 1);
    let chain = Chain { scores: &scores, transitions: &transitions };
    let sums = chain.sums();
    let (mut total, mut tags) = (0.0, [[0.0; TAGS]; 3]);
    let mut pairs = [[0.0; TAGS]; TAGS + 1];
    for sequence in sequences() {
        let weight = chain.score(&sequence).exp();
        total += weight;
        let mut last = TAGS;
        for (row, tag) in tags.iter_mut().zip(sequence) {
            row[tag.index()] += weight;
            pairs[last][tag.index()] += weight;
            last = tag.index();
        }
    }
    assert_close(&[sums.log_normalizer], &[total.ln()], 1e-12, 0.0);
    let shares = |rows: &[Row<f64>]| rows.iter().flatten().map(|x| x / total).collect::<Vec<_>>();
    assert_close(&sums.tags.concat(), &shares(&tags), 1e-9, 1e-15);
    assert_close(&sums.pairs.concat(), &shares(&pairs), 1e-9, 1e-15);
}

/// A model of tags that is normalized as it says: over all sequences its probabilities add up to 1, and its marginals are theirs.
#[test]
fn probabilities_of_all_sequences_add_up_to_one() {
    let (scores, transitions) = drawn(3, 2);
    let chain = Chain { scores: &scores, transitions: &transitions };
    for model in [Model::Independent, Model::Local, Model::Global] {
        // Independent tags know no pairs.
        let none = [[0.0; TAGS]; TAGS + 1];
        let transitions = if model == Model::Independent { &none } else { chain.transitions };
        let chain = Chain { transitions, ..chain };
        let (mut total, mut second) = (0.0, [0.0; TAGS]);
        for sequence in sequences() {
            let p = model.likelihood(chain, &sequence).log_prob.exp();
            total += p;
            second[sequence[1].index()] += p;
        }
        assert_close(&[total], &[1.0], 1e-12, 0.0);
        assert_close(&model.marginals(chain)[1], &second, 1e-9, 0.0);
    }
}

#[test]
fn derivatives_are_slopes() {
    let (scores, transitions) = drawn(4, 3);
    let at: Vec<f64> = scores.iter().chain(&transitions).flatten().copied().collect();
    let tags: Vec<Tag> = Tag::all().step_by(5).collect();
    for model in [Model::Independent, Model::Local, Model::Global] {
        let log_prob = |at: &[f64]| {
            let (scores, transitions) = split(at, 4);
            let chain = Chain { scores: &scores, transitions: &transitions };
            model.likelihood(chain, &tags).log_prob
        };
        let chain = Chain { scores: &scores, transitions: &transitions };
        let found = model.likelihood(chain, &tags);
        let found = [found.scores.concat(), found.transitions.concat()].concat();
        // Central differences are right to about 1e-8.
        assert_close(&found, &slopes(log_prob, &at), 0.0, 1e-7);
    }
}

fn fitted(corpus: &Corpus, options: &Options, draws: usize) -> Measures {
    let index = FeatureIndex::new(&corpus.train, options.cutoff);
    let posterior = fit(&corpus.train, &index, options, &place(), |_, _| ()).unwrap();
    let features = index.encode(&corpus.test);
    let mut noise = Noise::new(1, place());
    let marginals = predict(&posterior, options.model, &features, draws, &mut noise);
    Measures::new(&corpus.test, &marginals)
}

/// No tagger is right more often than 96.9% on these sentences, but for chance: the standard error of a share of 17,000 words is 0.13%.
#[test]
fn chains_come_near_the_best_that_can_be_and_beat_words_on_their_own() {
    let grammar = Grammar::shipped();
    let corpus = Corpus { train: grammar.sentences(1500, 9), ..grammar.corpus(0) };
    let of = |sentence: &Sentence| grammar.marginals(&sentence.words);
    let exact: Vec<_> = corpus.test.iter().map(of).collect();
    let best = Measures::new(&corpus.test, &exact);
    let frequent = MostFrequent::new(&corpus.train).marginals(&corpus.test);
    let frequent = Measures::new(&corpus.test, &frequent);
    let options = Options { passes: 10, ..Options::posterior(Model::Global).for_grammar() };
    let posterior = fitted(&corpus, &options.cold(), 30);
    assert!(posterior.accuracy < best.accuracy + 4.0 * 0.0013, "{posterior:?}");
    assert!(posterior.accuracy > best.accuracy - 0.02, "{posterior:?}");
    assert!(frequent.accuracy < best.accuracy - 0.1, "{frequent:?}");
    // What is known best is the truth: no mean log-probability is above its own.
    assert!(best.log_loss < posterior.log_loss && posterior.log_loss < 0.5 * frequent.log_loss);
}

#[test]
fn a_seed_gives_the_same_weights_again() {
    let corpus = Grammar::shipped().corpus(0);
    let options = Options { passes: 2, ..Options::posterior(Model::Global).for_grammar() };
    let index = FeatureIndex::new(&corpus.train, options.cutoff);
    let run = |seed| {
        let options = Options { seed, ..options };
        fit(&corpus.train, &index, &options, &place(), |_, _| ()).unwrap()
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn broken_files_are_refused_with_their_line() {
    let read = |text: &str| sentences(text, Path::new("x.tsv")).unwrap_err();
    assert!(matches!(read("a\tNOUN\n"), CorpusError::Columns { line: 1, found: 2, .. }));
    assert!(matches!(read("a\tNOUN\tNN\nb\tNN\tNN\n"), CorpusError::UnknownTag { line: 2, .. }));
    assert!(matches!(read(" \tNOUN\tNN\n"), CorpusError::NoWord { line: 1, .. }));
    assert!(matches!(read("a\tNOUN\tNN\n\n\n"), CorpusError::EmptySentence { line: 3, .. }));
    assert!(matches!(read(""), CorpusError::Empty { .. }));
    let missing = Corpus::read(Path::new("no/such/folder")).unwrap_err();
    assert!(missing.to_string().contains("no/such/folder/train.tsv"), "{missing}");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let corpus = Grammar::shipped().corpus(0);
    let good = Options::posterior(Model::Global).for_grammar();
    let refused = |options: Options, sentences: &[Sentence]| {
        let index = FeatureIndex::new(sentences, 1);
        fit(sentences, &index, &options, &place(), |_, _| ()).unwrap_err()
    };
    let cases = [
        ("prior", Options { prior: 0.0, ..good }),
        ("prior", Options { prior: f64::NAN, ..good }),
        ("temperature", Options { temperature: -1.0, ..good }),
        ("rate", Options { rate: 0.0, ..good }),
        ("rate", Options { rate: 2.0, ..good }),
        ("rate", Options { rate: f64::NAN, ..good }),
        ("passes", Options { passes: 0, ..good }),
        ("batch", Options { batch: 0, ..good }),
    ];
    for (name, options) in cases {
        let error = refused(options, &corpus.train);
        assert!(matches!(error, FitError::Setting { setting, .. } if setting == name), "{error}");
    }
    assert!(matches!(refused(good, &[]), FitError::NoSentences));
    let short = Sentence { words: vec!["a".to_string(); 2], tags: Tag::all().take(1).collect() };
    let error = refused(good, &[short]);
    assert!(matches!(error, FitError::Lengths { sentence: 0, words: 2, tags: 1 }), "{error}");
}

/// The treebank, where `ELBO_DATA` has it.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
fn treebank() -> Option<Corpus> {
    let data = std::env::var_os("ELBO_DATA");
    let found = data.map(|dir| Path::new(&dir).join("ud_english_ewt")).filter(|dir| dir.is_dir());
    let Some(dir) = found else {
        eprintln!("NOT RUN: ELBO_DATA has no ud_english_ewt");
        return None;
    };
    Some(Corpus::read(&dir).unwrap())
}

/// The sizes that its description gives, and what one tag a word reaches (words that are not known have the tag of most that are seen once).
#[test]
fn the_treebank_has_its_published_counts() {
    let Some(corpus) = treebank() else { return };
    let counts = [&corpus.train, &corpus.dev, &corpus.test]
        .map(|part| (part.len(), part.iter().map(|sentence| sentence.words.len()).sum::<usize>()));
    assert_eq!(counts, [(12_544, 204_577), (2_001, 25_147), (2_077, 25_094)]);
    let frequent = MostFrequent::new(&corpus.train).marginals(&corpus.test);
    let accuracy = Measures::new(&corpus.test, &frequent).accuracy;
    assert!((accuracy - 0.8616).abs() < 5e-5, "{accuracy}");
}

/// With a tenth of the sentences a chain of which the weights are drawn is right more often than logistic regression, and its probabilities are nearer to how often it is
/// right. The standard error of a share of 25,094 words at 0.91 is 0.2%.
#[test]
fn a_tenth_of_the_treebank_is_enough_for_nine_words_in_ten() {
    let Some(corpus) = treebank() else { return };
    let train = labelled(&corpus.train, 0.1, 0);
    let corpus = Corpus { train, ..corpus };
    let options = Options { passes: 10, cutoff: 2, batch: 16, ..Options::posterior(Model::Global) };
    let chain = fitted(&corpus, &options.cold(), 10);
    let point = Options { model: Model::Independent, estimate: Estimate::Point, ..options };
    let regression = fitted(&corpus, &point, 0);
    assert!(chain.accuracy > regression.accuracy + 2.0 * 0.002, "{chain:?} {regression:?}");
    assert!(chain.calibration_error < regression.calibration_error, "{chain:?} {regression:?}");
}
