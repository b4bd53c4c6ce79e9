//! The distribution function of Student's t and its inverse, on the host.

use burn::tensor::Tensor;

use super::beta::lbeta_scalar;
use super::incomplete::{beta_slopes, beta_tails, on_host, on_host_with_value};
use super::inverse_incomplete::beta_quantile;

/// `P(T ≤ t)` for the standard Student's t with `df` degrees of freedom; differentiable in both.
pub(crate) fn student_cdf<const D: usize>(df: Tensor<D>, t: Tensor<D>) -> Tensor<D> {
    let value = |[df, t]: [f64; 2]| {
        let [inside, outside] = tails(df, t.abs());
        match t < 0.0 {
            true => 0.5 * outside,
            false => 0.5 + 0.5 * inside,
        }
    };
    on_host([df, t], value, |[df, t]| {
        let [by_df, by_size] = slopes(df, t.abs());
        [0.5 * by_df * t.signum(), 0.5 * by_size]
    })
}

/// `P(|T| ≤ t)` for `t ≥ 0`.
pub(crate) fn half_student_cdf<const D: usize>(df: Tensor<D>, t: Tensor<D>) -> Tensor<D> {
    on_host([df, t], |[df, t]| tails(df, t)[0], |[df, t]| slopes(df, t))
}

/// `P(|T| > t)` for `t ≥ 0`.
pub(crate) fn half_student_sf<const D: usize>(df: Tensor<D>, t: Tensor<D>) -> Tensor<D> {
    on_host([df, t], |[df, t]| tails(df, t)[1], |[df, t]| slopes(df, t).map(|slope| -slope))
}

/// The quantile of the standard Student's t.
pub(crate) fn student_quantile<const D: usize>(df: Tensor<D>, p: Tensor<D>) -> Tensor<D> {
    let value = |[df, p]: [f64; 2]| {
        let size = quantile_of_size(df, (1.0 - 2.0 * p).abs(), 2.0 * p.min(1.0 - p));
        (p - 0.5).signum() * size
    };
    on_host_with_value([df, p], value, |[df, p], t| {
        let [by_df, by_size] = slopes(df, t.abs());
        [-by_df / by_size * (p - 0.5).signum(), 2.0 / by_size]
    })
}

/// That of its size.
pub(crate) fn half_student_quantile<const D: usize>(df: Tensor<D>, p: Tensor<D>) -> Tensor<D> {
    let value = |[df, p]: [f64; 2]| quantile_of_size(df, p, 1.0 - p);
    on_host_with_value([df, p], value, |[df, _], t| {
        let [by_df, by_size] = slopes(df, t);
        [-by_df / by_size, by_size.recip()]
    })
}

/// `P(|T| ≤ t)` and `P(|T| > t)`: `t² / (ν + t²)` is a Beta of `½` and `½ν`.
fn tails(df: f64, t: f64) -> [f64; 2] {
    let [part, rest] = parts(df, t);
    beta_tails(0.5, 0.5 * df, part, rest)
}

/// `t² / (ν + t²)` and `ν / (ν + t²)`.
fn parts(df: f64, t: f64) -> [f64; 2] {
    let ratio = t / df.sqrt() * (t / df.sqrt());
    match ratio.is_infinite() {
        true => [1.0, 0.0],
        false => [ratio / (1.0 + ratio), (1.0 + ratio).recip()],
    }
}

/// The derivatives of `P(|T| ≤ t)` by `ν` and `t`.
fn slopes(df: f64, t: f64) -> [f64; 2] {
    let [part, rest] = parts(df, t);
    let [_, by_shape, by_part] = beta_slopes(0.5, 0.5 * df, part, rest);
    let log_density = 0.5 * (df + 1.0) * rest.ln() - 0.5 * df.ln();
    let by_t = 2.0 * (log_density - lbeta_scalar(0.5, 0.5 * df)).exp();
    [0.5 * by_shape - by_part * part * rest / df, by_t]
}

/// The `t ≥ 0` with `P(|T| ≤ t) = inside` and `P(|T| > t) = outside`.
fn quantile_of_size(df: f64, inside: f64, outside: f64) -> f64 {
    if inside < 0.5 {
        let part = beta_quantile(0.5, 0.5 * df, inside);
        (df * part / (1.0 - part)).sqrt()
    } else {
        let rest = beta_quantile(0.5 * df, 0.5, outside);
        (df * (1.0 - rest) / rest).sqrt()
    }
}
