//! Numbers of words and topics.

use rayon::prelude::*;

/// A number for each word and topic, `[V, K]`: the numbers of a word lie side by side, since a document's loop runs over words and in each
/// over topics.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    topics: usize,
    values: Vec<f64>,
}

impl Table {
    /// Row by row, each of `topics` numbers, which are at least one.
    pub(crate) fn from_rows(topics: usize, values: Vec<f64>) -> Self {
        Self { topics, values }
    }

    /// A row made for each word.
    pub(crate) fn of_words(
        words: usize,
        topics: usize,
        row: impl Fn(usize, &mut [f64]) + Sync,
    ) -> Self {
        let mut values = vec![0.0; words * topics];
        values.par_chunks_mut(topics).enumerate().for_each(|(word, values)| row(word, values));
        Self { topics, values }
    }

    /// The words, `V`.
    pub fn words(&self) -> usize {
        self.values.len() / self.topics
    }

    /// The topics, `K`.
    pub fn topics(&self) -> usize {
        self.topics
    }

    /// The numbers of a word, one a topic; none for a word that there is not.
    pub fn row(&self, word: usize) -> &[f64] {
        self.values.get(word * self.topics..(word + 1) * self.topics).unwrap_or_default()
    }

    /// The numbers of a topic, one a word.
    pub fn column(&self, topic: usize) -> Vec<f64> {
        self.values.iter().skip(topic).step_by(self.topics).copied().collect()
    }

    /// The sum over words, one a topic, in the order of the words.
    pub fn sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.topics];
        for row in self.values.chunks(self.topics) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sums
    }

    /// Each number through a function of its topic and itself.
    pub(crate) fn map(&self, f: impl Fn(usize, f64) -> f64 + Sync) -> Self {
        Self::of_words(self.words(), self.topics, |word, row| {
            for (topic, (new, old)) in row.iter_mut().zip(self.row(word)).enumerate() {
                *new = f(topic, *old);
            }
        })
    }

    /// `(1 - ρ) self + ρ other`
    pub(crate) fn mix(&mut self, other: &Self, rate: f64) {
        let mix = |(own, other): (&mut f64, &f64)| *own += rate * (other - *own);
        self.values.iter_mut().zip(&other.values).for_each(mix);
    }

    /// The sum of a function of topic and number, whose terms are summed word by word.
    pub(crate) fn sum_of(&self, f: impl Fn(usize, f64) -> f64 + Sync) -> f64 {
        let of_row = |row: &[f64]| row.iter().enumerate().map(|(k, x)| f(k, *x)).sum::<f64>();
        self.values.par_chunks(self.topics).map(of_row).collect::<Vec<_>>().iter().sum()
    }
}
