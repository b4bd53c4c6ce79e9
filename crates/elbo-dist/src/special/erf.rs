//! The error function and the standard normal distribution function.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

use burn::tensor::{DType, Tensor};

use super::exp_log::log1p_value;
use super::{polynomial, with_slope};
use crate::quantile::{self, Rational};

/// `erf x = 2/√π ∫₀ˣ e^-t² dt`, with derivative `2/√π e^-x²`.
///
/// A polynomial in `x²` below 1, [`erfc`] above. Relative error below 3e-7 in `f32` and 5e-16 in
/// `f64`. About 70 operations in `f32`, 110 in `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([1e-4], &Device::flex());
/// assert!((elbo_dist::erf(x).into_scalar::<f32>() / 1.128_379_1e-4 - 1.0).abs() < 3e-7);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 7.1.1.
pub fn erf<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, erf_value, |x| gaussian(x, 1.0) * FRAC_2_SQRT_PI)
}

/// `erfc x = 1 - erf x`, without that subtraction where it would cancel; its derivative is
/// `-2/√π e^-x²`.
///
/// `e^-x² P(t) / (1 + 2x)` for `x ≥ 0`, with a polynomial `P` of degree 11 in `f32` and 22 in `f64` in
/// `t = (x - 3.75) / (x + 3.75)`; `2 - erfc(-x)` below. Relative error below 6e-7 in `f32` and 1e-15
/// in `f64`, wherever the result is a normal number. About 50 operations in `f32`, 70 in `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([9.0], &Device::flex());
/// assert!((elbo_dist::erfc(x).into_scalar::<f32>() / 4.137_031_7e-37 - 1.0).abs() < 6e-7);
/// ```
///
/// # References
/// Shepherd & Laframboise (1981), *Chebyshev approximation of (1 + 2x) exp(x²) erfc x*; the
/// coefficients here are our own, by the same map.
pub fn erfc<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, erfc_value, |x| gaussian(x, 1.0) * -FRAC_2_SQRT_PI)
}

/// The inverse of [`erf`] on `(-1, 1)`: `±∞` at the ends, NaN outside; its derivative is
/// `√π/2 e^y²` at the result `y`.
///
/// By the rational approximations of [`normal_quantile`](crate::normal_quantile). Relative error
/// below 5e-7 in `f32` and 2e-15 in `f64`, beside that of rounding the argument. About 70 operations.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([0.5], &Device::flex());
/// assert!((elbo_dist::erfinv(x).into_scalar::<f32>() - 0.476_936_28).abs() < 1e-6);
/// ```
///
/// # References
/// Wichura (1988), *Algorithm AS 241*, PPND7 and PPND16.
pub fn erfinv<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let value = |x: Tensor<D>| {
        let tail = x.clone().abs().neg() * 0.5 + 0.5;
        quantile_value(x * 0.5, tail) * FRAC_1_SQRT_2
    };
    with_slope(x, value, |x| (value(x).square()).exp() * (0.5 * PI.sqrt()))
}

/// The standard normal distribution function `Φ(x) = ½ erfc(-x/√2)`, with derivative `φ(x)`.
///
/// Relative error below 6e-7 in `f32` and 1e-15 in `f64`, wherever the result is a normal number.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([-10.0], &Device::flex());
/// assert!((elbo_dist::ndtr(x).into_scalar::<f32>() / 7.619_853e-24 - 1.0).abs() < 6e-7);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 26.2.29.
pub fn ndtr<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, ndtr_value, |x| gaussian(x, 0.5) * (FRAC_1_SQRT_2 / PI.sqrt()))
}

/// `log Φ(x)`, with derivative `φ(x) / Φ(x)`.
///
/// `-x²/2 + log(½ e^(x²/2) erfc(-x/√2))` for `x < 0`, where the second term is of the size of `log |x|`;
/// `log(1 - Φ(-x))` above. Relative error below 1e-6 in `f32` and 2e-15 in `f64`, at any argument
/// whose square is finite.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([-1000.0], &Device::flex());
/// assert!((elbo_dist::log_ndtr(x).into_scalar::<f32>() / -500_007.83 - 1.0).abs() < 1e-6);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 26.2.29 and 7.1.23, whose leading factor is taken out.
pub fn log_ndtr<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let value = |x: Tensor<D>| {
        let z = x.clone().abs() * FRAC_1_SQRT_2;
        let below = (erfcx(z) * 0.5).log() - x.clone().square() * 0.5;
        let above = log1p_value(ndtr_value(x.clone().neg()).neg());
        above.mask_where(x.lower_elem(0.0), below)
    };
    let slope = |x: Tensor<D>| {
        let hazard = erfcx(x.clone().abs() * FRAC_1_SQRT_2).recip() * (SQRT_2 / PI.sqrt());
        let density = gaussian(x.clone(), 0.5) * (FRAC_1_SQRT_2 / PI.sqrt());
        (density / ndtr_value(x.clone())).mask_where(x.lower_elem(0.0), hazard)
    };
    with_slope(x, value, slope)
}

/// The standard normal quantile `Φ⁻¹(p)`: `∓∞` at 0 and 1, NaN outside; its derivative is
/// `1 / φ(Φ⁻¹(p))`.
///
/// Relative error below 5e-7 in `f32` and 2e-15 in `f64`, beside that of rounding `p`. About 70
/// operations.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let p = Tensor::<1>::from_floats([0.975], &Device::flex());
/// assert!((elbo_dist::ndtri(p).into_scalar::<f32>() - 1.959_964).abs() < 1e-6);
/// ```
///
/// # References
/// Wichura (1988), *Algorithm AS 241*, PPND7 and PPND16.
pub fn ndtri<const D: usize>(p: Tensor<D>) -> Tensor<D> {
    let value = |p: Tensor<D>| {
        let above = p.clone().greater_elem(0.5);
        let tail = p.clone().mask_where(above, p.clone().neg() + 1.0);
        quantile_value(p - 0.5, tail)
    };
    with_slope(p, value, |p| gaussian(value(p), 0.5).recip() * (SQRT_2 * PI.sqrt()))
}

/// `Φ⁻¹(½ + q)`, where `tail` is `½ - |q|` with its own digits.
fn quantile_value<const D: usize>(q: Tensor<D>, tail: Tensor<D>) -> Tensor<D> {
    let [centre, middle, far] = match q.dtype() {
        DType::F32 => &quantile::SINGLE,
        _ => &quantile::DOUBLE,
    };
    let ratio =
        |r: Tensor<D>, of: &Rational| polynomial(of.over, r.clone()) / polynomial(of.under, r);
    let inner = q.clone() * ratio(q.clone().square().neg() + 0.180_625, centre);
    let r = tail.log().neg().sqrt();
    let beyond = ratio(r.clone() - 5.0, far);
    let beyond = ratio(r.clone() - 1.6, middle).mask_where(r.clone().greater_elem(5.0), beyond);
    let infinite = r.is_inf();
    let outer = beyond.mask_fill(infinite, f64::INFINITY) * q.clone().sign();
    outer.mask_where(q.abs().lower_equal_elem(0.425), inner)
}

fn erf_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let coefficients: &[f64] = if x.dtype() == DType::F32 { &ERF_F32 } else { &ERF_F64 };
    let near = x.clone() * polynomial(coefficients, x.clone().square());
    let far = (erfc_value(x.clone().abs()).neg() + 1.0) * x.clone().sign();
    far.mask_where(x.abs().lower_elem(1.0), near)
}

fn erfc_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let magnitude = x.clone().abs();
    let right = gaussian(magnitude.clone(), 1.0) * erfcx(magnitude);
    right.clone().mask_where(x.lower_elem(0.0), right.neg() + 2.0)
}

fn ndtr_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let magnitude = x.clone().abs();
    let left = gaussian(magnitude.clone(), 0.5) * erfcx(magnitude * FRAC_1_SQRT_2) * 0.5;
    left.clone().mask_where(x.greater_elem(0.0), left.neg() + 1.0)
}

/// `e^(-w x²)` for `w` of 1 or ½, without the rounding of `x²`: with `h` the part of `|x|` above its
/// last four binary places, `e^(-w h²) e^(-w (|x|-h)(|x|+h))`, where `h²` is exact.
fn gaussian<const D: usize>(x: Tensor<D>, weight: f64) -> Tensor<D> {
    let x = x.abs().clamp_max(100.0); // where the result is 0 already
    let high = (x.clone() * 16.0).floor() / 16.0;
    let rest = (x.clone() - high.clone()) * (x + high.clone());
    (high.square() * -weight).exp() * (rest * -weight).exp()
}

/// `e^x² erfc x` for `x ≥ 0`.
fn erfcx<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let coefficients: &[f64] = if x.dtype() == DType::F32 { &ERFCX_F32 } else { &ERFCX_F64 };
    let t = (x.clone() + 3.75).recip() * -7.5 + 1.0;
    polynomial(coefficients, t) / (x * 2.0 + 1.0)
}

/// `(1 + 2x) e^x² erfc x` in powers of `(x - 3.75) / (x + 3.75)`, to 2e-16.
const ERFCX_F64: [f64; 23] = [
    1.237_512_630_837_827_5,
    -0.140_240_598_585_545_25,
    0.003_585_415_485_479_025_7,
    0.082_276_738_489_995_06,
    -0.108_803_930_142_444_62,
    0.092_304_321_164_281_25,
    -0.058_693_398_576_649_34,
    0.028_362_277_372_111_14,
    -0.009_746_579_683_265_262,
    0.001_755_626_165_197_065_2,
    0.000_293_714_378_044_958,
    -0.000_290_155_352_460_776_55,
    5.164_652_974_177_416e-5,
    2.238_756_571_491_181_6e-5,
    -1.143_804_803_334_689_4e-5,
    -9.792_625_707_303_523e-7,
    1.741_982_158_622_481_6e-6,
    -5.084_465_378_687_302e-8,
    -2.485_712_624_801_674_5e-7,
    1.879_082_322_370_048e-8,
    3.197_926_671_666_804e-8,
    -1.955_135_886_898_561_6e-9,
    -2.623_107_347_133_476e-9,
];

/// The same, to 2e-8.
const ERFCX_F32: [f64; 12] = [
    1.237_512_619_267_7,
    -0.140_240_658_321_386_4,
    0.003_586_270_394_024_618,
    0.082_278_419_983_470_46,
    -0.108_814_270_149_050_69,
    0.092_290_769_591_303_78,
    -0.058_646_858_735_546_14,
    0.028_409_252_364_127_26,
    -0.009_844_494_859_674_952,
    0.001_675_912_217_981_131,
    0.000_396_307_612_989_362_7,
    -0.000_224_116_746_744_160_22,
];

/// `erf x / x` in powers of `x²` below 1, to 1e-17.
const ERF_F64: [f64; 12] = [
    FRAC_2_SQRT_PI,
    -0.376_126_389_031_835_43,
    0.112_837_916_709_451_3,
    -0.026_866_170_643_256_995,
    0.005_223_977_607_269_946,
    -0.000_854_832_598_254_322_5,
    0.000_120_552_951_126_670_01,
    -1.492_474_078_537_757_6e-5,
    1.644_747_119_059_461_8e-6,
    -1.620_882_985_681_020_2e-7,
    1.372_152_040_635_109_4e-8,
    -7.798_543_850_549_947e-10,
];

/// The same, to 4e-8.
const ERF_F32: [f64; 6] = [
    1.128_379_127_392_747_3,
    -0.376_123_497_845_414_1,
    0.112_803_644_080_327_45,
    -0.026_716_385_096_640_73,
    0.004_923_277_665_221_193,
    -0.000_565_410_585_976_038_8,
];
