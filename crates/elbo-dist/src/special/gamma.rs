//! The gamma function and its kin.

use burn::tensor::{DType, Tensor};

use super::{polynomial, with_slope};
use crate::HALF_LN_TWO_PI;
use crate::quantile::horner;

/// `log Γ(x)` for `x > 0`, with derivative [`digamma`]; NaN elsewhere.
///
/// Stirling's series with 7 terms at `x ≥ n`; below, `Γ(x) = Γ(x + n) / (x (x + 1) ⋯ (x + n - 1))`,
/// with `n = 3` in `f32` and 8 in `f64`.
/// Error, relative to `max(1, |log Γ|)`: 2e-6 in `f32`, 5e-15 in `f64`. About 30 operations.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([5.0], &Device::flex());
/// assert!((elbo_dist::lgamma(x).into_scalar::<f32>() - 24.0_f32.ln()).abs() < 2e-6);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 6.1.41.
pub fn lgamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, lgamma_value, digamma)
}

/// `ψ(x) = d log Γ(x) / dx` for `x > 0`, with derivative [`trigamma`].
///
/// The asymptotic series with 7 terms at `x ≥ 3` in `f32` and 8 in `f64`, the recurrence
/// `ψ(x) = ψ(x + 1) - 1/x` below.
/// Error, relative to `max(1, |ψ|)`: 5e-7 in `f32`, 5e-15 in `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([1.0], &Device::flex());
/// assert!((elbo_dist::digamma(x).into_scalar::<f32>() + 0.577_215_66).abs() < 1e-6);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 6.3.18.
pub fn digamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, digamma_value, trigamma_value)
}

/// `ψ′(x) = d² log Γ(x) / dx²` for `x > 0`, with its derivative.
///
/// The asymptotic series with 7 terms and the recurrence `ψ′(x) = ψ′(x + 1) + 1/x²`, as in
/// [`digamma`]. Relative error below 6e-7 in `f32` and 5e-14 in `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([1.0], &Device::flex());
/// assert!((elbo_dist::trigamma(x).into_scalar::<f32>() - 1.644_934_1).abs() < 1e-6); // π² / 6
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 6.4.12.
pub fn trigamma<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, trigamma_value, tetragamma_value)
}

/// [`lgamma`] of a number on the host; NaN unless `x > 0`.
///
/// ```
/// assert!((elbo_dist::lgamma_scalar(0.5) - 0.572_364_942_924_700_1).abs() < 1e-14);
/// ```
pub fn lgamma_scalar(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    if x < SHIFT as f64 {
        let product: f64 = (0..SHIFT).map(|k| x + k as f64).product();
        return lgamma_scalar(x + SHIFT as f64) - product.ln();
    }
    let series = horner(&LGAMMA_SERIES, 1.0 / (x * x)) / x;
    (x - 0.5) * x.ln() - x + HALF_LN_TWO_PI + series
}

/// [`digamma`] of a number on the host; NaN unless `x > 0`.
///
/// ```
/// assert!((elbo_dist::digamma_scalar(0.5) + 1.963_510_026_021_423_5).abs() < 1e-14);
/// ```
pub fn digamma_scalar(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    if x < SHIFT as f64 {
        return digamma_scalar(x + 1.0) - 1.0 / x;
    }
    let series = horner(&DIGAMMA_SERIES, 1.0 / (x * x)) / (x * x);
    x.ln() - 0.5 / x - series
}

/// [`trigamma`] of a number on the host; NaN unless `x > 0`.
///
/// ```
/// assert!((elbo_dist::trigamma_scalar(0.5) - std::f64::consts::PI.powi(2) / 2.0).abs() < 1e-13);
/// ```
pub fn trigamma_scalar(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    if x < SHIFT as f64 {
        return trigamma_scalar(x + 1.0) + 1.0 / (x * x);
    }
    (1.0 + 0.5 / x + horner(&TRIGAMMA_SERIES, 1.0 / (x * x)) / (x * x)) / x
}

/// What Stirling's formula lacks of `log Γ(x)`, for large `x`.
pub(crate) fn stirling_remainder(x: f64) -> f64 {
    horner(&LGAMMA_SERIES, 1.0 / (x * x)) / x
}

/// Arguments below this are shifted up by as much before an asymptotic series is used: at 3 the
/// first term left out is 2e-9 for `log Γ` and 1e-8 for `ψ`, at 8 it is 8e-16 and 2e-15.
pub(super) fn shift(dtype: DType) -> usize {
    match dtype {
        DType::F32 => 3,
        _ => SHIFT,
    }
}

/// The [`shift`] of double precision.
pub(super) const SHIFT: usize = 8;

/// `B₂ₖ / (2k (2k - 1))`, the coefficients of `x¹⁻²ᵏ`.
const LGAMMA_SERIES: [f64; 7] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1260.0,
    -1.0 / 1680.0,
    1.0 / 1188.0,
    -691.0 / 360_360.0,
    1.0 / 156.0,
];

/// `B₂ₖ / 2k`, the coefficients of `x⁻²ᵏ`.
const DIGAMMA_SERIES: [f64; 7] = [
    1.0 / 12.0,
    -1.0 / 120.0,
    1.0 / 252.0,
    -1.0 / 240.0,
    1.0 / 132.0,
    -691.0 / 32_760.0,
    1.0 / 12.0,
];

/// `B₂ₖ`, the coefficients of `x⁻²ᵏ⁻¹`.
const TRIGAMMA_SERIES: [f64; 7] =
    [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0];

/// `(2k + 1) B₂ₖ`, the coefficients of `-x⁻²ᵏ⁻²`.
const TETRAGAMMA_SERIES: [f64; 7] = [
    3.0 / 6.0,
    -5.0 / 30.0,
    7.0 / 42.0,
    -9.0 / 30.0,
    55.0 / 66.0,
    -691.0 * 13.0 / 2730.0,
    105.0 / 6.0,
];

/// A function of `x` by its asymptotic series `large(z, 1/z)` at `z`, which is `x` or lies `n` above it;
/// there `step(x + k)` for each `k < n` takes the recurrence back to `x`.
fn recurrent<const D: usize>(
    x: Tensor<D>,
    large: impl FnOnce(Tensor<D>, Tensor<D>) -> Tensor<D>,
    step: impl Fn(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let shift = shift(x.dtype());
    let small = x.clone().lower_elem(shift as f64);
    let z = x.clone().mask_where(small.clone(), x.clone() + shift as f64);
    let steps = (1..shift).fold(step(x.clone()), |sum, k| sum + step(x.clone() + k as f64));
    large(z.clone(), z.recip()) + steps.mask_fill(small.bool_not(), 0.0)
}

pub(super) fn digamma_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let large = |z: Tensor<D>, inverse: Tensor<D>| {
        let square = inverse.clone().square();
        z.log() - inverse * 0.5 - square.clone() * polynomial(&DIGAMMA_SERIES, square)
    };
    recurrent(x, large, |x| -x.recip())
}

fn trigamma_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let large = |_, inverse: Tensor<D>| {
        let square = inverse.clone().square();
        let series = polynomial(&TRIGAMMA_SERIES, square.clone()) * square;
        (series + inverse.clone() * 0.5 + 1.0) * inverse
    };
    recurrent(x, large, |x| x.square().recip())
}

fn tetragamma_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let large = |_, inverse: Tensor<D>| {
        let square = inverse.clone().square();
        let series = polynomial(&TETRAGAMMA_SERIES, square.clone()) * square.clone();
        -(series + inverse + 1.0) * square
    };
    recurrent(x, large, |x| x.recip().powi_scalar(3) * -2.0)
}

/// What Stirling's formula lacks of `log Γ(x)`, for large `x`, given as `1/x`.
pub(super) fn remainder<const D: usize>(inverse: Tensor<D>) -> Tensor<D> {
    polynomial(&LGAMMA_SERIES, inverse.clone().square()) * inverse
}

pub(super) fn lgamma_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let outside = x.clone().lower_equal_elem(0.0);
    let shift = shift(x.dtype());
    let small = x.clone().lower_elem(shift as f64);
    let z = x.clone().mask_where(small.clone(), x.clone() + shift as f64);
    let inverse = z.clone().recip();
    let large = (z.clone() - 0.5) * z.clone().log() - z + HALF_LN_TWO_PI + remainder(inverse);
    let base = x.clamp_max(shift as f64);
    let product = (1..shift).fold(base.clone(), |product, k| product * (base.clone() + k as f64));
    let below = product.log().mask_fill(small.bool_not(), 0.0);
    (large - below).mask_fill(outside, f64::NAN)
}
