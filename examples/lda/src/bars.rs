//! A corpus whose topics are known.

use std::f64::consts::PI;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::{Corpus, CorpusError, Document};

/// Rows and columns of the grid of words.
pub const SIDE: usize = 5;

/// The topics of [`bars`].
pub const BARS: usize = 2 * SIDE;

/// Documents from ten topics that are the rows and columns of five by five words, each with equal probability for its five words:
///
/// `θ_d ~ Dirichlet(½)`, `z ~ θ_d`, `w ~ bar z`
///
/// # Errors
/// [`CorpusError::Empty`] for no documents or no tokens.
///
/// # Example
/// ```
/// let corpus = lda::bars(3, 100, 0).unwrap();
/// assert_eq!((corpus.vocabulary().len(), corpus.tokens()), (25, 300));
/// ```
///
/// # References
/// Griffiths & Steyvers (2004), *Finding scientific topics*, figure 1, where `θ_d ~ Dirichlet(1)`.
pub fn bars(documents: usize, tokens: usize, seed: u64) -> Result<Corpus, CorpusError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let places = (0..SIDE * SIDE).map(|word| format!("row {} column {}", word / SIDE, word % SIDE));
    Corpus::new(places.collect(), (0..documents).map(|_| document(tokens, &mut rng)).collect())
}

/// The word at a place along a bar; rows come first.
pub fn word_of_bar(bar: usize, place: usize) -> usize {
    if bar < SIDE { SIDE * bar + place } else { SIDE * place + bar - SIDE }
}

fn document(tokens: usize, rng: &mut ChaCha8Rng) -> Document {
    // Squares of normals in shares of their sum are Dirichlet(½); the normals are those of Box & Muller (1958).
    let square = |rng: &mut ChaCha8Rng| {
        let angle = (2.0 * PI * rng.random::<f64>()).cos();
        -(1.0 - rng.random::<f64>()).ln() * angle * angle
    };
    let shares: [f64; BARS] = std::array::from_fn(|_| square(rng));
    let total: f64 = shares.iter().sum();
    let mut counts = [0; SIDE * SIDE];
    for _ in 0..tokens {
        let mut left = total * rng.random::<f64>();
        let is_passed = |share: &&f64| {
            left -= **share;
            left >= 0.0
        };
        let bar = shares.iter().take_while(is_passed).count().min(BARS - 1);
        counts[word_of_bar(bar, rng.random_range(0..SIDE))] += 1;
    }
    counts.into_iter().enumerate().filter(|(_, count)| *count > 0).collect()
}
