use elbo_report::kolmogorov_tail;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_on_the_median_is_half_away() {
        assert_eq!(ks_statistic(&[0.5], |x| x), 0.5);
        assert_eq!(ks_statistic(&[0.125, 0.25, 0.75], |x| x), 2.0 / 3.0 - 0.25);
    }
}
