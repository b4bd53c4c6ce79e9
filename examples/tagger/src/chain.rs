//! Chains of tags: sums over all sequences.

use crate::{Row, TAGS, Tag};

/// The scores of pairs of tags: row `i` for what follows tag `i`, and the last row for what starts a sentence.
pub type Transitions<F> = [Row<F>; TAGS + 1];

/// The row of [`Transitions`] for what starts a sentence.
pub const START: usize = TAGS;

/// A chain of tags `y_1 .. y_T`, each given its scores and its neighbour, on the scale of logarithms:
///
/// `log p(y) = Σ_t [ s_t(y_t) + w(y_{t-1}, y_t) ] - log Z`
///
/// A score of `-∞` rules a tag out.
///
/// # Example
/// ```
/// use tagger::{Chain, TAGS};
///
/// let (scores, transitions) = ([[0.0; TAGS]; 3], [[0.0; TAGS]; TAGS + 1]);
/// let chain = Chain { scores: &scores, transitions: &transitions };
/// let sums = chain.sums();
/// assert!((sums.log_normalizer - 3.0 * 17.0_f64.ln()).abs() < 1e-12);
/// assert!((sums.tags[1][4] - 1.0 / 17.0).abs() < 1e-12);
/// ```
///
/// # References
/// Lafferty, McCallum & Pereira (2001), *Conditional random fields*, section 3; Rabiner (1989), *A tutorial on hidden Markov models*, section
/// III.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    /// `s_t`, the scores of the tags at each place.
    pub scores: &'a [Row<f64>],
    /// `w`, the scores of pairs.
    pub transitions: &'a Transitions<f64>,
}

/// What is summed over all sequences of tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// `log Z`
    pub log_normalizer: f64,
    /// `p(y_t)` at each place.
    pub tags: Vec<Row<f64>>,
    /// `Σ_t p(y_{t-1}, y_t)`, the expected number of each pair.
    pub pairs: Transitions<f64>,
}

impl Chain<'_> {
    /// The score of one sequence, before normalization.
    pub fn score(&self, tags: &[Tag]) -> f64 {
        let mut last = START;
        let mut sum = 0.0;
        for (scores, tag) in self.scores.iter().zip(tags) {
            sum += scores[tag.index()] + self.transitions[last][tag.index()];
            last = tag.index();
        }
        sum
    }

    /// The normalizer, the marginals of tags and the expected number of pairs, by the forward-backward algorithm.
    ///
    /// Messages are kept as logarithms whose largest is about 0, so that no length of a sentence overflows.
    pub fn sums(&self) -> Sums {
        let factors = Factors::new(self.transitions);
        let (forward, log_normalizer) = self.forward(&factors);
        let mut sums = Sums { log_normalizer, tags: forward, pairs: [[0.0; TAGS]; TAGS + 1] };
        self.backward(&factors, &mut sums);
        sums
    }

    /// `log p(y_t | s_1 .. s_t)` at each place, and `log Z`.
    fn forward(&self, factors: &Factors) -> (Vec<Row<f64>>, f64) {
        let (mut log_normalizer, mut messages) = (0.0, Vec::with_capacity(self.scores.len()));
        let mut last: Option<Row<f64>> = None;
        for scores in self.scores {
            let mut message = last.map_or(self.transitions[START], |last| factors.forward(&last));
            message.iter_mut().zip(scores).for_each(|(m, score)| *m += score);
            let total = log_sum_exp(&message);
            message.iter_mut().for_each(|m| *m -= total);
            log_normalizer += total;
            last = Some(message);
            messages.push(message);
        }
        (messages, log_normalizer)
    }

    /// Turns forward messages into marginals, and adds up pairs.
    fn backward(&self, factors: &Factors, sums: &mut Sums) {
        let mut message = [0.0; TAGS];
        for t in (0..self.scores.len()).rev() {
            let mut marginal: Row<f64> = std::array::from_fn(|i| sums.tags[t][i] + message[i]);
            let total = log_sum_exp(&marginal);
            marginal.iter_mut().for_each(|m| *m = (*m - total).exp());
            sums.tags[t] = marginal;
            if t == 0 {
                sums.pairs[START] = marginal;
                return;
            }
            // From here the message is of what comes in at t: its score and all that follows.
            message.iter_mut().zip(&self.scores[t]).for_each(|(m, score)| *m += score);
            let before = sums.tags[t - 1];
            factors.add_pairs(&before, &message, &mut sums.pairs);
            message = factors.backward(&message);
        }
    }
}

/// `exp(w - largest)`: pairs are summed over as products, which is an exponential a tag in place of one a pair.
struct Factors {
    of: Vec<Row<f64>>,
    largest: f64,
}

impl Factors {
    fn new(transitions: &Transitions<f64>) -> Self {
        let pairs = &transitions[..START];
        let largest = pairs.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        let of = pairs.iter().map(|row| row.map(|w| (w - largest).exp())).collect();
        Self { of, largest }
    }

    /// `log Σ_i exp(m_i + w_ij)`
    fn forward(&self, message: &Row<f64>) -> Row<f64> {
        let (weights, top) = exp_less_top(message);
        let mut sums = [0.0; TAGS];
        for (row, weight) in self.of.iter().zip(weights) {
            sums.iter_mut().zip(row).for_each(|(sum, factor)| *sum += weight * factor);
        }
        sums.map(|sum| sum.ln() + top + self.largest)
    }

    /// `log Σ_j exp(w_ij + m_j)`, less what all tags share.
    fn backward(&self, message: &Row<f64>) -> Row<f64> {
        let (weights, _) = exp_less_top(message);
        std::array::from_fn(|i| dot(&self.of[i], &weights).ln())
    }

    /// Adds `p(y_{t-1} = i, y_t = j)` from what comes in from both sides.
    fn add_pairs(&self, before: &Row<f64>, after: &Row<f64>, pairs: &mut Transitions<f64>) {
        let ((left, _), (right, _)) = (exp_less_top(before), exp_less_top(after));
        let total: f64 = (0..TAGS).map(|i| left[i] * dot(&self.of[i], &right)).sum();
        for (i, row) in self.of.iter().enumerate() {
            let weight = left[i] / total;
            for j in 0..TAGS {
                pairs[i][j] += weight * row[j] * right[j];
            }
        }
    }
}

fn dot(a: &Row<f64>, b: &Row<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `exp(x - top)` and the largest, `top`.
fn exp_less_top(x: &Row<f64>) -> (Row<f64>, f64) {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (x.map(|x| (x - top).exp()), top)
}

/// `log Σ_i exp(x_i)`
pub(crate) fn log_sum_exp(x: &Row<f64>) -> f64 {
    let (weights, top) = exp_less_top(x);
    weights.iter().sum::<f64>().ln() + top
}

/// The probabilities of scores, `exp(x_i) / Σ_j exp(x_j)`.
pub(crate) fn softmax(x: &Row<f64>) -> Row<f64> {
    let (weights, _) = exp_less_top(x);
    let total: f64 = weights.iter().sum();
    weights.map(|weight| weight / total)
}
