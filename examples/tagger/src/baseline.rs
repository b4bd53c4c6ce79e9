//! The tag that a word has most often.

use std::collections::HashMap;

use crate::{Row, Sentence, TAGS};

/// The shares of tags of each word, wherever it stands.
///
/// `p(k | x) = (n_xk + u_k) / (n_x + 1)`, where `u` are the shares of tags among words that are seen once: those that are not known have these
/// alone.
#[derive(Clone, Debug)]
pub struct MostFrequent {
    counts: HashMap<String, Row<u32>>,
    unknown: Row<f64>,
}

impl MostFrequent {
    /// Counts the tags of words.
    pub fn new(sentences: &[Sentence]) -> Self {
        let mut counts: HashMap<String, Row<u32>> = HashMap::new();
        for sentence in sentences {
            for (word, tag) in sentence.words.iter().zip(&sentence.tags) {
                counts.entry(word.clone()).or_default()[tag.index()] += 1;
            }
        }
        // One word more of each tag, lest a tag never seen has the probability 0.
        let mut once = [1; TAGS];
        for row in counts.values().filter(|row| row.iter().sum::<u32>() == 1) {
            once.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
        }
        let total = f64::from(once.iter().sum::<u32>());
        Self { counts, unknown: once.map(|count| f64::from(count) / total) }
    }

    /// `p(y_t)` at each place of each sentence.
    pub fn marginals(&self, sentences: &[Sentence]) -> Vec<Vec<Row<f64>>> {
        let of = |word: &String| self.of(word);
        sentences.iter().map(|sentence| sentence.words.iter().map(of).collect()).collect()
    }

    fn of(&self, word: &str) -> Row<f64> {
        let Some(counts) = self.counts.get(word) else { return self.unknown };
        let total = f64::from(counts.iter().sum::<u32>()) + 1.0;
        std::array::from_fn(|k| (f64::from(counts[k]) + self.unknown[k]) / total)
    }
}
