//! Tests of shares that are uniform where a fit is calibrated.
//!
//! A share `u` is judged in two parts that are independent where it is uniform: the side of `u - ½` by
//! [`symmetry`], which sees biased means, and the size `|2u - 1|` by [`spread`], which sees biased widths.

use std::f64::consts::PI;

/// Distances from the middle that are closer than this are tied: shares are multiples of one over the draws of a fit.
const TIED: f64 = 1e-9;

/// The p-value of the test that shares are symmetric about a half, by the Kolmogorov-Smirnov distance of the
/// distribution functions of `u` and of `1 - u`.
///
/// From the outermost share to the innermost, that distance is the largest of `|S₁|, …, |Sₙ|` over `n`, where `S` steps up
/// for a share above a half and down for one below: a fair walk, so that the p-value is exact. Ties make it too large.
/// (That of the test of two samples would be far too small, for the two are not independent.)
///
/// # References
/// Butler (1969), *A test for symmetry using the sample distribution function*; Yao, Vehtari, Simpson & Gelman (2018), §3.2.
pub(crate) fn symmetry(shares: &[f64]) -> f64 {
    if shares.iter().any(|share| share.is_nan()) {
        return f64::NAN;
    }
    let middle = |share: &&f64| (**share - 0.5).abs() > TIED;
    let mut sides: Vec<f64> = shares.iter().filter(middle).map(|share| share - 0.5).collect();
    sides.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    let (mut sum, mut largest) = (0_i64, 0);
    for (i, side) in sides.iter().enumerate() {
        sum += if *side > 0.0 { 1 } else { -1 };
        let inner = sides.get(i + 1).map_or(0.0, |next| next.abs());
        if side.abs() - inner > TIED {
            largest = sum.unsigned_abs().max(largest);
        }
    }
    walk_tail(sides.len(), largest)
}

/// `P(max |Sₖ| ≥ m)` over the first `n` steps of a fair walk.
///
/// `1 - 1/m Σⱼ (-1)ʲ cosⁿ(a) cot(a / 2)`, `a = (2j + 1) π / 2m`, `j < m`: the eigenvalues of the walk that is absorbed at `±m`.
///
/// # References
/// Feller (1968), *An introduction to probability theory and its applications* I, XIV.5.
fn walk_tail(n: usize, m: u64) -> f64 {
    if m == 0 {
        return 1.0;
    }
    let inside = (0..m).map(|j| {
        let angle = (2 * j + 1) as f64 * PI / (2 * m) as f64;
        let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
        sign * angle.cos().powi(n as i32) / (angle / 2.0).tan()
    });
    (1.0 - inside.sum::<f64>() / m as f64).clamp(0.0, 1.0)
}

/// The p-value of the test that `|2u - 1|` is uniform, by its Kolmogorov-Smirnov distance.
///
/// It is that of the limit at `(√n + 0.12 + 0.11 / √n) D`, which is good to a few percent from five shares on.
///
/// # References
/// Stephens (1970), *Use of the Kolmogorov-Smirnov, Cramér-von Mises and related statistics without extensive tables*.
pub(crate) fn spread(shares: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = shares.iter().map(|share| (2.0 * share - 1.0).abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let n = sizes.len() as f64;
    let distances = sizes.iter().enumerate().map(|(i, size)| {
        let below = i as f64;
        ((below + 1.0) / n - size).max(size - below / n)
    });
    kolmogorov_tail((n.sqrt() + 0.12 + 0.11 / n.sqrt()) * distances.fold(0.0, f64::max))
}

/// `P(K > λ) = 2 Σₖ (-1)ᵏ⁻¹ exp(-2 k² λ²)`, the limit of `P(√n D > λ)`.
///
/// Below `λ = 1` the equivalent `1 - √(2π)/λ Σₖ exp(-(2k - 1)² π² / 8λ²)` converges faster.
///
/// # Example
/// ```
/// assert!((elbo_report::kolmogorov_tail(1.0) - 0.269_999_671_677_355).abs() < 1e-14);
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

    /// Powers of the middles of `n` equal parts, as sizes on alternating sides of a half.
    fn shares(n: usize, power: f64) -> Vec<f64> {
        let sizes = (0..n).map(|i| ((i as f64 + 0.5) / n as f64).powf(power));
        let side = |i: usize| if i.is_multiple_of(2) { 0.5 } else { -0.5 };
        sizes.enumerate().map(|(i, size)| 0.5 + side(i) * size).collect()
    }

    fn assert_close(number: f64, expected: f64, error: f64) {
        assert!((number - expected).abs() <= error, "{number} is not {expected}");
    }

    /// `1 - Σ` of the distribution of the walk that is absorbed at `±m`, step by step by NumPy.
    #[test]
    fn the_tail_of_the_walk_is_that_of_its_steps() {
        let expected = [
            (1, 1, 1.0),
            (10, 4, 0.453125),
            (10, 6, 0.130859375),
            (100, 20, 0.09208813247250036),
            (100, 35, 0.0008175543348536429),
            (2000, 100, 0.05071905153271006),
        ];
        for (n, m, tail) in expected {
            assert_close(walk_tail(n, m), tail, 1e-12);
        }
    }

    /// All sides of 6 shares: the p-value is the part of them that is as far from even.
    #[test]
    fn the_test_of_symmetry_is_exact() {
        let statistic = |signs: u32| {
            let step = |i: u32| if signs >> i & 1 == 1 { 1_i32 } else { -1 };
            (0..6)
                .scan(0, |sum, i| {
                    *sum += step(i);
                    Some(sum.abs())
                })
                .max()
        };
        for signs in 0..64 {
            let side = |i: u32| if signs >> i & 1 == 1 { 0.05 } else { -0.05 };
            let shares: Vec<f64> = (0..6).map(|i| 0.5 + side(i) * (9 - i) as f64).collect();
            let as_far = (0..64).filter(|other| statistic(*other) >= statistic(signs)).count();
            assert_close(symmetry(&shares), as_far as f64 / 64.0, 1e-12);
        }
    }

    /// Shares that mirror each other step up and down at once.
    #[test]
    fn ties_are_symmetric() {
        assert_eq!(symmetry(&[0.1, 0.9, 0.3, 0.7, 0.5]), 1.0);
        assert_eq!(symmetry(&[0.5, 0.5]), 1.0);
        assert_close(symmetry(&[0.1, 0.1]), 0.5, 1e-12);
        assert!(symmetry(&[0.1, f64::NAN]).is_nan());
    }

    /// `scipy.stats.kstest(sizes, "uniform", method="exact")`, SciPy 1.17.
    #[test]
    fn the_test_of_spread_is_near_that_of_scipy() {
        let scipy = [
            (5, 0.7772951367776458, 0.02),
            (20, 0.3758568935140475, 0.01),
            (40, 0.1178068096886209, 0.002),
            (100, 0.0034365824643011354, 1e-4),
        ];
        for (n, p, error) in scipy {
            assert_close(spread(&shares(n, 1.6)), p, error);
        }
    }

    /// `scipy.special.kolmogorov`, SciPy 1.17.
    #[test]
    fn the_limit_is_that_of_scipy() {
        let scipy = [
            (0.3, 0.9999906941986655),
            (0.5, 0.9639452436648751),
            (1.0, 0.26999967167735456),
            (1.36, 0.049485876755377876),
            (2.0, 0.0006709252557796953),
        ];
        for (lambda, tail) in scipy {
            assert_close(kolmogorov_tail(lambda), tail, 1e-13);
        }
        assert_eq!(kolmogorov_tail(0.0), 1.0);
    }
}
