//! The topics of documents, given those of words.

use rayon::prelude::*;

use crate::dirichlet::{divergence, geometric_means, log_normalizer, mean_logs};
use crate::{Document, Table, Term};

/// When the iterations of a document end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalLimits {
    /// The mean change of the concentrations `γ_k` in an iteration below which it is the last.
    pub tolerance: f64,
    /// The most iterations.
    pub most: usize,
}

impl Default for LocalLimits {
    fn default() -> Self {
        Self { tolerance: 1e-3, most: 100 }
    }
}

/// What does not change while documents are looked at: `α` and `exp(E log β)`.
pub(crate) struct Local<'a> {
    pub(crate) alpha: &'a [f64],
    pub(crate) weights: &'a Table,
    pub(crate) limits: LocalLimits,
}

impl Local<'_> {
    /// `γ` of documents of which nothing is known yet, `[D, K]`: tokens shared equally.
    pub(crate) fn start(&self, documents: &[&Document]) -> Vec<f64> {
        let share = |document: &Document| document.tokens() as f64 / self.alpha.len() as f64;
        let of = |document: &&Document| {
            let share = share(document);
            self.alpha.iter().map(move |alpha| alpha + share)
        };
        documents.iter().flat_map(of).collect()
    }

    /// Iterates each document to its optimum, from the `γ` given.
    pub(crate) fn infer(&self, documents: &[&Document], gammas: &mut [f64]) {
        let gammas = gammas.par_chunks_mut(self.alpha.len());
        gammas.zip(documents).for_each(|(gamma, document)| self.iterate(document, gamma));
    }

    /// Iterates each document from the `γ` given and from a fresh start, and keeps that of the larger bound.
    ///
    /// The first alone would never fall below where it began, but keeps a document with the topics that it took while those were vague.
    pub(crate) fn infer_afresh(&self, documents: &[&Document], gammas: &mut [f64]) {
        let normalizer = log_normalizer(self.alpha);
        let gammas = gammas.par_chunks_mut(self.alpha.len());
        gammas.zip(documents).for_each(|(gamma, document)| {
            let mut fresh = self.start(&[document]);
            self.iterate(document, &mut fresh);
            self.iterate(document, gamma);
            let bound = |gamma: &[f64]| self.bound_of(document, gamma, normalizer);
            if bound(&fresh) > bound(gamma) {
                gamma.copy_from_slice(&fresh);
            }
        });
    }

    /// The terms of the bound that documents have, in their order.
    pub(crate) fn bound(&self, documents: &[&Document], gammas: &[f64]) -> f64 {
        let normalizer = log_normalizer(self.alpha);
        let of =
            |(gamma, document): (&[f64], &&Document)| self.bound_of(document, gamma, normalizer);
        let gammas = gammas.par_chunks(self.alpha.len());
        gammas.zip(documents).map(of).collect::<Vec<f64>>().iter().sum()
    }

    /// `Σ_w n_w log Σ_k exp(E log θ_k + E log β_kw) - KL(q(θ) ‖ p(θ))`, with `φ` at its optimum.
    fn bound_of(&self, document: &Document, gamma: &[f64], normalizer: f64) -> f64 {
        let theta = geometric_means(gamma);
        let log = |term: &Term| f64::from(term.count) * self.share(term.word, &theta).ln();
        let words: f64 = document.terms.iter().map(log).sum();
        words - divergence(gamma, self.alpha, normalizer)
    }

    /// The expected counts of words in topics, `Σ_d n_dw φ_dwk` `[V, K]`.
    ///
    /// Each word gathers from its documents in their order, so that threads change no sum.
    pub(crate) fn counts(&self, documents: &[&Document], gammas: &[f64]) -> Table {
        let topics = self.alpha.len();
        let thetas: Vec<_> = gammas.par_chunks(topics).map(geometric_means).collect();
        let mut by_word = vec![Vec::new(); self.weights.words()];
        let per_share = |(document, theta): (&&Document, &Vec<f64>)| -> Vec<f64> {
            let terms = document.terms.iter();
            terms.map(|term| f64::from(term.count) / self.share(term.word, theta)).collect()
        };
        let per_share: Vec<_> = documents.par_iter().zip(&thetas).map(per_share).collect();
        for (place, (document, ratios)) in documents.iter().zip(per_share).enumerate() {
            for (term, ratio) in document.terms.iter().zip(ratios) {
                by_word[term.word].push((place, ratio));
            }
        }
        Table::of_words(self.weights.words(), topics, |word, row| {
            for (place, ratio) in &by_word[word] {
                add(row, *ratio, &thetas[*place]);
            }
            row.iter_mut().zip(self.weights.row(word)).for_each(|(sum, weight)| *sum *= weight);
        })
    }

    /// `Σ_d E log θ_dk / D`
    pub(crate) fn mean_logs(&self, gammas: &[f64]) -> Vec<f64> {
        let topics = self.alpha.len();
        let mut sums = vec![0.0; topics];
        for gamma in gammas.chunks(topics) {
            sums.iter_mut().zip(mean_logs(gamma)).for_each(|(sum, log)| *sum += log);
        }
        let documents = (gammas.len() / topics) as f64;
        sums.into_iter().map(|sum| sum / documents).collect()
    }

    /// `φ_wk ∝ exp(E log θ_k + E log β_kw)`, then `γ_k = α_k + Σ_w n_w φ_wk`, until `γ` stays.
    ///
    /// Each raises the bound or leaves it, so any number of iterations does.
    fn iterate(&self, document: &Document, gamma: &mut [f64]) {
        for _ in 0..self.limits.most {
            let theta = geometric_means(gamma);
            let mut sums = vec![0.0; gamma.len()];
            for term in &document.terms {
                let row = self.weights.row(term.word);
                add(&mut sums, f64::from(term.count) / dot(row, &theta), row);
            }
            let mut change = 0.0;
            for (k, gamma) in gamma.iter_mut().enumerate() {
                let next = self.alpha[k] + theta[k] * sums[k];
                change += (next - *gamma).abs();
                *gamma = next;
            }
            if change < self.limits.tolerance * gamma.len() as f64 {
                break;
            }
        }
    }

    /// `Σ_k exp(E log θ_k + E log β_kw)`
    fn share(&self, word: usize, theta: &[f64]) -> f64 {
        dot(self.weights.row(word), theta)
    }
}

/// `Σ_k a_k b_k`, in four sums that a processor can keep side by side.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums[0] + sums[1] + (sums[2] + sums[3]) + rest
}

/// `sums += factor * row`
fn add(sums: &mut [f64], factor: f64, row: &[f64]) {
    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
}
