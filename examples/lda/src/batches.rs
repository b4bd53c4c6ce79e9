//! Documents of different lengths as tensors.

use burn::tensor::{Int, Tensor, TensorData};
use elbo::Place;

use crate::Document;

/// A minibatch of documents, each filled up to the terms of the longest by terms of count 0.
///
/// That is how ragged input goes through a program: numbers are padded to one length, and a mask, here the count, takes what is padding out of the
/// log-likelihood. Documents of similar lengths go together ([`Shuffled::bucketed`](elbo::Shuffled::bucketed)), so that little is padding.
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
