//! Numbers that are sums of what the chains add.

use rand::Rng;

use crate::error::{check_length, check_numbers};
use crate::numbers::{dot, normal};
use crate::{Emission, HmmError, Sizes};

mod counts;

pub use counts::GaussianCounts;

/// `y ~ N(Σ_m W_m(s_m), C)` with a diagonal `C`.
///
/// With the means `μ_m = Σ_l q_m(l) W_m(l)` of what the chains add, the expectation under independent chains is exact:
///
/// `E_q[log p(y | s)] = log N(y; Σ_m μ_m, C) - ½ Σ_d Σ_m (E_q[W_md²] - μ_md²) / C_d`
///
/// # Example
/// ```
/// use factorial_hmm::{Emission, Gaussian, Sizes};
///
/// // One chain of two states that adds -1 or 1; both are as likely, and y is 0.
/// let gaussian = Gaussian::new(Sizes::new(1, 2), &[-1.0, 1.0], &[1.0]).unwrap();
/// let expected = gaussian.expected_log_prob(&vec![0.0], &(), &[0.5, 0.5]);
/// assert!((expected + 0.5 * (2.0 * std::f64::consts::PI).ln() + 0.5).abs() < 1e-12);
/// ```
///
/// # References
/// Ghahramani & Jordan (1997), *Factorial hidden Markov models*, equation 4.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    sizes: Sizes,
    /// `W`, `[D, M, L]`
    weights: Vec<f64>,
    /// The diagonal of `C`, `[D]`
    variances: Vec<f64>,
}

impl Gaussian {
    /// Weights `W`, `[D, M, L]`, and variances `C`, `[D]`.
    ///
    /// # Errors
    /// [`HmmError::Setting`], [`HmmError::Length`] and [`HmmError::Number`].
    pub fn new(sizes: Sizes, weights: &[f64], variances: &[f64]) -> Result<Self, HmmError> {
        sizes.check()?;
        let axes = "dimensions x chains x states";
        check_length("weights", axes, weights.len(), variances.len() * sizes.width())?;
        check_numbers("weights", weights, "finite", f64::is_finite)?;
        let is_variance = |c: f64| c.is_finite() && c > 0.0;
        check_numbers("variances", variances, "finite and more than 0", is_variance)?;
        Ok(Self { sizes, weights: weights.to_vec(), variances: variances.to_vec() })
    }

    /// Weights drawn from `N(0, 1)`, all with one variance.
    ///
    /// # Errors
    /// [`HmmError::Setting`] and [`HmmError::Number`].
    pub fn drawn(
        sizes: Sizes,
        dimensions: usize,
        variance: f64,
        rng: &mut impl Rng,
    ) -> Result<Self, HmmError> {
        let weights = Vec::from_iter((0..dimensions * sizes.width()).map(|_| normal(rng)));
        Self::new(sizes, &weights, &vec![variance; dimensions])
    }

    /// `W`, `[D, M, L]`
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The diagonal of `C`, `[D]`
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// `W` of one dimension, `[M, L]`.
    fn of(&self, dimension: usize) -> &[f64] {
        &self.weights[dimension * self.sizes.width()..][..self.sizes.width()]
    }

    /// The numbers, each with its weights and its variance.
    fn each<'a>(&'a self, y: &'a [f64]) -> impl Iterator<Item = (f64, &'a [f64], f64)> {
        y.iter().enumerate().map(|(d, y)| (*y, self.of(d), self.variances[d]))
    }

    /// `Σ_m W_m(s_m)` of one dimension.
    fn mean(&self, weights: &[f64], states: &[usize]) -> f64 {
        states.iter().enumerate().map(|(m, s)| weights[m * self.sizes.states + s]).sum()
    }
}

/// `log N(y; mean, variance)`
fn log_normal(y: f64, mean: f64, variance: f64) -> f64 {
    -0.5 * ((y - mean).powi(2) / variance + (2.0 * std::f64::consts::PI * variance).ln())
}

impl Emission for Gaussian {
    /// `y`, `[D]`
    type Step = Vec<f64>;
    /// The expectation is exact.
    type Local = ();

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn check(&self, _: usize, y: &Vec<f64>) -> Result<(), HmmError> {
        check_length("a step", "dimensions", y.len(), self.variances.len())?;
        check_numbers("a step", y, "finite", f64::is_finite)
    }

    fn log_prob(&self, y: &Vec<f64>, states: &[usize]) -> f64 {
        self.each(y).map(|(y, w, variance)| log_normal(y, self.mean(w, states), variance)).sum()
    }

    fn sample(&self, states: &[usize], rng: &mut impl Rng) -> Vec<f64> {
        let dimensions = 0..self.variances.len();
        let draw =
            |d: usize| self.mean(self.of(d), states) + self.variances[d].sqrt() * normal(rng);
        dimensions.map(draw).collect()
    }

    fn local(&self, _: &Vec<f64>, _: &[f64]) {}

    fn expected_log_prob(&self, y: &Vec<f64>, _: &(), marginals: &[f64]) -> f64 {
        let of = |(y, w, variance): (f64, &[f64], f64)| {
            let (mut mean, mut spread) = (0.0, 0.0);
            for m in 0..self.sizes.chains {
                let (q, w) = (&marginals[self.sizes.of(m)], &w[self.sizes.of(m)]);
                let added = dot(q, w);
                mean += added;
                spread += q.iter().zip(w).map(|(q, w)| q * (w - added).powi(2)).sum::<f64>();
            }
            log_normal(y, mean, variance) - 0.5 * spread / variance
        };
        self.each(y).map(of).sum()
    }

    /// `Σ_d (W_md(s) ỹ_d - ½ W_md(s)²) / C_d`, where `ỹ` is what the other chains leave of `y`.
    fn potentials(&self, y: &Vec<f64>, _: &(), marginals: &[f64], chain: usize, into: &mut [f64]) {
        into.fill(0.0);
        let own = self.sizes.of(chain);
        for (y, w, variance) in self.each(y) {
            let rest = y - dot(marginals, w) + dot(&marginals[own.clone()], &w[own.clone()]);
            for (into, w) in into.iter_mut().zip(&w[own.clone()]) {
                *into += w * (rest - 0.5 * w) / variance;
            }
        }
    }
}
