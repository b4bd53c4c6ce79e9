//! The logarithm of the gamma function and its derivatives, for positive numbers.

use std::f64::consts::PI;

/// `log Γ(x)`, to 1e-14 of the larger of it and 1; NaN unless `x > 0`.
///
/// # References
/// Abramowitz & Stegun (1964), 6.1.41.
pub(crate) fn lgamma(x: f64) -> f64 {
    let (product, x) = shifted(x);
    let series = horner(&LGAMMA_SERIES, 1.0 / (x * x)) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series - product.ln()
}

/// `ψ(x) = d log Γ(x) / dx`, to 1e-14 of the larger of it and 1; NaN unless `x > 0`.
///
/// Below 6 by `ψ(x) = ψ(x + 1) - 1/x`, with the reciprocals over one denominator, since this is where inference spends its time.
///
/// # References
/// Abramowitz & Stegun (1964), 6.3.5 and 6.3.18.
pub(crate) fn digamma(x: f64) -> f64 {
    let (mut above, mut below, mut x) = (0.0, 1.0, positive(x));
    while x < DIGAMMA_FROM {
        above = above * x + below;
        below *= x;
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    x.ln() - 0.5 * inverse - horner(&DIGAMMA_SERIES, square) * square - above / below
}

/// `ψ′(x)`, to 1e-13 of itself; NaN unless `x > 0`.
///
/// # References
/// Abramowitz & Stegun (1964), 6.4.6 and 6.4.12.
pub(crate) fn trigamma(x: f64) -> f64 {
    let (mut sum, mut x) = (0.0, positive(x));
    while x < SHIFT {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    sum + (1.0 + 0.5 / x + horner(&TRIGAMMA_SERIES, square) * square) / x
}

/// The `x` with `ψ(x) = y`, by Newton's method.
///
/// # References
/// Minka (2000), *Estimating a Dirichlet distribution*, appendix C.
pub(crate) fn inverse_digamma(y: f64) -> f64 {
    let start = if y >= -2.22 { y.exp() + 0.5 } else { -1.0 / (y - digamma(1.0)) };
    // Five steps reach fourteen digits.
    (0..5).fold(start, |x, _| x - (digamma(x) - y) / trigamma(x))
}

/// Where the asymptotic series of `log Γ` and `ψ′` begin: their first term left out is below 1e-15 there.
const SHIFT: f64 = 8.0;

/// The same for `ψ`, with one term more.
const DIGAMMA_FROM: f64 = 6.0;

fn positive(x: f64) -> f64 {
    if x > 0.0 { x } else { f64::NAN }
}

/// `Π_k (x + k)`, and the first `x + k` that is not below the shift.
fn shifted(x: f64) -> (f64, f64) {
    let (mut product, mut x) = (1.0, positive(x));
    while x < SHIFT {
        product *= x;
        x += 1.0;
    }
    (product, x)
}

fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// `B₂ₖ / (2k (2k - 1))`, of `x¹⁻²ᵏ`.
const LGAMMA_SERIES: [f64; 7] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1260.0,
    -1.0 / 1680.0,
    1.0 / 1188.0,
    -691.0 / 360_360.0,
    1.0 / 156.0,
];

/// `B₂ₖ / 2k`, of `x⁻²ᵏ`.
const DIGAMMA_SERIES: [f64; 9] = [
    1.0 / 12.0,
    -1.0 / 120.0,
    1.0 / 252.0,
    -1.0 / 240.0,
    1.0 / 132.0,
    -691.0 / 32_760.0,
    1.0 / 12.0,
    -3617.0 / 8160.0,
    43_867.0 / 14_364.0,
];

/// `B₂ₖ`, of `x⁻¹⁻²ᵏ`.
const TRIGAMMA_SERIES: [f64; 8] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
];

#[cfg(test)]
mod tests {
    use super::{digamma, inverse_digamma, lgamma, trigamma};

    fn assert_close(found: f64, expected: f64, tolerance: f64) {
        let error = (found - expected).abs() / expected.abs().max(1.0);
        assert!(error < tolerance, "{found} for {expected}");
    }

    /// `x`, `log Γ(x)`, `ψ(x)` and `ψ′(x)`, computed with thirty digits.
    const KNOWN: [[f64; 4]; 8] = [
        [0.005, 5.295_451_799_982_128, -200.569_020_911_344_38, 40_001.632_994_156_75],
        [0.1, 2.252_712_651_734_206, -10.423_754_940_411_076, 101.433_299_150_792_76],
        [0.5, 0.572_364_942_924_700_1, -1.963_510_026_021_423_5, 4.934_802_200_544_679],
        [1.0, 0.0, -0.577_215_664_901_532_9, 1.644_934_066_848_226_4],
        [2.5, 0.284_682_870_472_919_2, 0.703_156_640_645_243_2, 0.490_357_756_100_234_85],
        [5.999, 4.785_785_715_780_557, 1.705_936_329_079_225_6, 0.181_355_751_384_338_6],
        [30.0, 71.257_038_967_168_01, 3.384_438_132_685_525, 0.033_895_060_357_739_944],
        [1e4, 82_099.717_496_442_38, 9.210_290_371_142_85, 0.000_100_005_000_166_666_66],
    ];

    /// The tolerances are those that the functions promise.
    #[test]
    fn known_values_are_met() {
        for [x, log_gamma, first, second] in KNOWN {
            assert_close(lgamma(x), log_gamma, 1e-14);
            assert_close(digamma(x), first, 1e-14);
            assert!((trigamma(x) / second - 1.0).abs() < 1e-13, "{x}");
        }
    }

    /// Newton's last step is as exact as `ψ`, whose error the slope divides.
    #[test]
    fn the_inverse_of_digamma_leads_back() {
        for [x, _, first, _] in KNOWN {
            assert!((inverse_digamma(first) / x - 1.0).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn numbers_that_are_not_positive_have_no_value() {
        for x in [0.0, -1.5, f64::NAN] {
            assert!(lgamma(x).is_nan() && digamma(x).is_nan() && trigamma(x).is_nan(), "{x}");
        }
    }
}
