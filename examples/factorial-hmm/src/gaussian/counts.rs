//! Learning weights and variances.

use super::Gaussian;
use crate::numbers::{add, dot};
use crate::{Learn, Sizes};

/// Sums over steps under the posterior.
#[derive(Clone, Debug)]
pub struct GaussianCounts {
    /// `Σ E[s sᵀ]` of the states in one-hot form, `[ML, ML]`
    states: Vec<f64>,
    /// `Σ y E[s]ᵀ`, `[D, ML]`
    products: Vec<f64>,
    /// `Σ y²`, `[D]`
    squares: Vec<f64>,
    steps: f64,
}

/// The smallest variance that is learnt: with fewer steps than weights the likelihood has no largest value.
const LEAST_VARIANCE: f64 = 1e-6;

/// Rounds over the weights in one maximization.
const ROUNDS: usize = 50;

impl Learn for Gaussian {
    type Counts = GaussianCounts;

    fn no_counts(&self) -> GaussianCounts {
        let (width, dimensions) = (self.sizes.width(), self.variances.len());
        GaussianCounts {
            states: vec![0.0; width * width],
            products: vec![0.0; dimensions * width],
            squares: vec![0.0; dimensions],
            steps: 0.0,
        }
    }

    fn count(&self, y: &Vec<f64>, _: &(), q: &[f64], counts: &mut GaussianCounts) {
        let width = self.sizes.width();
        for (i, row) in counts.states.chunks_mut(width).enumerate() {
            row.iter_mut().enumerate().for_each(|(j, sum)| *sum += joint(self.sizes, q, i, j));
        }
        for (y, row) in y.iter().zip(counts.products.chunks_mut(width)) {
            row.iter_mut().zip(q).for_each(|(sum, q)| *sum += y * q);
        }
        counts.squares.iter_mut().zip(y).for_each(|(sum, y)| *sum += y * y);
        counts.steps += 1.0;
    }

    fn add(counts: &mut GaussianCounts, other: &GaussianCounts) {
        add(&mut counts.states, &other.states);
        add(&mut counts.products, &other.products);
        add(&mut counts.squares, &other.squares);
        counts.steps += other.steps;
    }

    /// Weights by rounds of exact minimization of `Σ E (y - W s)²`, one weight at a time, then variances by what is left.
    ///
    /// The normal equations of the paper's appendix A have no unique solution, as what one chain adds to all its states
    /// another can take away; single weights have one each, and no round makes the squares larger.
    fn maximize(&mut self, counts: &GaussianCounts) {
        let width = self.sizes.width();
        for (d, w) in self.weights.chunks_mut(width).enumerate() {
            let products = &counts.products[d * width..][..width];
            for _ in 0..ROUNDS {
                round(w, products, &counts.states);
            }
            let fit = w.iter().zip(counts.states.chunks(width)).map(|(own, row)| own * dot(row, w));
            let left = counts.squares[d] - 2.0 * dot(w, products) + fit.sum::<f64>();
            self.variances[d] = (left / counts.steps.max(1.0)).max(LEAST_VARIANCE);
        }
    }

    fn log_prior(&self) -> f64 {
        0.0
    }
}

/// `E[s_i s_j]` of two places of the one-hot states: chains are independent, and a chain is in one state.
fn joint(sizes: Sizes, q: &[f64], i: usize, j: usize) -> f64 {
    match i / sizes.states == j / sizes.states {
        true if i == j => q[i],
        true => 0.0,
        false => q[i] * q[j],
    }
}

/// Sets each weight to its best given the others; one whose state is never taken stays.
fn round(w: &mut [f64], products: &[f64], states: &[f64]) {
    let width = w.len();
    for i in 0..width {
        let row = &states[i * width..][..width];
        if row[i] > 0.0 {
            w[i] += (products[i] - dot(row, w)) / row[i];
        }
    }
}
