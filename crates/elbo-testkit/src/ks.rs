use std::f64::consts::PI;

/// The p-value of the one-sample Kolmogorov-Smirnov test that `draws` come from the continuous
/// distribution function `cdf`.
///
/// It is asymptotic: to be used with a thousand draws or more.
///
/// ```
/// let grid: Vec<f64> = (0..1000).map(|i| (f64::from(i) + 0.5) / 1000.0).collect();
/// assert!(elbo_testkit::ks_test(&grid, |x| x) > 0.999); // uniform
/// assert!(elbo_testkit::ks_test(&grid, |x| x * x) < 1e-9); // not Beta(2, 1)
/// ```
///
/// # Panics
/// If there are no draws, or one is NaN.
pub fn ks_test(draws: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    kolmogorov_tail(ks_statistic(draws, cdf) * (draws.len() as f64).sqrt())
}

/// The largest distance between the empirical distribution function of `draws` and `cdf`:
/// `maxᵢ max(i/n - F(x₍ᵢ₎), F(x₍ᵢ₎) - (i - 1)/n)`.
///
/// ```
/// let distance = elbo_testkit::ks_statistic(&[0.5, 0.25], |x| x);
/// assert_eq!(distance, 0.5); // both draws lie at or below ½
/// ```
///
/// # Panics
/// If there are no draws, or one is NaN.
pub fn ks_statistic(draws: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    assert!(!draws.is_empty(), "no draws");
    assert!(!draws.iter().any(|x| x.is_nan()), "a draw is NaN");
    let mut sorted = draws.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let distances = sorted.iter().enumerate().map(|(i, &x)| {
        let (below, f) = (i as f64, cdf(x));
        ((below + 1.0) / n - f).max(f - below / n)
    });
    distances.fold(0.0, f64::max)
}

/// `P(K > λ) = 2 Σₖ (-1)ᵏ⁻¹ exp(-2 k² λ²)`, the limit of `P(√n D > λ)`.
///
/// Below `λ = 1` the equivalent `1 - √(2π)/λ Σₖ exp(-(2k - 1)² π² / 8λ²)` converges faster.
///
/// ```
/// assert!((elbo_testkit::kolmogorov_tail(1.0) - 0.269_999_671_677_355).abs() < 1e-14);
/// ```
///
/// # References
/// Kolmogorov (1933), *Sulla determinazione empirica di una legge di distribuzione*; the second
/// series: Feller (1948), *On the Kolmogorov-Smirnov limit theorems*.
pub fn kolmogorov_tail(lambda: f64) -> f64 {
    if lambda <= 0.0 {
        return 1.0;
    }
    if lambda < 1.0 {
        let term = |k: i32| (-(f64::from(2 * k - 1) * PI / lambda).powi(2) / 8.0).exp();
        return 1.0 - (2.0 * PI).sqrt() / lambda * (1..=4).map(term).sum::<f64>();
    }
    let term = |k: i32| f64::from(1 - 2 * (k % 2)) * (-2.0 * (f64::from(k) * lambda).powi(2)).exp();
    -2.0 * (1..=6).map(term).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    /// `scipy.special.kolmogorov`, SciPy 1.14.
    #[test]
    fn the_tail_is_that_of_scipy() {
        let lambda = [0.3, 0.5, 0.999_999_999, 1.000_000_001, 1.36, 2.0, 4.0];

        assert_close(&lambda.map(kolmogorov_tail), &SCIPY, 1e-13, 0.0);
    }

    const SCIPY: [f64; 7] = [
        0.9999906941986655,
        0.9639452436648751,
        0.26999967274930303,
        0.26999967060540586,
        0.049485876755377876,
        0.0006709252557796953,
        2.532833109818835e-14,
    ];

    #[test]
    fn a_draw_on_the_median_is_half_away() {
        assert_eq!(ks_statistic(&[0.5], |x| x), 0.5);
        assert_eq!(ks_statistic(&[0.125, 0.25, 0.75], |x| x), 2.0 / 3.0 - 0.25);
    }
}
