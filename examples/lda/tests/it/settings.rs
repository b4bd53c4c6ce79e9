//! Settings and sizes that no fit can have.

use elbo::prelude::Device;
use elbo::{Coordinates, Place, RobbinsMonro};
use lda::{
    BatchLda, Corpus, Document, Lda, LocalLimits, Options, StochasticLda, Topics, bars, perplexity,
};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

fn lda() -> Lda {
    Lda::new(Topics::random(25, 3, 0).unwrap())
}

fn other() -> Corpus {
    let words = vec!["a".to_string(), "b".to_string()];
    Corpus::new(words, vec![Document::from_iter([(0, 1)])]).unwrap()
}

#[test]
fn priors_and_limits_out_of_range_say_so() {
    let said = |result: Result<Lda, lda::LdaError>| result.unwrap_err().to_string();
    let expected = "alpha is 0.001, but must be finite and at least 0.005";
    assert_eq!(said(lda().with_alpha(0.001)), expected);
    let expected = "eta is NaN, but must be finite and at least 0.005";
    assert_eq!(said(lda().with_eta(f64::NAN)), expected);
    let limits = |tolerance, most| lda().with_limits(LocalLimits { tolerance, most });
    let expected = "the tolerance of a document is -1, but must be 0 or more";
    assert_eq!(said(limits(-1.0, 1)), expected);
    let expected = "the iterations of a document is 0, but must be 1 or more";
    assert_eq!(said(limits(0.0, 0)), expected);
}

#[test]
fn topics_that_are_no_distributions_say_so() {
    let said = |topics: &[Vec<f64>]| Topics::known(topics).unwrap_err().to_string();
    assert!(said(&[]).starts_with("words of known topics: expected 1, but found 0;"));
    let expected = "words of a known topic: expected 2, but found 1;";
    assert!(said(&[vec![0.5, 0.5], vec![1.0]]).starts_with(expected));
    let expected = "a probability of a known topic is 0, but must be more than 0";
    assert_eq!(said(&[vec![0.0, 1.0]]), expected);
    assert_eq!(said(&[vec![0.5, 0.75]]), "the sum of a known topic is 1.25, but must be 1");
    let said = |words, topics| Topics::random(words, topics, 0).unwrap_err().to_string();
    assert!(said(0, 2).starts_with("words: expected 1, but found 0;"));
    assert!(said(2, 0).starts_with("topics: expected 1, but found 0;"));
}

#[test]
fn another_corpus_is_refused() {
    let said = BatchLda::new(lda(), &other()).unwrap_err().to_string();
    assert!(said.starts_with("words of the corpus: expected 25, but found 2;"), "{said}");
    let mut batch = BatchLda::new(lda(), &bars(3, 10, 0).unwrap()).unwrap();
    let said = batch.update(0, &bars(4, 10, 0).unwrap()).unwrap_err().to_string();
    assert!(said.starts_with("documents of the corpus: expected 3, but found 4;"), "{said}");
}

#[test]
fn minibatches_that_cannot_be_used_are_refused() {
    let mut stochastic = StochasticLda::new(lda(), RobbinsMonro::new(1.0, 0.7).unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let corpus = bars(3, 10, 0).unwrap();
    let said = stochastic.pass(&corpus, 0, &mut rng).unwrap_err().to_string();
    assert!(said.starts_with("documents of a minibatch: expected 1, but found 0;"), "{said}");
    let foreign = Document::from_iter([(25, 1)]);
    let said = stochastic.step(&[&foreign], 1).unwrap_err().to_string();
    assert!(said.starts_with("words of documents: expected 25, but found 26;"), "{said}");
    assert!(stochastic.pass(&other(), 1, &mut rng).is_err());
    assert_eq!(stochastic.steps(), 0);
}

#[test]
fn halves_without_tokens_have_no_perplexity() {
    let said = perplexity(&lda(), &[]).unwrap_err().to_string();
    assert!(said.starts_with("tokens of second halves: expected 1, but found 0;"), "{said}");
}

#[test]
fn options_that_no_fit_can_have_are_refused() {
    let corpus = bars(3, 10, 0).unwrap();
    let options = Options { forgetting: 0.5, ..Options::for_bars() };
    let said = options.fit_stochastic(&corpus, |_, _| ()).unwrap_err().to_string();
    assert_eq!(said, "RobbinsMonro: forgetting is 0.5, but must be more than 0.5 and at most 1");
    let place = Place::f32(&Device::flex());
    let options = Options { topics: 1, ..Options::for_bars() };
    let said = options.fit_prod_lda(&corpus, &place, 0.01, |_, _| ()).unwrap_err().to_string();
    assert!(said.starts_with("topics of a product of experts: expected 2, but found 1;"), "{said}");
    let options = Options { batch: 0, ..Options::for_bars() };
    let said = options.fit_svi(&corpus, &place, 0.1, |_, _| ()).unwrap_err().to_string();
    assert_eq!(said, "Shuffled: rows in a batch is 0, but must be at least 1");
    let said =
        Options::for_bars().fit_svi(&corpus, &place, 2.0, |_, _| ()).unwrap_err().to_string();
    assert_eq!(said, "the learning rate is 2, but must be more than 0 and at most 1");
    let options = Options { passes: 0, ..Options::for_bars() };
    let said = options.fit_batch(&corpus, |_, _| ()).unwrap_err().to_string();
    assert_eq!(said, "CoordinateAscent: most sweeps is 0, but must be at least 1");
}
