//! Means and variances.

/// The mean and the variance (with `n - 1`).
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sum_of_squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, sum_of_squares / (n - 1.0))
}
