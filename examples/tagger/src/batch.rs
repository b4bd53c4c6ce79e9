//! Sentences of different lengths as arrays.

use burn::tensor::Int;
use elbo::prelude::*;

use crate::{Features, Sentence, TAGS, Tag};

/// Sentences of about one length, padded to the longest, whose words are padded to as many features as one has at most.
///
/// # Example
/// ```
/// use elbo::prelude::*;
/// use tagger::{Batch, FeatureIndex, Grammar};
///
/// let sentences = Grammar::shipped().sentences(3, 0);
/// let features = FeatureIndex::new(&sentences, 1).encode(&sentences);
/// let batch = Batch::of(&features, &sentences, &[2, 0], 3, &Place::f32(&Device::flex()));
/// let ones: Tensor<3> = Tensor::ones([1, 1000, 17], &Device::flex());
/// let words = sentences[2].words.len().max(sentences[0].words.len());
/// let scores = batch.scores(ones);
/// assert_eq!(scores.dims(), [1, 2, words, 17]);
/// let of_first: f32 = scores.slice([0..1, 0..1, 0..1, 0..1]).into_scalar();
/// assert_eq!(of_first, features.of(2).next().unwrap().len() as f32);
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    /// The places of the weights that are summed `[B T J]`, 0 beyond what a word has.
    features: Tensor<1, Int>,
    /// 1 for a feature that a word has and 0 beyond `[1, B, T, J, 1]`.
    present: Tensor<5>,
    tags: Vec<Vec<Tag>>,
    total: usize,
    place: Place,
}

impl Batch {
    /// Some of `total` sentences, by their places in `sentences` and `features`.
    pub fn of(
        features: &Features,
        sentences: &[Sentence],
        rows: &[usize],
        total: usize,
        place: &Place,
    ) -> Self {
        let longest = rows.iter().map(|row| sentences[*row].words.len()).max().unwrap_or(0);
        let words = rows.iter().flat_map(|row| features.of(*row));
        let most = words.map(<[u32]>::len).max().unwrap_or(0);
        let mut ids = vec![0; rows.len() * longest * most];
        let mut present = vec![0.0; ids.len()];
        for (sentence, row) in rows.iter().enumerate() {
            for (word, own) in features.of(*row).enumerate() {
                let start = (sentence * longest + word) * most;
                ids[start..].iter_mut().zip(own).for_each(|(id, own)| *id = *own as i32);
                present[start..start + own.len()].fill(1.0);
            }
        }
        Self {
            features: Tensor::from_ints(ids.as_slice(), place.device()),
            present: place.tensor(present, [1, rows.len(), longest, most, 1]),
            tags: rows.iter().map(|row| sentences[*row].tags.clone()).collect(),
            total,
            place: place.clone(),
        }
    }

    /// The sum of the weights of each word's features, which are rows of `[S, F, K]`.
    ///
    /// # Shapes
    /// `[S, B, T, K]`
    pub fn scores(&self, weights: Tensor<3>) -> Tensor<4> {
        let [particles, _, _] = weights.dims();
        let [_, sentences, longest, most, _] = self.present.dims();
        let all = weights.select(1, self.features.clone());
        let each = all.reshape([particles, sentences, longest, most, TAGS]);
        (each * self.present.clone()).sum_dim(3).squeeze_dim(3)
    }

    /// The tags of each sentence.
    pub fn tags(&self) -> &[Vec<Tag>] {
        &self.tags
    }

    /// Where its tensors are.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// How many of all sentences it has.
    pub fn size(&self) -> Subsample {
        Subsample { total: self.total, batch: self.tags.len() }
    }
}
