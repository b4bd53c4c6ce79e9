//! Documents of different lengths as tensors.

use burn::tensor::{Int, Tensor, TensorData};
use elbo::{Noise, Place};

use crate::{Corpus, Document};

/// A minibatch of documents, each filled up to the terms of the longest by terms of count 0.
///
/// That is how ragged input goes through a program: numbers are padded to one length, and a mask, here the count, takes what is padding out of the
/// log-likelihood. Documents are put in buckets of similar lengths first, so that little is padding.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The words of each document's terms, one document after the other `[D L]`.
    pub words: Tensor<1, Int>,
    /// Their counts `[1, D, L]`.
    pub counts: Tensor<3>,
    /// The places of the documents in the corpus `[D]`.
    pub rows: Tensor<1, Int>,
    /// The documents of the corpus.
    pub total: usize,
}

impl Batch {
    /// The documents of a corpus at these places.
    pub fn of(documents: &[Document], rows: &[usize], place: &Place) -> Self {
        let longest = rows.iter().map(|row| documents[*row].terms.len()).max().unwrap_or(0);
        let (mut words, mut counts) = (Vec::new(), Vec::new());
        for row in rows {
            let terms = &documents[*row].terms;
            let padding = longest - terms.len();
            words.extend(terms.iter().map(|term| term.word as i64));
            words.extend(std::iter::repeat_n(0, padding));
            counts.extend(terms.iter().map(|term| f64::from(term.count)));
            counts.extend(std::iter::repeat_n(0.0, padding));
        }
        let ints = |numbers: Vec<i64>| {
            let size = numbers.len();
            Tensor::<1, Int>::from_data(TensorData::new(numbers, [size]), place.device())
        };
        Self {
            counts: place.tensor(counts, [1, rows.len(), longest]),
            words: ints(words),
            rows: ints(rows.iter().map(|row| *row as i64).collect()),
            total: documents.len(),
        }
    }

    /// The documents `D` and the terms `L` of the longest.
    pub fn dims(&self) -> [usize; 2] {
        let [_, documents, longest] = self.counts.dims();
        [documents, longest]
    }
}

/// The places of documents in minibatches of `size`, documents of similar lengths together: buckets of sixteen minibatches are sorted by the number of terms, after a
/// shuffle, and the minibatches are shuffled again.
///
/// # Example
/// ```
/// use elbo::prelude::*;
/// use lda::{bars, bucketed};
///
/// let corpus = bars(100, 50, 0).unwrap();
/// let batches = bucketed(&corpus, 25, &mut Noise::new(0, &Device::flex()));
/// assert_eq!(batches.len(), 4);
/// let mut rows = batches.concat();
/// rows.sort_unstable();
/// assert!(rows.into_iter().eq(0..100));
/// ```
pub fn bucketed(corpus: &Corpus, size: usize, noise: &mut Noise) -> Vec<Vec<usize>> {
    let documents = corpus.documents();
    let mut rows = noise.permutation(documents.len());
    for bucket in rows.chunks_mut(16 * size.max(1)) {
        bucket.sort_by_key(|row| documents[*row].terms.len());
    }
    let batches: Vec<Vec<usize>> = rows.chunks(size.max(1)).map(<[usize]>::to_vec).collect();
    let order = noise.permutation(batches.len());
    order.into_iter().map(|place| batches[place].clone()).collect()
}
