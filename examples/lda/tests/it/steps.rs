//! Updates of either method.

use elbo::{CoordinateAscent, Coordinates, RobbinsMonro};
use lda::{Alpha, BatchLda, Corpus, Lda, Options, Split, StochasticLda, Topics, bars};

fn small() -> Corpus {
    bars(40, 50, 0).unwrap()
}

fn start(learns: Alpha) -> Lda {
    Lda::new(Topics::random(25, 7, 3).unwrap()).with_alpha(0.3).unwrap().with_learned(learns)
}

/// Each factor alone, to the rounding of the ascent's own check, 1e-10 of the bound.
#[test]
fn no_update_lowers_the_bound() {
    for learns in [Alpha::Fixed, Alpha::Learned] {
        let corpus = small();
        let mut batch = BatchLda::new(start(learns), &corpus).unwrap();
        assert_eq!(batch.factors(), if learns == Alpha::Learned { 3 } else { 2 });
        let ascent = CoordinateAscent::new().with_each_factor().with_tolerance(0.0);
        let info = ascent.with_max_sweeps(60).run(&mut batch, &corpus, |_, _| ()).unwrap();
        assert!(info.bounds[60] > info.bounds[0] + 100.0, "{:?}", info.bounds);
    }
}

/// With a rate of 1 and all documents the step is the whole way, by the same sums in the same order.
#[test]
fn a_step_of_rate_one_by_all_documents_is_the_update_of_topics() {
    for learns in [Alpha::Fixed, Alpha::Learned] {
        let corpus = small();
        let mut batch = BatchLda::new(start(learns), &corpus).unwrap();
        let rates = RobbinsMonro::new(1.0, 0.7).unwrap();
        let mut stochastic = StochasticLda::new(start(learns), rates);
        let documents: Vec<_> = corpus.documents().iter().collect();
        stochastic.step(&documents, documents.len()).unwrap();
        batch.update(0, &corpus).unwrap();
        // α is a factor after the topics: a step takes both from the same documents.
        batch.update(1, &corpus).unwrap();
        if learns == Alpha::Learned {
            batch.update(2, &corpus).unwrap();
        }
        for word in 0..25 {
            let rows = [&batch.lda().topics(), &stochastic.lda().topics()];
            let [one, other] = rows.map(|topics| topics.table().row(word));
            for (one, other) in one.iter().zip(other) {
                assert!((one / other - 1.0).abs() < 1e-12, "{one} and {other}");
            }
        }
        for (one, other) in batch.lda().alpha().iter().zip(stochastic.lda().alpha()) {
            assert!((one / other - 1.0).abs() < 1e-12, "{one} and {other}");
        }
    }
}

/// By hand for a minibatch of one document with one topic: `λ_w = (1 - ρ) λ_w + ρ (η + 40 n_w)`.
#[test]
fn a_step_mixes_topics_with_the_optimum_of_the_minibatch() {
    let corpus = small();
    let topics = Topics::random(25, 1, 0).unwrap();
    let rates = RobbinsMonro::new(4.0, 1.0).unwrap();
    let mut stochastic = StochasticLda::new(Lda::new(topics.clone()), rates);
    stochastic.step(&[&corpus.documents()[0]], 40).unwrap();
    for word in 0..25 {
        let terms = &corpus.documents()[0].terms;
        let count = terms.iter().find(|term| term.word == word).map_or(0, |term| term.count);
        let expected = 0.75 * topics.table().row(word)[0] + 0.25 * (0.01 + 40.0 * f64::from(count));
        let found = stochastic.lda().topics().table().row(word)[0];
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }
}

/// Bit by bit: sums have one order, whoever does them.
#[test]
fn the_number_of_threads_changes_nothing() {
    let split = Split::bars().unwrap();
    let options = Options { passes: 3, learns: Alpha::Learned, ..Options::for_bars() };
    let [one, three] = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let batch = options.fit_batch(&split.train, |_, _| ()).unwrap();
            (batch, options.fit_stochastic(&split.train, |_, _| ()).unwrap())
        })
    });
    assert_eq!(one, three);
}

#[test]
fn another_seed_gives_another_fit() {
    let corpus = small();
    let [one, other] = [0, 1].map(|seed| {
        let options = Options { passes: 1, seed, ..Options::for_bars() };
        options.fit_stochastic(&corpus, |_, _| ()).unwrap()
    });
    assert_ne!(one, other);
}
