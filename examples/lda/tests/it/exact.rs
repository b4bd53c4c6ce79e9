//! Documents so small that all assignments of topics to tokens can be listed.

use elbo::{CoordinateAscent, Coordinates};
use lda::{BatchLda, Corpus, Document, Lda, LocalLimits, Topics};

/// `Γ(a + n) / Γ(a) = a (a + 1) .. (a + n - 1)`
fn rising(a: f64, n: usize) -> f64 {
    (0..n).map(|i| a + i as f64).product()
}

/// The probability of a sequence in which `counts` occur, under `∫ Π_k p_k^{n_k} Dirichlet(p; a) dp`.
fn polya(a: f64, counts: &[usize]) -> f64 {
    let total = rising(a * counts.len() as f64, counts.iter().sum());
    counts.iter().map(|count| rising(a, *count)).product::<f64>() / total
}

/// How often each of `kinds` occurs.
fn counted(items: impl Iterator<Item = usize>, kinds: usize) -> Vec<usize> {
    let mut counts = vec![0; kinds];
    items.for_each(|item| counts[item] += 1);
    counts
}

/// All ways to give tokens one of two topics.
fn assignments(tokens: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1_usize << tokens).map(move |bits| (0..tokens).map(|i| bits >> i & 1).collect())
}

fn corpus(documents: &[&[usize]]) -> Corpus {
    let of = |tokens: &&[usize]| {
        let counts = counted(tokens.iter().copied(), 3).into_iter().enumerate();
        counts.filter(|(_, count)| *count > 0).map(|(word, count)| (word, count as u32)).collect()
    };
    let words = ["a", "b", "c"].map(str::to_string).to_vec();
    Corpus::new(words, documents.iter().map(of).collect::<Vec<Document>>()).unwrap()
}

fn exhausted(lda: Lda) -> Lda {
    lda.with_limits(LocalLimits { tolerance: 0.0, most: 2000 }).unwrap()
}

const ALPHA: f64 = 0.7;
const BETA: [[f64; 3]; 2] = [[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]];
const TOKENS: [usize; 4] = [0, 0, 1, 2];

fn fitted() -> (BatchLda, f64) {
    let lda = Lda::new(Topics::known(&BETA.map(Vec::from)).unwrap()).with_alpha(ALPHA).unwrap();
    let corpus = corpus(&[&TOKENS]);
    let mut batch = BatchLda::new(exhausted(lda), &corpus).unwrap();
    assert_eq!(batch.factors(), 1);
    let info = CoordinateAscent::new().run(&mut batch, &corpus, |_, _| ()).unwrap();
    (batch, info.bound())
}

/// `Σ_z p(z) Π_n β_{z_n w_n}`, with `p(z)` of Pólya's urn. The mean field loses the dependence of topics on their weights: more than nothing,
/// and by this size of documents less than a tenth of the four tokens' 4.1 nats.
#[test]
fn the_bound_of_known_topics_is_below_the_evidence_by_little() {
    let of = |z: Vec<usize>| {
        let likelihood: f64 = z.iter().zip(TOKENS).map(|(k, word)| BETA[*k][word]).product();
        polya(ALPHA, &counted(z.into_iter(), 2)) * likelihood
    };
    let evidence = assignments(4).map(of).sum::<f64>().ln();
    let (_, bound) = fitted();
    let gap = evidence - bound;
    assert!(gap > 0.01 && gap < -0.1 * evidence, "{bound} of {evidence}");
}

/// The bound term by term, with the expectations under `q(θ) = Beta(γ_1, γ_2)` by the trapezoid rule over `log θ / (1 - θ)`, which for
/// integrands that vanish at both ends converges faster than any power of the step.
#[test]
fn the_bound_is_its_expectation_by_quadrature() {
    let (batch, bound) = fitted();
    let gamma = [batch.document(0)[0], batch.document(0)[1]];
    let step = 0.01;
    let logs = (-6000..=6000).map(|i| {
        let t = f64::from(i) * step;
        [-(-t).exp().ln_1p(), -t.exp().ln_1p()]
    });
    let logs = Vec::from_iter(logs);
    // dθ = θ (1 - θ) dt
    let weight = |a: [f64; 2], log: &[f64; 2]| (a[0] * log[0] + a[1] * log[1]).exp() * step;
    let normalizer = |a: [f64; 2]| logs.iter().map(|log| weight(a, log)).sum::<f64>();
    let expected = |f: &dyn Fn(&[f64; 2]) -> f64| {
        logs.iter().map(|log| weight(gamma, log) * f(log)).sum::<f64>() / normalizer(gamma)
    };
    let theta = [0, 1].map(|k| expected(&|log| log[k]));
    let log_ratio = expected(&|log| {
        let slope = |k: usize| (gamma[k] - ALPHA) * log[k];
        slope(0) + slope(1)
    });
    let divergence = log_ratio - normalizer(gamma).ln() + normalizer([ALPHA; 2]).ln();
    let word = |word: usize| (0..2).map(|k| theta[k].exp() * BETA[k][word]).sum::<f64>().ln();
    let by_hand = TOKENS.map(word).iter().sum::<f64>() - divergence;
    assert!((bound - by_hand).abs() < 1e-9, "{bound} for {by_hand}");
}

/// `γ_k = α + Σ_n φ_nk`, so the concentrations have the sum of the prior's and the tokens.
#[test]
fn concentrations_sum_to_those_of_the_prior_and_the_tokens() {
    let (batch, _) = fitted();
    let sum: f64 = batch.document(0).iter().sum();
    assert!((sum - (2.0 * ALPHA + 4.0)).abs() < 1e-12, "{sum}");
}

const DOCUMENTS: [[usize; 3]; 2] = [[0, 0, 1], [2, 2, 1]];
const ETA: f64 = 0.5;

/// The evidence `Σ_z p(w, z) = Σ_z Π_d p(z_d) Π_k p(w_k | z)` by Pólya's urns is above the bound. The largest of the terms is below the best
/// one, since it is the bound of one factorized posterior: all mass on its assignments, and weights and topics given them.
#[test]
fn the_bound_of_inferred_topics_is_between_the_largest_term_of_the_evidence_and_its_sum() {
    let tokens: Vec<usize> = DOCUMENTS.concat();
    let of = |z: Vec<usize>| {
        let documents = z.chunks(3).map(|z| polya(ALPHA, &counted(z.iter().copied(), 2)));
        let words_of = |k: usize| {
            let words = z.iter().zip(&tokens).filter(move |(topic, _)| **topic == k);
            counted(words.map(|(_, word)| *word), 3)
        };
        documents.product::<f64>() * (0..2).map(|k| polya(ETA, &words_of(k))).product::<f64>()
    };
    let evidence = assignments(6).map(of).sum::<f64>().ln();
    let largest = assignments(6).map(of).fold(0.0, f64::max).ln();
    let best = (0..10).map(bound_of_inferred_topics).fold(f64::NEG_INFINITY, f64::max);
    assert!(largest < best && best < evidence, "{best} between {largest} and {evidence}");
}

fn bound_of_inferred_topics(seed: u64) -> f64 {
    let corpus = corpus(&[&DOCUMENTS[0], &DOCUMENTS[1]]);
    let lda = Lda::new(Topics::random(3, 2, seed).unwrap()).with_alpha(ALPHA).unwrap();
    let mut batch = BatchLda::new(exhausted(lda.with_eta(ETA).unwrap()), &corpus).unwrap();
    CoordinateAscent::new().run(&mut batch, &corpus, |_, _| ()).unwrap().bound()
}

/// Of one topic nothing is hidden but its words, whose posterior is `Dirichlet(η + n)`: the bound is the evidence.
#[test]
fn the_bound_of_one_topic_is_the_evidence() {
    let counts = counted(DOCUMENTS.concat().into_iter(), 3);
    let corpus = corpus(&[&DOCUMENTS[0], &DOCUMENTS[1]]);
    let lda = Lda::new(Topics::random(3, 1, 0).unwrap()).with_eta(ETA).unwrap();
    let mut batch = BatchLda::new(lda, &corpus).unwrap();
    let info = CoordinateAscent::new().run(&mut batch, &corpus, |_, _| ()).unwrap();
    assert!((info.bound() - polya(ETA, &counts).ln()).abs() < 1e-12, "{}", info.bound());
}
