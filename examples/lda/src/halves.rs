//! Documents in two halves.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::{Corpus, Document, Term};

/// A document's tokens in two parts: topic weights are inferred from the first, and the second is scored. Either may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halves {
    /// What is seen.
    pub first: Document,
    /// What is scored.
    pub second: Document,
}

/// Each token of each document falls in one half or the other by a fair coin.
///
/// # Example
/// ```
/// let corpus = lda::bars(1, 100, 0).unwrap();
/// let halves = lda::halves(&corpus, 0);
/// assert_eq!(halves[0].first.tokens() + halves[0].second.tokens(), 100);
/// ```
///
/// # References
/// Wallach, Murray, Salakhutdinov & Mimno (2009), *Evaluation methods for topic models*, section 5.
pub fn halves(corpus: &Corpus, seed: u64) -> Vec<Halves> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    corpus.documents().iter().map(|document| split(document, &mut rng)).collect()
}

fn split(document: &Document, rng: &mut ChaCha8Rng) -> Halves {
    let mut halves = [Document::default(), Document::default()];
    for &Term { word, count } in &document.terms {
        let heads = (0..count).filter(|_| rng.random::<bool>()).count() as u32;
        for (half, count) in halves.iter_mut().zip([heads, count - heads]) {
            if count > 0 {
                half.terms.push(Term { word, count });
            }
        }
    }
    let [first, second] = halves;
    Halves { first, second }
}
