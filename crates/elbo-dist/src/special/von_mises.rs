//! The distribution function of the von Mises distribution, on the host.

use std::f64::consts::{PI, TAU};

use burn::tensor::Tensor;

use super::dual::{Dual, EPSILON};
use super::incomplete::{gammainc_scalar, on_host};

/// `P(Y ≤ y)` for `y` of concentration `κ` about 0; differentiable in both. It grows by 1 with each turn.
pub(crate) fn von_mises_cdf<const D: usize>(concentration: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    let turned = |y: f64| y - TAU * (y / TAU).round();
    let value = |[k, y]: [f64; 2]| Circle::at(k, turned(y)).cdf.value + (y / TAU).round();
    let slopes = |[k, y]: [f64; 2]| {
        let circle = Circle::at(k, turned(y));
        [circle.cdf.slope, circle.density]
    };
    on_host([concentration, y], value, slopes)
}

/// `dy/dκ` of a draw `y` about 0 whose probability is held: `-(∂P/∂κ) / (∂P/∂y)`.
///
/// # References
/// Figurnov, Mohamed & Mnih (2018), *Implicit reparameterization gradients*, equation 5.
pub(crate) fn von_mises_draw_slope(concentration: f64, y: f64) -> f64 {
    let circle = Circle::at(concentration, y);
    -circle.cdf.slope / circle.density
}

/// What is known at a point.
struct Circle {
    /// `P(Y ≤ y)`, with its derivative by `κ`.
    cdf: Dual,
    density: f64,
}

/// Where the expansion takes over.
const LARGE: f64 = 100.0;

impl Circle {
    /// At `y` from -π to π; NaN for a `κ` that is not positive and finite.
    ///
    /// Below `κ = 100` the Fourier series `½ + y/2π + (1/π) Σ Iⱼ(κ)/I₀(κ) sin(jy)/j`, its ratios of Bessel
    /// functions and its sum by one backward recurrence; above, an expansion in `1/κ`. The absolute error
    /// is 1e-15.
    ///
    /// # References
    /// Hill (1977), *Algorithm 518*.
    fn at(concentration: f64, y: f64) -> Self {
        let (cdf, one_over_peak) = match concentration {
            k if !(k > 0.0 && k.is_finite() && y.is_finite()) => (Dual::from(f64::NAN), f64::NAN),
            k if k < LARGE => by_series(k, y),
            k => by_expansion(k, y),
        };
        let log_ratio = -2.0 * concentration * (y / 2.0).sin().powi(2); // κ (cos y - 1)
        Self { cdf, density: log_ratio.exp() / one_over_peak }
    }
}

/// The distribution function, and `2π e^-κ I₀(κ)` by `e^κ = I₀ + 2 Σ Iⱼ`.
fn by_series(concentration: f64, y: f64) -> (Dual, f64) {
    let k = Dual { value: concentration, slope: 1.0 };
    let terms = 30.0 + (10.0 * concentration.sqrt()).floor();
    let (mut ratio, mut sum, mut others) = (Dual::from(0.0), Dual::from(0.0), 0.0);
    let mut n = terms;
    while n >= 1.0 {
        ratio = k / (ratio * k + 2.0 * n); // Iₙ / Iₙ₋₁
        sum = ratio * (sum + (n * y).sin() / n);
        others = ratio.value * (others + 1.0);
        n -= 1.0;
    }
    (sum * PI.recip() + (0.5 + y / TAU), TAU / (1.0 + 2.0 * others))
}

/// `½ ± ½ Σ wₖ P(k + ½, x) / Σ wₖ` with `wₖ = C(2k, k) 4⁻ᵏ (½)ₖ (2κ)⁻ᵏ` and `x = 2κ sin²(y/2)`, and
/// `√(2π/κ) Σ wₖ`: by `s = 2 √κ sin(y/2)` the density is that of a normal but for `1/√(1 - s²/4κ)`, which
/// is expanded.
fn by_expansion(concentration: f64, y: f64) -> (Dual, f64) {
    let x = 2.0 * concentration * (y / 2.0).sin().powi(2);
    let mut weight = Dual::from(1.0);
    let (mut inside, mut all) = (Dual::from(0.0), Dual::from(0.0));
    let mut part = gammainc_scalar(0.5, x);
    let mut term = (0.5 * x.ln() - x).exp() / (PI.sqrt() / 2.0); // xᵃ e⁻ˣ / Γ(a + 1) at a = ½
    let mut k = 0.0;
    while weight.value > EPSILON {
        let a = k + 0.5;
        inside = inside + weight * Dual { value: part, slope: a * term / concentration };
        all = all + weight;
        part -= term;
        term *= x / (a + 1.0);
        let value = weight.value * a * a / ((k + 1.0) * 2.0 * concentration);
        k += 1.0;
        weight = Dual { value, slope: -k * value / concentration };
    }
    let cdf = inside / all * (0.5 * y.signum()) + 0.5;
    (cdf, (TAU / concentration).sqrt() * all.value)
}
