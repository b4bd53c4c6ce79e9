//! Families of two parameters, a number at a time.

use elbo_dist::{HALF_LN_TWO_PI, digamma_scalar, lbeta_scalar, lgamma_scalar, trigamma_scalar};

use super::simplex;

/// A family of densities `q(z) = exp(η · t(z) - A(η))` of a number, whose two parameters are kept unconstrained.
///
/// | family | kept | `t` | `η` |
/// |---|---|---|---|
/// | Normal | `m, log s` | `z, z²` | `m / s², -1 / 2s²` |
/// | LogNormal | `m, log s` | `log z, log² z` | `m / s² - 1, -1 / 2s²` |
/// | Gamma | `log a, log b` | `log z, z` | `a - 1, -b` |
/// | InverseGamma | `log a, log b` | `log z, 1 / z` | `-a - 1, -b` |
/// | Beta | `log a, log b` | `log z, log (1 - z)` | `a - 1, b - 1` |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    Normal,
    LogNormal,
    Gamma,
    InverseGamma,
    Beta,
}

impl Pair {
    /// The natural parameters `η`.
    pub fn natural(self, [u, v]: [f64; 2]) -> [f64; 2] {
        let precision = (-2.0 * v).exp();
        match self {
            Self::Normal => [u * precision, -0.5 * precision],
            Self::LogNormal => [u * precision - 1.0, -0.5 * precision],
            Self::Gamma => [u.exp() - 1.0, -v.exp()],
            Self::InverseGamma => [-u.exp() - 1.0, -v.exp()],
            Self::Beta => [u.exp() - 1.0, v.exp() - 1.0],
        }
    }

    /// What is kept, for natural parameters that a density has.
    pub fn kept(self, [c, d]: [f64; 2]) -> Option<[f64; 2]> {
        let ln = |x: f64| (x > 0.0 && x.is_finite()).then(|| x.ln());
        Some(match self {
            Self::Normal => [c / (-2.0 * d), -0.5 * ln(-2.0 * d)?],
            Self::LogNormal => [(c + 1.0) / (-2.0 * d), -0.5 * ln(-2.0 * d)?],
            Self::Gamma => [ln(c + 1.0)?, ln(-d)?],
            Self::InverseGamma => [ln(-c - 1.0)?, ln(-d)?],
            Self::Beta => [ln(c + 1.0)?, ln(d + 1.0)?],
        })
    }

    /// A point of a curve through the two nodes, which are at `x = ±1`: of equal weight, they have the family's `E[t]`.
    pub fn point(self, [u, v]: [f64; 2], x: f64) -> f64 {
        match self {
            Self::Normal => u + x * v.exp(),
            Self::LogNormal => (u + x * v.exp()).exp(),
            Self::Gamma => (log_mean(u) - v + x * width(u)).exp(),
            Self::InverseGamma => (v - log_mean(u) - x * width(u)).exp(),
            Self::Beta => {
                let log_means = simplex::log_means(&[u.exp(), v.exp()]);
                simplex::point(&log_means, x * simplex::width(&log_means))[0]
            }
        }
    }

    /// `dt/dz`
    pub fn slopes(self, z: f64) -> [f64; 2] {
        match self {
            Self::Normal => [1.0, 2.0 * z],
            Self::LogNormal => [z.recip(), 2.0 * z.ln() / z],
            Self::Gamma => [z.recip(), 1.0],
            Self::InverseGamma => [z.recip(), -(z * z).recip()],
            Self::Beta => [z.recip(), -(1.0 - z).recip()],
        }
    }

    /// `dE[t]/dφ` by the parameters `φ` that are kept, a row each.
    pub fn mean_slopes(self, [u, v]: [f64; 2]) -> [[f64; 2]; 2] {
        let (a, b) = (u.exp(), v.exp());
        match self {
            Self::Normal | Self::LogNormal => [[1.0, 2.0 * u], [0.0, 2.0 * b * b]],
            Self::Gamma => [[a * trigamma_scalar(a), a / b], [-1.0, -a / b]],
            Self::InverseGamma => [[-a * trigamma_scalar(a), a / b], [1.0, -a / b]],
            Self::Beta => {
                let both = trigamma_scalar(a + b);
                [
                    [a * (trigamma_scalar(a) - both), -a * both],
                    [-b * both, b * (trigamma_scalar(b) - both)],
                ]
            }
        }
    }

    /// The entropy, in nats.
    pub fn entropy(self, [u, v]: [f64; 2]) -> f64 {
        let (a, b) = (u.exp(), v.exp());
        match self {
            Self::Normal => HALF_LN_TWO_PI + 0.5 + v,
            Self::LogNormal => HALF_LN_TWO_PI + 0.5 + v + u,
            Self::Gamma => a - v + lgamma_scalar(a) + (1.0 - a) * digamma_scalar(a),
            Self::InverseGamma => a + v + lgamma_scalar(a) - (1.0 + a) * digamma_scalar(a),
            Self::Beta => {
                let parts = (a - 1.0) * digamma_scalar(a) + (b - 1.0) * digamma_scalar(b);
                lbeta_scalar(a, b) - parts + (a + b - 2.0) * digamma_scalar(a + b)
            }
        }
    }
}

/// `E[log z]` of `Gamma(a, 1)` for `log a`.
fn log_mean(log_a: f64) -> f64 {
    digamma_scalar(log_a.exp())
}

/// `acosh(E[z] / exp(E[log z]))` of a gamma distribution: half the distance of its nodes in `log z`.
fn width(log_a: f64) -> f64 {
    let above = (log_a - log_mean(log_a)).exp_m1(); // acosh(1 + x) = log(1 + x + √(x (x + 2)))
    (above + (above * (above + 2.0)).sqrt()).ln_1p()
}

/// The solution `c` of `rows · c = values`.
pub(super) fn solve([[a, b], [c, d]]: [[f64; 2]; 2], [x, y]: [f64; 2]) -> [f64; 2] {
    let determinant = a * d - b * c;
    [(x * d - b * y) / determinant, (a * y - x * c) / determinant]
}
