//! How good marginals are.

use crate::{Row, Sentence, TAGS, Tag};

/// The number of bins of confidence.
const BINS: usize = 15;

/// How well predicted marginals agree with the tags that there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    /// The words measured.
    pub words: usize,
    /// The share of words whose most probable tag is theirs.
    pub accuracy: f64,
    /// The mean of `-log p(tag)`, in nats a word.
    pub log_loss: f64,
    /// The mean of `Σ_k (p_k - 1[k is the tag])²` (Brier 1950), from 0 to 2.
    pub brier: f64,
    /// The mean distance between the confidence and the accuracy of bins, by their words: the expected calibration error (Guo et al. 2017, equation
    /// 3).
    pub calibration_error: f64,
    /// Words by the probability of their most probable tag, in 15 bins of equal width.
    pub bins: Vec<Bin>,
    /// How many words of a tag (row) were predicted to be of another (column).
    pub confusion: Row<Row<u32>>,
}

/// The words whose most probable tag has a probability within a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// How many there are.
    pub words: usize,
    /// The mean probability of the most probable tag.
    pub confidence: f64,
    /// The share of words whose most probable tag is theirs.
    pub accuracy: f64,
}

impl Measures {
    /// The measures of the marginals of each sentence.
    ///
    /// A tag of probability 0 that is there after all makes the log-loss infinite.
    pub fn new(sentences: &[Sentence], marginals: &[Vec<Row<f64>>]) -> Self {
        let mut sums = Self::nothing();
        for (sentence, rows) in sentences.iter().zip(marginals) {
            sentence.tags.iter().zip(rows).for_each(|(tag, row)| sums.add(*tag, row));
        }
        sums.divided()
    }

    fn nothing() -> Self {
        Self {
            words: 0,
            accuracy: 0.0,
            log_loss: 0.0,
            brier: 0.0,
            calibration_error: 0.0,
            bins: vec![Bin::default(); BINS],
            confusion: [[0; TAGS]; TAGS],
        }
    }

    fn add(&mut self, tag: Tag, marginal: &Row<f64>) {
        let predicted = Tag::largest(marginal);
        let (confidence, hit) = (marginal[predicted.index()], f64::from(predicted == tag));
        let bin = &mut self.bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *bin = Bin {
            words: bin.words + 1,
            confidence: bin.confidence + confidence,
            accuracy: bin.accuracy + hit,
        };
        let p = marginal[tag.index()];
        self.words += 1;
        self.accuracy += hit;
        self.log_loss -= p.ln();
        self.brier += marginal.iter().map(|p| p * p).sum::<f64>() + 1.0 - 2.0 * p;
        self.confusion[tag.index()][predicted.index()] += 1;
    }

    fn divided(mut self) -> Self {
        let words = self.words as f64;
        for sum in [&mut self.accuracy, &mut self.log_loss, &mut self.brier] {
            *sum /= words;
        }
        for bin in self.bins.iter_mut().filter(|bin| bin.words > 0) {
            self.calibration_error += (bin.confidence - bin.accuracy).abs() / words;
            bin.confidence /= bin.words as f64;
            bin.accuracy /= bin.words as f64;
        }
        self
    }
}
