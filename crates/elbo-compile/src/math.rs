//! Exponential, logarithm and hyperbolic tangent without branches, so that loops over them become vector instructions.

use std::f32::consts::{LOG2_E, SQRT_2};

/// `eˣ`, off by 2 units in the last place at most.
///
/// `eˣ = 2ⁿ eʳ` for the integer `n` nearest to `x / log 2`, with a polynomial for `eʳ`.
///
/// # References
/// Moshier (1992), *Cephes Mathematical Library*, `expf`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// Added to a number below 2²², leaves its nearest integer in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-104.0, 89.0);
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        p = p * r + coefficient;
    }
    // In two factors: 2ⁿ itself may be out of range.
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let half = n >> 1;
    (p * r * r + r + 1.0) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `log x`, off by 2 units in the last place at most; `-∞` at 0 and NaN below.
///
/// `log x = e log 2 + log m` for `x = 2ᵉ m` with `m` about 1, and a polynomial for `log m`.
///
/// # References
/// Moshier (1992), *Cephes Mathematical Library*, `logf`.
#[inline(always)]
pub(crate) fn log(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let bits = (if tiny { x * 8_388_608.0 } else { x }).to_bits();
    let exponent = (bits >> 23) as i32 - if tiny { 149 } else { 126 };
    let m = f32::from_bits(bits & 0x007f_ffff | 0x3f00_0000); // in [½, 1)
    let low = m < SQRT_2 / 2.0;
    let e = (exponent - i32::from(low)) as f32;
    let m = if low { m + m } else { m } - 1.0;
    let mut p = 7.037_683_6e-2;
    for coefficient in [
        -0.115_146_1,
        0.116_769_98,
        -0.124_201_41,
        0.142_493_23,
        -0.166_680_57,
        0.200_007_15,
        -0.249_999_94,
        0.333_333_3,
    ] {
        p = p * m + coefficient;
    }
    let square = m * m;
    let tail = p * m * square + e * -2.121_944_4e-4 - 0.5 * square;
    let value = m + tail + e * 0.693_359_4;
    let value = if x == f32::INFINITY { x } else { value };
    let value = if x == 0.0 { f32::NEG_INFINITY } else { value };
    if x >= 0.0 { value } else { f32::NAN }
}

/// `tanh x`, off by 3 units in the last place at most.
///
/// # References
/// Moshier (1992), *Cephes Mathematical Library*, `tanhf`.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let square = x * x;
    let mut p = -5.704_988_7e-3;
    for coefficient in [2.063_909e-2, -5.373_971_6e-2, 0.133_314_42, -0.333_332_8] {
        p = p * square + coefficient;
    }
    let far = (1.0 - 2.0 / (exp(size + size) + 1.0)).copysign(x);
    if size < 0.625 { p * square * x + x } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest distance from the exact value, in units of its last place.
    fn error(found: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, points: [f32; 2]) -> f64 {
        let [from, to] = points;
        let point = |i: u32| from + (to - from) * (i as f32 / 200_000.0);
        let errors = (0..=200_000).map(point).map(|x| {
            let exact = exact(f64::from(x));
            let unit = f64::from((exact as f32).abs().max(f32::MIN_POSITIVE))
                * f64::from(f32::EPSILON)
                / 2.0;
            (f64::from(found(x)) - exact).abs() / unit
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn exponentials_and_logarithms_are_right_to_two_units_in_the_last_place_and_tangents_to_three()
    {
        assert!(error(exp, f64::exp, [-87.0, 88.0]) < 2.0);
        assert!(error(exp, f64::exp, [-1.0, 1.0]) < 2.0);
        assert!(error(log, f64::ln, [1e-3, 2.0]) < 2.0);
        assert!(error(log, f64::ln, [1.0, 1e30]) < 2.0);
        assert!(error(tanh, f64::tanh, [-12.0, 12.0]) < 3.0);
    }

    #[test]
    fn ends_are_those_of_the_functions() {
        assert_eq!([exp(0.0), exp(-200.0), exp(f32::NEG_INFINITY)], [1.0, 0.0, 0.0]);
        assert_eq!([exp(200.0), exp(f32::INFINITY)], [f32::INFINITY; 2]);
        assert_eq!(
            [log(0.0), log(1.0), log(f32::INFINITY)],
            [f32::NEG_INFINITY, 0.0, f32::INFINITY]
        );
        assert!((log(1e-40) - -92.103_4).abs() < 1e-4);
        assert_eq!([tanh(0.0), tanh(100.0), tanh(-100.0)], [0.0, 1.0, -1.0]);
        assert!(
            [exp(f32::NAN), log(f32::NAN), log(-1.0), tanh(f32::NAN)].iter().all(|x| x.is_nan())
        );
    }
}
