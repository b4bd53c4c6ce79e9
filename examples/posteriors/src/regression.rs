//! What the linear regressions share: `y ~ N(βᵀ x, σ²)`, with a row of `x` an observation.

use elbo::prelude::*;

/// An outcome, and what predicts it.
#[derive(Clone, Debug)]
pub struct Data {
    /// The predictors `[D, N]`, one row a coefficient.
    pub x: Tensor<2>,
    /// The outcome `[1, N]`.
    pub y: Tensor<2>,
}

impl Data {
    /// `predictors` of as many numbers each as the outcome has.
    pub fn new(outcome: Vec<f64>, predictors: &[Vec<f64>], place: &Place) -> Self {
        let (d, n) = (predictors.len(), outcome.len());
        Self { x: place.tensor(predictors.concat(), [d, n]), y: place.tensor(outcome, [1, n]) }
    }

    /// With 1 before the other predictors.
    pub fn with_intercept(outcome: Vec<f64>, predictors: &[Vec<f64>], place: &Place) -> Self {
        let ones = vec![1.0; outcome.len()];
        Self::new(outcome, &[&[ones], predictors].concat(), place)
    }
}

/// Flat in `β` and in `σ > 0`.
pub fn flat(t: &mut Trace, d: &Data) {
    let sigma = t.sample("sigma", Flat::new(Support::Positive)); // [S, 1]
    outcome(t, d, sigma);
}

/// Flat in `β`; `σ ~ Cauchy⁺(0, 2.5)`.
pub fn half_cauchy(t: &mut Trace, d: &Data) {
    let sigma = t.sample("sigma", HalfCauchy::new(2.5)); // [S, 1]
    outcome(t, d, sigma);
}

fn outcome(t: &mut Trace, d: &Data, sigma: Tensor<2>) {
    let beta = t.sample("beta", Flat::new(Support::Real).iid([1, d.x.dims()[0]])); // [S, D]
    t.observe("y", Normal::new(beta.matmul(d.x.clone()), sigma), d.y.clone()); // [1, N]
}

/// The logarithm of each number.
pub(crate) fn log(numbers: &[f64]) -> Vec<f64> {
    numbers.iter().map(|x| x.ln()).collect()
}

/// The product of two predictors.
pub(crate) fn product(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

/// The numbers less their mean.
pub(crate) fn centred(numbers: &[f64]) -> Vec<f64> {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    numbers.iter().map(|x| x - mean).collect()
}

/// The numbers less their mean over twice their deviation (with `N - 1`).
pub(crate) fn standardized(numbers: &[f64]) -> Vec<f64> {
    let centred = centred(numbers);
    let squares: f64 = centred.iter().map(|x| x * x).sum();
    let deviation = (squares / (numbers.len() as f64 - 1.0)).sqrt();
    centred.iter().map(|x| x / (2.0 * deviation)).collect()
}
