//! The distribution function of the skew normal, on the host.

use std::f64::consts::{PI, TAU};

use burn::tensor::Tensor;

use super::incomplete::on_host;
use super::log_incomplete::log_ndtr_scalar;
use crate::HALF_LN_TWO_PI;

/// `Φ(z) - 2 T(z, α)` by Owen's `T`; differentiable in both. The absolute error is 1e-15.
pub(crate) fn skew_normal_cdf<const D: usize>(skewness: Tensor<D>, z: Tensor<D>) -> Tensor<D> {
    let value = |[a, z]: [f64; 2]| (log_ndtr_scalar(z).exp() - 2.0 * owens_t(z, a)).clamp(0.0, 1.0);
    on_host([skewness, z], value, |[a, z]| {
        let by_a = -(-0.5 * z * z * (1.0 + a * a)).exp() / (PI * (1.0 + a * a));
        let density = 2.0 * (-0.5 * z * z - HALF_LN_TWO_PI + log_ndtr_scalar(a * z)).exp();
        [by_a, density]
    })
}

/// `T(h, a) = 1/2π ∫₀ᵃ exp(-½ h² (1 + x²)) / (1 + x²) dx`: by Gauss and Legendre's rule of five points on 16 parts for
/// `|a| ≤ 1`, and for larger `a` by `T(h, a) = ½ (q + q′) - q q′ - T(ah, 1/a)` for the tails `q` and `q′` above `h` and
/// `ah`.
///
/// # References
/// Owen (1956), *Tables for computing bivariate normal probabilities*, equations 2.3 and 2.4.
fn owens_t(h: f64, a: f64) -> f64 {
    let (h, size) = (h.abs(), a.abs());
    if size <= 1.0 {
        return a.signum() * inner(h, size);
    }
    let (near, far) = (log_ndtr_scalar(-h).exp(), log_ndtr_scalar(-size * h).exp());
    let whole = 0.5 * (near + far) - near * far;
    a.signum() * (whole - inner(size * h, size.recip()))
}

fn inner(h: f64, a: f64) -> f64 {
    const PARTS: i32 = 16;
    const NODES: [(f64, f64); 5] = [
        (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.0, 0.568_888_888_888_888_9),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.906_179_845_938_664, 0.236_926_885_056_189_1),
    ];
    let half = 0.5 * a / f64::from(PARTS);
    let f = |x: f64| (-0.5 * h * h * (1.0 + x * x)).exp() / (1.0 + x * x);
    let part = |k: i32| {
        let middle = half * f64::from(2 * k + 1);
        NODES.iter().map(|(x, w)| w * f(middle + half * x)).sum::<f64>()
    };
    (0..PARTS).map(part).sum::<f64>() * half / TAU
}
