//! The beta function and binomial coefficients.

use burn::tensor::Tensor;

use super::exp_log::log1p_value;
use super::gamma::{
    SHIFT, digamma_value, lgamma_scalar, lgamma_value, remainder, shift, stirling_remainder,
};
use super::with_slopes;

/// `log B(x, y) = log Γ(x) + log Γ(y) - log Γ(x + y)` for positive arguments.
///
/// With `y` the larger one, `log Γ(y) - log Γ(x + y)` is taken as a whole from Stirling's series, so
/// that a large `y` costs no digits. Error, relative to `max(1, |log B|)`: 2e-6 in `f32`, 1e-14 in
/// `f64`. About 90 operations.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let (x, y) = (Tensor::<1>::from_floats([2.0], &device), Tensor::from_floats([1e6], &device));
/// assert!((elbo_dist::lbeta(x, y).into_scalar::<f32>() + 27.631_022).abs() < 2e-5);
/// ```
///
/// # References
/// Didonato & Morris (1992), *Algorithm 708*, the function `ALGDIV`.
pub fn lbeta<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    let slopes = |x: Tensor<D>, y: Tensor<D>| {
        let both = digamma_value(x.clone() + y.clone());
        [digamma_value(x) - both.clone(), digamma_value(y) - both]
    };
    with_slopes(x, y, lbeta_value, slopes)
}

/// `log (n over k) = -log(n + 1) - log B(n - k + 1, k + 1)`, for real `n ≥ k ≥ 0`: by [`lbeta`], whose error and
/// derivatives it has.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let (n, k) = (Tensor::<1>::from_floats([10.0], &device), Tensor::from_floats([3.0], &device));
/// let ways: f32 = elbo_dist::log_binomial(n, k).into_scalar();
/// assert!((ways - 120.0_f32.ln()).abs() < 3e-6);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 6.1.21 and 6.2.2.
pub fn log_binomial<const D: usize>(n: Tensor<D>, k: Tensor<D>) -> Tensor<D> {
    let others = n.clone() - k.clone() + 1.0;
    -(n + 1.0).log() - lbeta(others, k + 1.0)
}

/// [`lbeta`] of numbers on the host; NaN unless both are positive.
///
/// ```
/// assert!((elbo_dist::lbeta_scalar(2.0, 3.0) - (1.0_f64 / 12.0).ln()).abs() < 1e-14);
/// ```
pub fn lbeta_scalar(x: f64, y: f64) -> f64 {
    let (low, high) = (x.min(y), x.max(y));
    if high < SHIFT as f64 {
        return lgamma_scalar(low) + lgamma_scalar(high) - lgamma_scalar(low + high);
    }
    let both = low + high;
    let remainder = stirling_remainder(high) - stirling_remainder(both);
    lgamma_scalar(low) + low - (high - 0.5) * (low / high).ln_1p() - low * both.ln() + remainder
}

fn lbeta_value<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    let (low, high) = (x.clone().min_pair(y.clone()), x.max_pair(y));
    let shift = shift(low.dtype());
    let small = high.clone().lower_elem(shift as f64);
    let z = high.clone().mask_where(small.clone(), high.clone() + shift as f64);
    let both = z.clone() + low.clone();
    let log_ratio = log1p_value(low.clone() / z.clone());
    let remainders = remainder(z.clone().recip()) - remainder(both.clone().recip());
    let drop = remainders - (z - 0.5) * log_ratio - low.clone() * (both.log() - 1.0);
    let base = high.clamp_max(shift as f64);
    let ratio = |k: usize| (base.clone() + low.clone() + k as f64) / (base.clone() + k as f64);
    let product = (1..shift).fold(ratio(0), |product, k| product * ratio(k));
    lgamma_value(low.clone()) + drop + product.log().mask_fill(small.bool_not(), 0.0)
}
