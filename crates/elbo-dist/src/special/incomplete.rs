//! The regularized incomplete gamma and beta functions, on the host.

use std::f64::consts::PI;

use burn::tensor::Tensor;

use super::beta::lbeta_scalar;
use super::dual::{Dual, EPSILON, lentz};
use super::gamma::{digamma_scalar, lgamma_scalar, stirling_remainder};
use crate::place::constant_like;

/// `P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt`, for `a > 0` and `x ≥ 0`; NaN elsewhere. Differentiable in both.
///
/// A power series below `x = a + 1`, a continued fraction above. The error relative to the smaller of
/// `P` and `1 - P` is 1e-13 for `a` up to 1e4, beside that of rounding the arguments. Each element
/// takes about `50 + 6 √a` steps on the host, where the arguments are read to.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let (a, x) = (Tensor::<1>::from_floats([2.0], &device), Tensor::from_floats([1.0], &device));
/// assert!((elbo_dist::gammainc(a, x).into_scalar::<f32>() - 0.264_241_12).abs() < 1e-7); // 1 - 2/e
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 6.5.29 and 6.5.31; the derivative in `a` is that of these two.
pub fn gammainc<const D: usize>(a: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    on_host([a, x], |[a, x]| gammainc_scalar(a, x), gammainc_slopes)
}

/// `Q(a, x) = 1 - P(a, x)`, without that subtraction where it would cancel; as [`gammainc`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let (a, x) = (Tensor::<1>::from_floats([1.0], &device), Tensor::from_floats([50.0], &device));
/// assert!((elbo_dist::gammaincc(a, x).into_scalar::<f32>() / 1.928_749_8e-22 - 1.0).abs() < 1e-6);
/// ```
pub fn gammaincc<const D: usize>(a: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    let slopes = |at| gammainc_slopes(at).map(|slope| -slope);
    on_host([a, x], |[a, x]| gammaincc_scalar(a, x), slopes)
}

/// `I(a, b, x) = 1/B(a, b) ∫₀ˣ tᵃ⁻¹ (1 - t)ᵇ⁻¹ dt`, for positive `a` and `b` and `0 ≤ x ≤ 1`; NaN
/// elsewhere. Differentiable in all three.
///
/// A continued fraction in `x` below `(a + 1) / (a + b + 2)`, in `1 - x` above. The error relative to
/// the smaller of `I` and `1 - I` is 1e-12 for `a` and `b` up to 1e4, beside that of rounding the
/// arguments. On the host, as [`gammainc`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let [a, b, x] = [2.0, 3.0, 0.5].map(|x| Tensor::<1>::from_floats([x], &device));
/// assert_eq!(elbo_dist::betainc(a, b, x).into_scalar::<f32>(), 0.6875);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 26.5.8; Didonato & Morris (1992), *Algorithm 708*.
pub fn betainc<const D: usize>(a: Tensor<D>, b: Tensor<D>, x: Tensor<D>) -> Tensor<D> {
    on_host([a, b, x], |[a, b, x]| betainc_scalar(a, b, x), betainc_slopes)
}

/// [`gammainc`] of numbers on the host.
///
/// ```
/// assert!((elbo_dist::gammainc_scalar(0.5, 0.5) - 0.682_689_492_137_085_9).abs() < 1e-15);
/// ```
pub fn gammainc_scalar(a: f64, x: f64) -> f64 {
    match x.partial_cmp(&0.0) {
        Some(std::cmp::Ordering::Equal) if a > 0.0 => 0.0,
        Some(std::cmp::Ordering::Greater) if a > 0.0 && x < a + 1.0 => {
            gamma_weight(a, x) / a * gamma_series(a, x).value
        }
        _ => 1.0 - gammaincc_scalar(a, x),
    }
}

/// [`gammaincc`] of numbers on the host.
pub(crate) fn gammaincc_scalar(a: f64, x: f64) -> f64 {
    if !(a > 0.0 && x >= 0.0) {
        return f64::NAN;
    }
    if x == f64::INFINITY {
        return 0.0;
    }
    if x < a + 1.0 {
        return 1.0 - gammainc_scalar(a, x);
    }
    gamma_weight(a, x) * gamma_fraction(a, x).value
}

/// [`betainc`] of numbers on the host.
///
/// ```
/// assert!((elbo_dist::betainc_scalar(2.0, 3.0, 0.5) - 0.6875).abs() < 1e-14);
/// ```
pub fn betainc_scalar(a: f64, b: f64, x: f64) -> f64 {
    beta_tails(a, b, x, 1.0 - x)[0]
}

/// `I(a, b, x)` and `1 - I(a, b, x)`, for `x + y = 1`: with the digits of the smaller of `x` and `y`.
pub(super) fn beta_tails(a: f64, b: f64, x: f64, y: f64) -> [f64; 2] {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&x)) {
        return [f64::NAN; 2];
    }
    if x == 0.0 || y == 0.0 {
        return [x, y];
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        let upper = beta_weight(b, a, y, x) / b * beta_fraction([b, a], 0, y).value;
        return [1.0 - upper, upper];
    }
    let lower = beta_weight(a, b, x, y) / a * beta_fraction([a, b], 0, x).value;
    [lower, 1.0 - lower]
}

/// `d log x / da` of a draw `x` of `Γ(a, 1)` whose probability `P(a, x)` is held, by `log x`.
///
/// `-(∂P/∂a) / (x ∂P/∂x)`: the implicit derivative of the quantile. At shapes so small that `x`
/// underflows, `log x` still says it.
///
/// # References
/// Figurnov, Mohamed & Mnih (2018), *Implicit reparameterization gradients*, equation 5.
pub(crate) fn gamma_draw_slope(a: f64, log_x: f64) -> f64 {
    let x = log_x.exp();
    if x < a + 1.0 {
        let series = gamma_series(a, x);
        return -(series.value * (log_x - digamma_scalar(a + 1.0)) + series.slope) / a;
    }
    let fraction = gamma_fraction(a, x);
    fraction.value * (log_x - digamma_scalar(a)) + fraction.slope
}

/// The derivatives of `P(a, x)` by `a` and `x`.
pub(super) fn gammainc_slopes([a, x]: [f64; 2]) -> [f64; 2] {
    if x == 0.0 || x == f64::INFINITY {
        return [0.0, 0.0];
    }
    let weight = gamma_weight(a, x);
    [-weight * gamma_draw_slope(a, x.ln()), weight / x]
}

/// `I(a, b, σ(l))`: by log-odds, which have the digits of both `x` and `1 - x`. Differentiable in all three.
pub(crate) fn betainc_of_odds<const D: usize>(
    a: Tensor<D>,
    b: Tensor<D>,
    log_odds: Tensor<D>,
) -> Tensor<D> {
    let parts = |l: f64| [(1.0 + (-l).exp()).recip(), (1.0 + l.exp()).recip()];
    let value = |[a, b, l]: [f64; 3]| {
        let [x, y] = parts(l);
        beta_tails(a, b, x, y)[0]
    };
    on_host([a, b, log_odds], value, |[a, b, l]| {
        let [x, y] = parts(l);
        let [by_a, by_b, by_x] = beta_slopes(a, b, x, y);
        [by_a, by_b, by_x * x * y]
    })
}

/// The derivatives of `I(a, b, x)` by `a`, `b` and `x`.
pub(super) fn betainc_slopes([a, b, x]: [f64; 3]) -> [f64; 3] {
    beta_slopes(a, b, x, 1.0 - x)
}

/// The same, for `x + y = 1`.
pub(super) fn beta_slopes(a: f64, b: f64, x: f64, y: f64) -> [f64; 3] {
    if x == 0.0 || y == 0.0 {
        return [0.0; 3];
    }
    let by_x = beta_weight(a, b, x, y) / (x * y);
    if x > (a + 1.0) / (a + b + 2.0) {
        let [by_b, by_a] = beta_shape_slopes(b, a, y, x);
        return [-by_a, -by_b, by_x];
    }
    let [by_a, by_b] = beta_shape_slopes(a, b, x, y);
    [by_a, by_b, by_x]
}

/// The derivatives of `I(a, b, x)` by `a` and `b`, for `x` where the fraction converges; `y = 1 - x`.
fn beta_shape_slopes(a: f64, b: f64, x: f64, y: f64) -> [f64; 2] {
    let weight = beta_weight(a, b, x, y) / a;
    let both = digamma_scalar(a + b);
    let (by_a, by_b) = (beta_fraction([a, b], 0, x), beta_fraction([a, b], 1, x));
    [
        weight * (by_a.value * (x.ln() - digamma_scalar(a) + both - 1.0 / a) + by_a.slope),
        weight * (by_b.value * (y.ln() - digamma_scalar(b) + both) + by_b.slope),
    ]
}

/// `xᵃ e⁻ˣ / Γ(a)`. For large `a`, by Stirling's formula about the mode, where the three factors would
/// cancel.
fn gamma_weight(a: f64, x: f64) -> f64 {
    log_gamma_weight(a, x).exp()
}

pub(super) fn log_gamma_weight(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        return a * x.ln() - x - lgamma_scalar(a);
    }
    let exponent = -a * excess((x - a) / a, x / a) - stirling_remainder(a);
    0.5 * (a / (2.0 * PI)).ln() + exponent
}

/// `xᵃ yᵇ / B(a, b)` for `x + y = 1`, likewise.
fn beta_weight(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if a < 10.0 || b < 10.0 {
        return (a * x.ln() + b * y.ln() - lbeta_scalar(a, b)).exp();
    }
    let n = a + b;
    // x n / a - 1 = (x b - y a) / a, and y n / b - 1 = -(x b - y a) / b.
    let apart = x * b - y * a;
    let remainder = stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(n);
    let excess = a * excess(apart / a, x * n / a) + b * excess(-apart / b, y * n / b);
    let exponent = -excess - remainder;
    (a * b / (2.0 * PI * n)).sqrt() * exponent.exp()
}

/// `u - log(1 + u) ≥ 0` for `ratio = 1 + u`, by the series of `log((1 + r) / (1 - r))` in
/// `r = u / (2 + u)` near 0.
fn excess(u: f64, ratio: f64) -> f64 {
    if u.abs() > 0.5 {
        return u - ratio.ln();
    }
    let r = u / (2.0 + u);
    let square = r * r;
    let series = (1..30).rev().fold(0.0, |sum, k| sum * square + 1.0 / (2 * k + 1) as f64);
    r * (u - 2.0 * square * series)
}

/// `Σ xⁿ / ((a + 1) ⋯ (a + n))`, with its derivative by `a`: `P(a, x)` is this times
/// `xᵃ e⁻ˣ / Γ(a + 1)`.
pub(super) fn gamma_series(a: f64, x: f64) -> Dual {
    let mut term = Dual::from(1.0);
    let (mut sum, mut n) = (term, a);
    while term.value > sum.value * EPSILON || term.slope.abs() > sum.slope.abs() * EPSILON {
        n += 1.0;
        term = term * x / Dual { value: n, slope: 1.0 };
        sum = sum + term;
    }
    sum
}

/// The continued fraction that times `xᵃ e⁻ˣ / Γ(a)` is `Q(a, x)`, with its derivative by `a`.
pub(super) fn gamma_fraction(a: f64, x: f64) -> Dual {
    let a = Dual { value: a, slope: 1.0 };
    let start = Dual::from(x + 1.0) - a;
    let step = |n: f64| {
        let numerator = (a - n) * n;
        (numerator, start + 2.0 * n)
    };
    Dual::from(1.0) / lentz(start, step)
}

/// The continued fraction that times `xᵃ (1 - x)ᵇ / (a B(a, b))` is `I(a, b, x)`, with its derivative by
/// the shape of number `seed`.
fn beta_fraction(shapes: [f64; 2], seed: usize, x: f64) -> Dual {
    let dual = |i: usize| Dual { value: shapes[i], slope: f64::from(u8::from(i == seed)) };
    let (a, b) = (dual(0), dual(1));
    let step = |n: f64| {
        let m = (n / 2.0).floor();
        let double = a + 2.0 * m;
        let numerator = match n % 2.0 == 0.0 {
            true => (b - m) * (m * x) / ((double - 1.0) * double),
            false => (a + m) * (a + b + m) * -x / (double * (double + 1.0)),
        };
        (numerator, Dual::from(1.0))
    };
    Dual::from(1.0) / lentz(Dual::from(1.0), step)
}

/// [`on_host_with_value`] of slopes that do not need the value.
pub(crate) fn on_host<const D: usize, const N: usize>(
    arguments: [Tensor<D>; N],
    value: impl Fn([f64; N]) -> f64,
    slopes: impl Fn([f64; N]) -> [f64; N],
) -> Tensor<D> {
    on_host_with_value(arguments, value, |at, _| slopes(at))
}

/// `value` of each element, computed on the host; tracked arguments get its `slopes`, by the arguments and the value.
pub(crate) fn on_host_with_value<const D: usize, const N: usize>(
    arguments: [Tensor<D>; N],
    value: impl Fn([f64; N]) -> f64,
    slopes: impl Fn([f64; N], f64) -> [f64; N],
) -> Tensor<D> {
    let shape = arguments.iter().fold([1; D], |shape, argument| {
        let dims = argument.dims();
        std::array::from_fn(|axis| if shape[axis] == 1 { dims[axis] } else { shape[axis] })
    });
    let constants = arguments.clone().map(Tensor::inner);
    let columns =
        constants.clone().map(|x| x.expand(shape).into_data().iter::<f64>().collect::<Vec<_>>());
    let upload = |values: Vec<f64>| constant_like(&constants[0], values, shape);
    let elements = || (0..columns[0].len()).map(|i| columns.each_ref().map(|column| column[i]));
    let values: Vec<f64> = elements().map(value).collect();
    let mut result = upload(values.clone());
    if arguments.iter().any(Tensor::is_tracked) {
        let rows: Vec<[f64; N]> = elements().zip(values).map(|(at, y)| slopes(at, y)).collect();
        for (k, (argument, constant)) in arguments.into_iter().zip(constants.clone()).enumerate() {
            if argument.is_tracked() {
                let slope = upload(rows.iter().map(|row| row[k]).collect());
                result = (argument - constant) * slope + result;
            }
        }
    }
    result
}
