//! Splits, perplexity and coherence against numbers by hand.

use lda::{Corpus, Document, Halves, Lda, Topics, bars, coherence, halves, perplexity};

/// With topics that share no likely word, and a prior of 1, one token of the first word leads to weights that solve
/// `γ_k = 1 + φ_k`, `φ ∝ exp(ψ(γ)) β`; those are found here by halving, with `ψ(x) - ψ(y)` summed as `Σ_n (x - y) / ((n + x)(n + y))`.
#[test]
fn perplexity_is_the_mean_probability_of_second_halves() {
    let beta = [[0.9, 0.1], [0.2, 0.8]];
    let lda = Lda::new(Topics::known(&beta.map(Vec::from)).unwrap()).with_alpha(1.0).unwrap();
    let difference = |x: f64, y: f64| -> f64 {
        let terms = (0..200_000).map(|n| (x - y) / ((f64::from(n) + x) * (f64::from(n) + y)));
        // The terms from 200,000 on are (x - y) / n².
        terms.sum::<f64>() + (x - y) / 200_000.0
    };
    // log φ_1 / φ_2 rises with φ_1, less than the identity does.
    let log_odds = |share: f64| difference(1.0 + share, 2.0 - share) + (0.9_f64 / 0.2).ln();
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        let is_above = 1.0 / (1.0 + (-log_odds(middle)).exp()) > middle;
        (low, high) = if is_above { (middle, high) } else { (low, middle) };
    }
    let theta = [(1.0 + low) / 3.0, (2.0 - low) / 3.0];
    let word = |w: usize| theta[0] * beta[0][w] + theta[1] * beta[1][w];
    let first = Document::from_iter([(0, 1)]);
    let second = Document::from_iter([(0, 2), (1, 1)]);
    let expected = (-(2.0 * word(0).ln() + word(1).ln()) / 3.0).exp();
    let found = perplexity(&lda, &[Halves { first, second }]).unwrap();
    // Iterations of a document end at a change of 1e-3 of its concentrations.
    assert!((found / expected - 1.0).abs() < 1e-3, "{found} for {expected}");
}

/// Words that nobody saw have the prior's mass: `η / (η V + N)` by one topic.
#[test]
fn a_word_that_is_new_has_the_mass_of_the_prior() {
    let words = ["a", "b", "c"].map(str::to_string).to_vec();
    let train = Corpus::new(words, vec![Document::from_iter([(0, 5), (1, 2)])]).unwrap();
    let options = lda::Options { topics: 1, eta: 0.1, passes: 1, ..lda::Options::for_bars() };
    let (lda, _) = options.fit_batch(&train, |_, _| ()).unwrap();
    let test = Halves { first: Document::default(), second: Document::from_iter([(2, 1)]) };
    assert!((perplexity(&lda, &[test]).unwrap() / (7.3 / 0.1) - 1.0).abs() < 1e-12);
}

/// 10,000 tokens by a fair coin: the first half has 5,000 with a standard deviation of 50. No token is lost.
#[test]
fn tokens_fall_in_halves_by_a_fair_coin() {
    let corpus = bars(100, 100, 0).unwrap();
    let split = halves(&corpus, 0);
    let first: u64 = split.iter().map(|halves| halves.first.tokens()).sum();
    assert!((4800..=5200).contains(&first), "{first}");
    for (halves, document) in split.iter().zip(corpus.documents()) {
        assert_eq!(halves.first.tokens() + halves.second.tokens(), document.tokens());
        let counts = |half: &Document, word| {
            half.terms.iter().filter(|term| term.word == word).map(|term| term.count).sum::<u32>()
        };
        for term in &document.terms {
            let both = counts(&halves.first, term.word) + counts(&halves.second, term.word);
            assert_eq!(both, term.count);
        }
    }
    assert_eq!(split, halves(&corpus, 0));
    assert_ne!(split, halves(&corpus, 1));
}

/// Of four documents two have a, two have b and one both: `log(¼ / ½ ½) = 0`. Two have c, always with a: `log(½ / ½ ½) / log 2 = 1`. A topic
/// averages over its pairs, and b and c never meet.
#[test]
fn coherence_is_normalized_mutual_information() {
    let words = ["a", "b", "c", "d"].map(str::to_string).to_vec();
    let of = |words: &[usize]| words.iter().map(|word| (*word, 3)).collect::<Document>();
    let documents = vec![of(&[0, 1, 3]), of(&[0, 3]), of(&[1, 3, 2]), of(&[3, 2])];
    let corpus = Corpus::new(words, documents).unwrap();
    let found =
        coherence(&corpus, &[vec![0, 1], vec![1, 2], vec![0, 2], vec![0, 3], vec![0, 1, 2]]);
    let third = (found[0] + found[1] + found[2]) / 3.0;
    assert_eq!(found[0], 0.0);
    assert_eq!(found[1], 0.0);
    assert_eq!(found[2], -1.0);
    // d is in every document, so that it says nothing.
    assert_eq!(found[3], 0.0);
    assert!((found[4] - third).abs() < 1e-15, "{found:?}");
}
