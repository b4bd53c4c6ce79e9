//! Means and variances.

/// The mean and the variance, `Σ (x - mean)² / (n - 1)`: not a number for one value.
///
/// # Example
/// ```
/// assert_eq!(elbo_report::moments(&[1.0, 2.0, 6.0]), (3.0, 7.0));
/// ```
pub fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sum_of_squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, sum_of_squares / (n - 1.0))
}
