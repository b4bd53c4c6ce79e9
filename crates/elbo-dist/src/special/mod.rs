//! Special functions that are accurate in the tails, on every device.
//!
//! Each is a composition of plain tensor operations with a hand-written first derivative (`log_binomial` has that of
//! `lbeta`): value and slope are computed without a graph, and one node of it ties them to the arguments. The regularized incomplete functions, what is made of them, and the
//! distribution function of angles are computed on the host, an element at a time.

mod bessel;
mod beta;
mod dual;
mod erf;
mod exp_log;
mod gamma;
mod gamma_kernel;
mod incomplete;
mod inverse_incomplete;
mod log_incomplete;
mod owen;
mod single;
mod student;
mod von_mises;

use burn::tensor::Tensor;

use crate::linearized;

pub use bessel::{i0e, i1e};
pub(crate) use bessel::{i0e_scalar, i1e_scalar};
pub use beta::{lbeta, lbeta_scalar, log_binomial};
pub use erf::{erf, erfc, erfinv, log_ndtr, ndtr, ndtri};
pub(crate) use exp_log::{asinh, log, log_odds, log_softmax, log1p_exp_neg_abs, sigmoid_value};
pub use exp_log::{
    expm1, log_sigmoid, log1mexp, log1p, logaddexp, logsumexp, sigmoid, softplus, xlog1py, xlogy,
};
pub use gamma::{digamma, digamma_scalar, lgamma, lgamma_scalar, trigamma, trigamma_scalar};
pub(crate) use gamma_kernel::{log_gamma_kernel, log_gamma_kernel_of};
pub use incomplete::{betainc, betainc_scalar, gammainc, gammainc_scalar, gammaincc};
pub(crate) use incomplete::{betainc_of_odds, gamma_draw_slope, on_host};
pub(crate) use inverse_incomplete::gammainccinv;
pub use inverse_incomplete::{betaincinv, gammaincinv};
pub(crate) use log_incomplete::{log_gammainc, log_gammaincc, log_ndtr_scalar};
pub(crate) use owen::skew_normal_cdf;
pub use single::exp_for_f32;
pub(crate) use single::log1p_exp_neg_abs_for_f32;
pub(crate) use student::{
    half_student_cdf, half_student_quantile, half_student_sf, student_cdf, student_quantile,
};
pub(crate) use von_mises::{von_mises_cdf, von_mises_draw_slope};

/// `value(x)` with derivative `slope(x)`, both computed without a graph.
pub(crate) fn with_slope<const D: usize>(
    x: Tensor<D>,
    value: impl FnOnce(Tensor<D>) -> Tensor<D>,
    slope: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let constant = x.clone().inner();
    if !x.is_tracked() {
        return value(constant);
    }
    linearized(value(constant.clone()), vec![(x, slope(constant).into())])
}

/// `value(x, y)` with derivatives `slopes(x, y)`, all computed without a graph.
pub(crate) fn with_slopes<const D: usize>(
    x: Tensor<D>,
    y: Tensor<D>,
    value: impl FnOnce(Tensor<D>, Tensor<D>) -> Tensor<D>,
    slopes: impl FnOnce(Tensor<D>, Tensor<D>) -> [Tensor<D>; 2],
) -> Tensor<D> {
    let constants = (x.clone().inner(), y.clone().inner());
    let result = value(constants.0.clone(), constants.1.clone());
    if !x.is_tracked() && !y.is_tracked() {
        return result;
    }
    let [by_x, by_y] = slopes(constants.0, constants.1);
    linearized(result, vec![(x, by_x.into()), (y, by_y.into())])
}

/// `c₀ + c₁ x + c₂ x² + …` of a number.
pub(crate) fn polynomial_scalar(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// `c₀ + c₁ x + c₂ x² + …`
pub(crate) fn polynomial<const D: usize>(coefficients: &[f64], x: Tensor<D>) -> Tensor<D> {
    let (last, rest) = coefficients.split_last().expect("a polynomial has a coefficient");
    let highest = x.zeros_like() + *last;
    rest.iter().rev().fold(highest, |sum, c| sum * x.clone() + *c)
}
