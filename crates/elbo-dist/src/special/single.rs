//! Exponentials and logarithms by arithmetic alone, for results of single precision: loops over them are computed several
//! elements at a time.

use std::f64::consts::{LN_2, LOG2_E};

use crate::Elementwise;

/// `eˣ`, to a relative error of 3e-10 for `x` from -700 to 700, and what it is at the nearer of these elsewhere: rounded to single precision, 0
/// and infinite.
///
/// `2ⁿ eʳ` with `n` the whole number nearest to `x / log 2`, and `eʳ` by its series, in fused multiply-adds: slow where the program is
/// not compiled for a processor that has them, or chooses its instructions at run time as [`one_pass`](crate::one_pass) does.
///
/// ```
/// assert!((elbo_dist::exp_for_f32(1.0) / std::f64::consts::E - 1.0).abs() < 3e-10);
/// ```
#[inline(always)]
pub fn exp_for_f32(x: f64) -> f64 {
    // Comparisons that let NaN through.
    let x = if x < -700.0 { -700.0 } else { x };
    let x = if x > 700.0 { 700.0 } else { x };
    // Added to a number below 2⁵¹, this leaves the nearest whole number in the last bits.
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
    let shifted = x.mul_add(LOG2_E, ROUND);
    let r = (shifted - ROUND).mul_add(-LN_2, x);
    let series =
        [1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5];
    let exp = series.into_iter().chain([1.0, 1.0]).fold(0.0_f64, |sum, c| sum.mul_add(r, c));
    exp * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// `log((1 + y) / (1 - y))` for `y` from 0 to 1/3, to a relative error of 2e-10: `2 artanh y` by its series.
#[inline(always)]
fn log_of_odds(y: f64) -> f64 {
    let square = y * y;
    let odd = |i: i32| 1.0 / f64::from(2 * i + 1);
    let series = (0..9).rev().fold(0.0_f64, |sum, i| sum.mul_add(square, odd(i)));
    2.0 * y * series
}

/// `log(1 + e^-|x|)`, `1 / (1 + e⁻ˣ)` and `1 / (1 + eˣ)`.
#[inline(always)]
pub(crate) fn log1p_exp_neg_abs_for_f32(x: f64) -> [f64; 3] {
    let small = exp_for_f32(if x > 0.0 { -x } else { x });
    // One quotient for `1 / (1 + small)` and for the `y` whose log-odds are `log(1 + small)`, since quotients take longest.
    let (one, two) = (1.0 + small, 2.0 + small);
    let quotient = 1.0 / (one * two);
    let most = two * quotient;
    let least = small * most;
    let (up, down) = if x > 0.0 { (most, least) } else { (least, most) };
    [log_of_odds(small * one * quotient), up, down]
}

/// `log(1 + eˣ)` and its derivative.
pub(crate) struct SoftplusAndSlope;

impl Elementwise<1, 2> for SoftplusAndSlope {
    type Number = f64;

    #[inline(always)]
    fn at(&self, [x]: [f64; 1]) -> [f64; 2] {
        let [above, sigmoid, _] = log1p_exp_neg_abs_for_f32(x);
        [if x > 0.0 { x + above } else { above }, sigmoid]
    }
}

/// `1 / (1 + e⁻ˣ)` and its derivative.
pub(crate) struct SigmoidAndSlope;

impl Elementwise<1, 2> for SigmoidAndSlope {
    type Number = f64;

    #[inline(always)]
    fn at(&self, [x]: [f64; 1]) -> [f64; 2] {
        let [_, sigmoid, opposite] = log1p_exp_neg_abs_for_f32(x);
        [sigmoid, sigmoid * opposite]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_and_logarithms_are_those_of_the_standard_library() {
        for i in -70_000..=70_000 {
            let x = f64::from(i) * 0.01;
            assert!((exp_for_f32(x) / x.exp() - 1.0).abs() < 3e-10, "{x}");
            let share = (-x.abs()).exp();
            let [above, sigmoid, opposite] = log1p_exp_neg_abs_for_f32(x);
            assert!((above / share.ln_1p() - 1.0).abs() < 6e-10, "{x}");
            assert!((sigmoid * (1.0 + (-x).exp()) - 1.0).abs() < 6e-10, "{x}");
            assert!((opposite * (1.0 + x.exp()) - 1.0).abs() < 6e-10, "{x}");
        }
    }

    #[test]
    fn what_is_no_number_or_beyond_all_numbers_stays_so() {
        assert!(exp_for_f32(f64::NAN).is_nan());
        assert_eq!(exp_for_f32(f64::NEG_INFINITY) as f32, 0.0);
        assert_eq!(exp_for_f32(f64::INFINITY) as f32, f32::INFINITY);
        assert!(log1p_exp_neg_abs_for_f32(f64::NAN).iter().all(|x| x.is_nan()));
        for (x, up) in [(f64::INFINITY, 1.0), (f64::NEG_INFINITY, 0.0)] {
            let values = log1p_exp_neg_abs_for_f32(x).map(|value| value as f32);
            assert_eq!(values, [0.0, up, 1.0 - up]);
        }
    }
}
