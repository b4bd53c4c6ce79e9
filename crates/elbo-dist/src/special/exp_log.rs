//! Exponentials and logarithms that keep their digits.

use std::f64::consts::LN_2;

use burn::tensor::{Bool, DType, Tensor, activation};

use super::single::{SigmoidAndSlope, SoftplusAndSlope};
use super::{polynomial, with_slope, with_slopes};
use crate::linearized;
use crate::one_pass::{is_on_host, one_node};

/// `log(1 + x)`, for `x ≥ -1`.
///
/// With `u = 1 + x` rounded, `log u + (x - (u - 1)) / u`: the second summand gives back what the
/// rounding of `u` lost. Relative error below 2e-7 in `f32` and 3e-16 in `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([1e-9], &Device::flex());
/// assert_eq!(elbo_dist::log1p(x).into_scalar::<f32>(), 1e-9);
/// ```
///
/// # References
/// Goldberg (1991), *What every computer scientist should know about floating-point arithmetic*, theorem 4, makes good
/// the same rounding by a factor.
pub fn log1p<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, log1p_value, |x| (x + 1.0).recip())
}

/// `log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|)`, with derivative `σ(x)`.
///
/// Relative error below 3e-7 in `f32` and 4e-16 in `f64`, wherever the result is a normal number.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([-20.0], &Device::flex());
/// assert!((elbo_dist::softplus(x).into_scalar::<f32>() / 2.061_153_6e-9 - 1.0).abs() < 1e-6);
/// ```
///
/// # References
/// Mächler (2012), *Accurately computing log(1 - exp(-|a|))*.
pub fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let at_once = one_node([(&x).into()], SoftplusAndSlope);
    at_once.unwrap_or_else(|| with_slope(x, softplus_value, sigmoid_value))
}

/// `σ(x) = 1 / (1 + e⁻ˣ)`, with derivative `σ(x) (1 - σ(x))`.
///
/// Relative error below 3e-7 in `f32` and 1e-15 in `f64`, until `σ(x)` underflows.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([-20.0], &Device::flex());
/// assert!((elbo_dist::sigmoid(x).into_scalar::<f32>() / 2.061_153_6e-9 - 1.0).abs() < 1e-6);
/// ```
///
/// # References
/// Mächler (2012), *Accurately computing log(1 - exp(-|a|))*: no exponential of a positive number.
pub fn sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let slope = |x: Tensor<D>| sigmoid_value(x.clone()) * sigmoid_value(-x);
    let at_once = one_node([(&x).into()], SigmoidAndSlope);
    at_once.unwrap_or_else(|| with_slope(x, sigmoid_value, slope))
}

/// `log σ(x) = -log(1 + e⁻ˣ)`, with derivative `σ(-x)`; as exact as [`softplus`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([18.0], &Device::flex());
/// assert!((elbo_dist::log_sigmoid(x).into_scalar::<f32>() / -1.522_997_9e-8 - 1.0).abs() < 1e-6);
/// ```
///
/// # References
/// Mächler (2012), *Accurately computing log(1 - exp(-|a|))*.
pub fn log_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    -softplus(-x)
}

/// `log Σ exp x` over `dim`, which keeps size 1; its derivatives are the shares `exp x / Σ exp x`.
///
/// The maximum is taken out first; all `-∞` gives `-∞`, and the gradient 0. Error, relative to
/// the larger of 1, the maximum and the result: 2e-7 in `f32`, 1e-15 in `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<2>::from_floats([[1000.0, 1000.0]], &Device::flex());
/// let y: f32 = elbo_dist::logsumexp(x, 1).into_scalar();
/// assert_eq!(y, 1000.0 + 2.0_f32.ln());
/// ```
///
/// # References
/// Blanchard, Higham & Higham (2021), *Accurately computing the log-sum-exp and softmax functions*.
pub fn logsumexp<const D: usize>(x: Tensor<D>, dim: usize) -> Tensor<D> {
    let constant = x.clone().inner();
    let (centred, max) = below_max(constant.clone(), dim);
    let parts = centred.exp();
    let whole = parts.clone().sum_dim(dim);
    let value = whole.clone().log() + max;
    if !x.is_tracked() {
        return value;
    }
    let never = constant.equal_elem(f64::NEG_INFINITY);
    let shares = (parts / whole).mask_fill(never, 0.0);
    linearized(value, vec![(x, shares.into())])
}

/// `x - log Σ exp x` over `dim`, without adding the maximum and taking it away again.
pub(crate) fn log_softmax<const D: usize>(x: Tensor<D>, dim: usize) -> Tensor<D> {
    let (centred, _) = below_max(x, dim);
    centred.clone() - centred.exp().sum_dim(dim).log()
}

/// `x - max x` and `max x` over `dim`, with 0 for an infinite maximum.
fn below_max<const D: usize>(x: Tensor<D>, dim: usize) -> (Tensor<D>, Tensor<D>) {
    let max = x.clone().inner().max_dim(dim);
    let max = max.clone().mask_fill(max.is_inf(), 0.0);
    (x - max.clone(), max)
}

/// `eˣ - 1`, with derivative `eˣ`.
///
/// With `u = eˣ` rounded, `(u - 1) x / log u`: numerator and denominator lose the same. Relative error
/// below 3e-7 in `f32` and 5e-16 in `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([-1e-9], &Device::flex());
/// assert_eq!(elbo_dist::expm1(x).into_scalar::<f32>(), -1e-9);
/// ```
///
/// # References
/// Higham (2002), *Accuracy and Stability of Numerical Algorithms*, section 1.14.1 (by Kahan).
pub fn expm1<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    with_slope(x, expm1_value, Tensor::exp)
}

/// `log(1 - eˣ)` for `x < 0`, with derivative `-1 / (e⁻ˣ - 1)`; `-∞` at 0 and NaN above.
///
/// `log(-expm1 x)` above `-log 2`, `log1p(-eˣ)` below. Relative error below 4e-7 in `f32` and 1e-15 in
/// `f64`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([-1e-10], &Device::flex());
/// assert!((elbo_dist::log1mexp(x).into_scalar::<f32>() + 23.025_851).abs() < 1e-5);
/// ```
///
/// # References
/// Mächler (2012), *Accurately computing log(1 - exp(-|a|))*.
pub fn log1mexp<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let value = |x: Tensor<D>| {
        let far = log1p_value(x.clone().exp().neg());
        let near = expm1_value(x.clone()).neg().log();
        far.mask_where(x.greater_elem(-LN_2), near)
    };
    with_slope(x, value, |x| expm1_value(x.neg()).recip().neg())
}

/// `log(eˣ + eʸ) = max(x, y) + log(1 + e^-|x - y|)`, with derivatives `σ(x - y)` and `σ(y - x)`. Error, relative to the
/// larger of 1 and the result, as that of [`softplus`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([1000.0], &Device::flex());
/// let y: f32 = elbo_dist::logaddexp(x.clone(), x).into_scalar();
/// assert_eq!(y, 1000.0 + 2.0_f32.ln());
/// ```
///
/// # References
/// Blanchard, Higham & Higham (2021), *Accurately computing the log-sum-exp and softmax functions*.
pub fn logaddexp<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    let value = |x: Tensor<D>, y: Tensor<D>| {
        let distance = x.clone() - y.clone();
        let distance = distance.clone().mask_fill(distance.is_nan(), 0.0); // both are -∞
        x.max_pair(y) + log1p_exp_neg_abs(distance)
    };
    let slopes = |x: Tensor<D>, y: Tensor<D>| {
        let distance = x - y;
        [sigmoid_value(distance.clone()), sigmoid_value(-distance)]
    };
    with_slopes(x, y, value, slopes)
}

/// `log p - log(1 - p)`.
pub(crate) fn log_odds<const D: usize>(p: Tensor<D>) -> Tensor<D> {
    p.clone().log() - log1p(-p)
}

/// `x log y`, and 0 where `x` is 0, whatever `y`; its derivatives are `log y` (0 where that is infinite
/// and `x` is 0) and `x / y`. The error is that of a logarithm and a product, by the definition itself.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<1>::from_floats([0.0], &Device::flex());
/// assert_eq!(elbo_dist::xlogy(x.clone(), x).into_scalar::<f32>(), 0.0);
/// ```
pub fn xlogy<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    times(x, y, log_value, Tensor::recip)
}

/// `x log(1 + y)`, and 0 where `x` is 0, whatever `y`; its derivatives are `log(1 + y)` (0 where that is
/// infinite and `x` is 0) and `x / (1 + y)`. The error is that of [`log1p`] and a product.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let (x, y) = (Tensor::<1>::ones([1], &device), Tensor::from_floats([1e-9], &device));
/// assert_eq!(elbo_dist::xlog1py(x, y).into_scalar::<f32>(), 1e-9);
/// ```
pub fn xlog1py<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    times(x, y, log1p_value, |y| (y + 1.0).recip())
}

/// `x log(y)`, and 0 where `x` is 0, for a `log` with derivative `slope`.
fn times<const D: usize>(
    x: Tensor<D>,
    y: Tensor<D>,
    log: impl Fn(Tensor<D>) -> Tensor<D>,
    slope: impl Fn(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let zero = |x: &Tensor<D>, dims| x.clone().expand(dims).equal_elem(0.0);
    let or_zero = |product: Tensor<D>, x: &Tensor<D>| {
        let zero = zero(x, product.dims());
        product.mask_fill(zero, 0.0)
    };
    let value = |x: Tensor<D>, y: Tensor<D>| or_zero(x.clone() * log(y), &x);
    let slopes = |x: Tensor<D>, y: Tensor<D>| {
        let by_x = log(y.clone()) + x.zeros_like();
        let lost = zero(&x, by_x.dims()).bool_and(by_x.clone().is_inf());
        [by_x.mask_fill(lost, 0.0), or_zero(x.clone() * slope(y), &x)]
    };
    with_slopes(x, y, value, slopes)
}

/// Burn's own is computed in single precision by some backends.
pub(crate) fn sigmoid_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    (x.neg().exp() + 1.0).recip()
}

fn softplus_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::relu(x.clone()) + log1p_exp_neg_abs(x)
}

/// `log(1 + e^-|x|)`, what [`softplus`] is above the ramp `max(x, 0)`.
pub(crate) fn log1p_exp_neg_abs<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    log1p_finite(x.abs().neg().exp()) // of a number in (0, 1]
}

pub(crate) fn log1p_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let near = wants_series(&x).then(|| (is_near(&x), log1p_series(x.clone())));
    let u = x.clone() + 1.0;
    let lost = (x - (u.clone() - 1.0)) / u.clone();
    let lost = lost.clone().mask_fill(lost.is_nan(), 0.0); // x is -1 or infinite
    let far = u.log() + lost;
    match near {
        Some((is_near, near)) => far.mask_where(is_near, near),
        None => far,
    }
}

/// `log x` with all its digits near 1.
pub(crate) fn log<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    match wants_series(&x) {
        true => with_slope(x, log_value, Tensor::recip),
        false => x.log(),
    }
}

fn log_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !wants_series(&x) {
        return x.log();
    }
    let above = x.clone() - 1.0; // exact where it is near
    x.log().mask_where(is_near(&above), log1p_series(above))
}

/// Whether the exponentials and logarithms of the tensor's device have few digits near their zeros, as those of GPUs, whose errors there
/// are those of numbers around 1.
fn wants_series<const D: usize>(x: &Tensor<D>) -> bool {
    x.dtype() == DType::F32 && !is_on_host(x)
}

/// Where series are taken.
fn is_near<const D: usize>(x: &Tensor<D>) -> Tensor<D, Bool> {
    x.clone().abs().lower_elem(0.25)
}

/// `2 artanh(x / (2 + x))`, to a relative error of 1e-9 for `|x| ≤ ¼`.
fn log1p_series<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let s = x.clone() / (x + 2.0);
    let coefficients = [2.0, 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0];
    polynomial(&coefficients, s.clone().square()) * s
}

/// `eˣ - 1`, to a relative error of 5e-8 for `|x| ≤ ¼`.
fn expm1_series<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let coefficients = [1.0, 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0];
    polynomial(&coefficients, x.clone()) * x
}

fn log1p_finite<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let u = x.clone() + 1.0;
    (x - (u.clone() - 1.0)) / u.clone() + u.log()
}

fn expm1_value<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let u = x.clone().exp();
    let less = u.clone() - 1.0;
    if wants_series(&x) {
        return less.mask_where(is_near(&x), expm1_series(x));
    }
    let scaled = less.clone() * x.clone() / u.clone().log();
    let tiny = less.clone().equal_elem(0.0);
    let far = x.clone().abs().greater_elem(1.0); // and where u overflows or vanishes
    scaled.mask_where(tiny, x).mask_where(far, less)
}

/// `log(x + √(x² + 1))`, odd and exact at both ends of `|x| < 1e19`.
pub(crate) fn asinh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let root = |x: Tensor<D>| (x.square() + 1.0).sqrt();
    let value = |x: Tensor<D>| {
        let size = x.clone().abs();
        let above = size.clone().square() / (root(size.clone()) + 1.0); // √(x² + 1) - 1
        log1p(size + above) * x.sign()
    };
    with_slope(x, value, |x| root(x).recip())
}
