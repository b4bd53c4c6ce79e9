//! Whether chains agree.

use crate::moments::moments;

/// The potential scale reduction `R̂` of chains of one number, each split into halves: near 1 where they agree.
///
/// `R̂² = ((n - 1) / n · W + B / n) / W`, with `n` the length of a half, `W` the mean of the variances of the halves and `B / n` the variance
/// of their means.
///
/// It is NaN without any variance, or where a chain has fewer than four draws: nothing can be said then.
///
/// # Shapes
/// A list of draws a chain, of one length; of longer ones the last draws, and of an odd length the middle draw, are left out.
///
/// # Example
/// ```
/// use elbo_report::split_r_hat;
///
/// // The halves have means 1.5, 3.5, 2.5 and 4.5, of variance 5/3, and variance ½: R̂² = (½ · ½ + 5/3) / ½.
/// let r_hat = split_r_hat(&[vec![1.0, 2.0, 3.0, 4.0], vec![2.0, 3.0, 4.0, 5.0]]);
/// assert!((r_hat - (23.0_f64 / 6.0).sqrt()).abs() < 1e-12);
/// ```
///
/// # References
/// Gelman, Carlin, Stern, Dunson, Vehtari & Rubin 2013, "Bayesian Data Analysis", third edition, equations 11.3 and 11.4.
pub fn split_r_hat(chains: &[Vec<f64>]) -> f64 {
    let length = chains.iter().map(Vec::len).min().unwrap_or(0);
    let n = length / 2;
    if n < 2 {
        return f64::NAN;
    }
    let halves = chains.iter().flat_map(|chain| [&chain[..n], &chain[length - n..length]]);
    let (means, variances): (Vec<f64>, Vec<f64>) = halves.map(moments).unzip();
    let between = moments(&means).1;
    let within = moments(&variances).0;
    let n = n as f64;
    (((n - 1.0) / n * within + between) / within).sqrt()
}
