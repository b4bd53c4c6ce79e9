//! Documents to train on and documents to test, in two halves.

use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::{Corpus, CorpusError, Document, Term, bars};

/// Documents to train on, and the halves of those to test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What is trained on.
    pub train: Corpus,
    /// What is tested.
    pub test: Vec<Halves>,
}

/// The seed by which tokens fall in halves, the same for all methods.
const HALVES_SEED: u64 = 0;

impl Split {
    /// 500 documents of [`bars`] to train on, 100 to test, of 100 tokens each.
    ///
    /// # Errors
    /// None that these numbers can have.
    pub fn bars() -> Result<Self, CorpusError> {
        Self::held_out(bars(600, 100, 0)?, 6)
    }

    /// The Associated Press, with the documents at places 0, 10, 20, .. to test.
    ///
    /// # Errors
    /// As [`Corpus::associated_press`].
    pub fn associated_press(dir: &Path) -> Result<Self, CorpusError> {
        Self::held_out(Corpus::associated_press(dir)?, 10)
    }

    /// 20 Newsgroups as it is split.
    ///
    /// # Errors
    /// As [`Corpus::newsgroups`].
    pub fn newsgroups(dir: &Path) -> Result<Self, CorpusError> {
        let (train, test) = Corpus::newsgroups(dir)?;
        Ok(Self { train, test: halves(&test, HALVES_SEED) })
    }

    /// Holds out every so-manieth document, the first one first.
    fn held_out(corpus: Corpus, every: usize) -> Result<Self, CorpusError> {
        let (train, test) = corpus.hold_out(every, 0)?;
        Ok(Self { train, test: halves(&test, HALVES_SEED) })
    }
}

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
