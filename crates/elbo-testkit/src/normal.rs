use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// The distribution function of the standard normal, `½ (1 + erf(x / √2))`; absolute error 1e-15.
///
/// ```
/// assert!((elbo_testkit::normal_cdf(1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
/// ```
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

/// `erf x = 2/√π e^(-x²) Σₙ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!`, a series without cancellation; absolute error
/// 1e-15.
///
/// ```
/// assert!((elbo_testkit::erf(0.5) - 0.520_499_877_813_046_5).abs() < 1e-15);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 7.1.6.
pub fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum(); // 1 - erf 6 = 2e-17
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
        if term.abs() <= f64::EPSILON * 1e-2 * sum.abs() {
            break;
        }
    }
    FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    /// `scipy.special.erf`, SciPy 1.14.
    #[test]
    fn erf_is_that_of_scipy() {
        let x = [0.0, 1e-10, 0.1, 1.0, -2.0, 3.5, 5.9, 7.0, -40.0];
        assert_close(&x.map(erf), &SCIPY, 0.0, 1e-15);
    }

    const SCIPY: [f64; 9] = [
        0.0,
        1.1283791670955126e-10,
        0.1124629160182849,
        0.8427007929497148,
        -0.9953222650189527,
        0.9999992569016276,
        0.9999999999999999,
        1.0,
        -1.0,
    ];
}
