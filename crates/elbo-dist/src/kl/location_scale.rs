//! Divergences within families of a location and a scale, and their like.

use std::f64::consts::{FRAC_2_PI, LN_2, SQRT_2};

use crate::distributions::{log_peak, mean_versine};
use crate::kl::KlDivergence;
use crate::{
    Cauchy, DiscreteUniform, EULER_GAMMA, Entropy, Exponential, Gumbel, HalfCauchy, Laplace,
    LogNormal, LogitNormal, Moments, MultivariateNormal, Normal, Operand, Pareto, Uniform,
    VonMises, Weibull, erf, gammainc_scalar,
};

/// The divergence between two logarithms is that between the variables.
impl<const D: usize> KlDivergence<LogNormal<D>, D> for LogNormal<D> {
    fn kl(&self, other: &LogNormal<D>) -> Operand<D> {
        self.logarithm().kl(other.logarithm())
    }
}

/// The divergence between two log-odds is that between the variables.
impl<const D: usize> KlDivergence<LogitNormal<D>, D> for LogitNormal<D> {
    fn kl(&self, other: &LogitNormal<D>) -> Operand<D> {
        self.log_odds().kl(other.log_odds())
    }
}

/// `log b₂/b₁ + |d| / b₂ + b₁/b₂ e^(-|d| / b₁) - 1` for `d = μ₁ - μ₂`.
impl<const D: usize> KlDivergence<Laplace<D>, D> for Laplace<D> {
    fn kl(&self, other: &Laplace<D>) -> Operand<D> {
        let ((loc, scale), (to, wide)) = (self.loc_and_scale(), other.loc_and_scale());
        let distance = (loc.clone() - to).map(f64::abs, |d| d.abs());
        let near = (-distance.clone() / scale).exp() * scale;
        (distance + near) / wide + wide.log() - scale.log() - 1.0
    }
}

/// `E|x - m| / b + log 2b - H(p)`, with the mean `σ √(2/π) e^(-d²/2σ²) + d erf(d / σ√2)` of a folded
/// normal, for `d = μ - m`.
impl<const D: usize> KlDivergence<Laplace<D>, D> for Normal<D> {
    fn kl(&self, other: &Laplace<D>) -> Operand<D> {
        let (centre, wide) = other.loc_and_scale();
        let distance = self.mean() - centre;
        let scale = self.variance().sqrt();
        let z = distance.clone() / &scale / SQRT_2;
        let error = |z: f64| z.signum() * gammainc_scalar(0.5, z * z);
        let folded = (-z.square()).exp() * &scale * FRAC_2_PI.sqrt() + distance * z.map(error, erf);
        folded / wide + wide.log() + LN_2 - self.entropy()
    }
}

/// `log ((γ₁ + γ₂)² + (x₁ - x₂)²) / 4 γ₁ γ₂` (Chyzak & Nielsen 2019, *A closed-form formula for the
/// Kullback-Leibler divergence between Cauchy distributions*).
fn between_cauchys<const D: usize>(
    distance: Operand<D>,
    scale: &Operand<D>,
    other: &Operand<D>,
) -> Operand<D> {
    let sum = (scale.clone() + other).square() + distance.square();
    sum.log() - scale.log() - other.log() - 2.0 * LN_2
}

impl<const D: usize> KlDivergence<Cauchy<D>, D> for Cauchy<D> {
    fn kl(&self, other: &Cauchy<D>) -> Operand<D> {
        let ((loc, scale), (to, wide)) = (self.loc_and_scale(), other.loc_and_scale());
        between_cauchys(loc.clone() - to, scale, wide)
    }
}

/// That of the unfolded ones, by symmetry.
impl<const D: usize> KlDivergence<HalfCauchy<D>, D> for HalfCauchy<D> {
    fn kl(&self, other: &HalfCauchy<D>) -> Operand<D> {
        between_cauchys(Operand::Scalar(0.0), self.scale(), other.scale())
    }
}

/// `log β₂/β₁ + d / β₂ + γ (β₁/β₂ - 1) + e^(-d / β₂) Γ(1 + β₁/β₂) - 1` for `d = μ₁ - μ₂`.
impl<const D: usize> KlDivergence<Gumbel<D>, D> for Gumbel<D> {
    fn kl(&self, other: &Gumbel<D>) -> Operand<D> {
        let ((loc, scale), (to, wide)) = (self.loc_and_scale(), other.loc_and_scale());
        let (shift, ratio) = ((loc.clone() - to) / wide, scale.clone() / wide);
        let tail = ((ratio.clone() + 1.0).lgamma() - &shift).exp();
        shift + (ratio.clone() - 1.0) * EULER_GAMMA + tail - ratio.log() - 1.0
    }
}

/// `log k₁/k₂ + (k₂ - k₁) γ / k₁ - k₂ log λ₁/λ₂ + (λ₁/λ₂)^k₂ Γ(1 + k₂/k₁) - 1`.
impl<const D: usize> KlDivergence<Weibull<D>, D> for Weibull<D> {
    fn kl(&self, other: &Weibull<D>) -> Operand<D> {
        let (scale, k) = self.scale_and_concentration();
        let (to, power) = other.scale_and_concentration();
        let ratio = power.clone() / k;
        let log_scale = (scale.log() - to.log()) * power;
        let tail = ((ratio.clone() + 1.0).lgamma() + &log_scale).exp();
        (ratio.clone() - 1.0) * EULER_GAMMA - log_scale + tail - ratio.log() - 1.0
    }
}

/// An exponential is a Weibull of concentration 1.
impl<const D: usize> KlDivergence<Weibull<D>, D> for Exponential<D> {
    fn kl(&self, other: &Weibull<D>) -> Operand<D> {
        Weibull::new(self.mean(), 1.0).kl(other)
    }
}

/// `log α₁/α₂ + α₂ log m₁/m₂ + α₂/α₁ - 1`, and infinite for `m₁ < m₂`.
impl<const D: usize> KlDivergence<Pareto<D>, D> for Pareto<D> {
    fn kl(&self, other: &Pareto<D>) -> Operand<D> {
        let ((low, alpha), (from, power)) = (self.scale_and_alpha(), other.scale_and_alpha());
        if low < from {
            return Operand::Scalar(f64::INFINITY);
        }
        let ratio = power.clone() / alpha;
        power.clone() * (low / from).ln() + &ratio - ratio.log() - 1.0
    }
}

/// The logarithm of how many times longer the other interval is, and infinite where it is no superset.
impl<const D: usize> KlDivergence<Uniform, D> for Uniform {
    fn kl(&self, other: &Uniform) -> Operand<D> {
        let ([low, high], [from, to]) = (self.ends(), other.ends());
        let inside = from <= low && high <= to;
        let ratio = (to - from) / (high - low);
        Operand::Scalar(if inside { ratio.ln() } else { f64::INFINITY })
    }
}

/// Likewise.
impl<const D: usize> KlDivergence<DiscreteUniform, D> for DiscreteUniform {
    fn kl(&self, other: &DiscreteUniform) -> Operand<D> {
        let ([low, high], [from, to]) = (self.ends(), other.ends());
        let inside = from <= low && high <= to;
        let ratio = (to - from + 1.0) / (high - low + 1.0);
        Operand::Scalar(if inside { ratio.ln() } else { f64::INFINITY })
    }
}

/// `log I₀(κ₂)/I₀(κ₁) + A(κ₁) (κ₁ - κ₂ cos(μ₁ - μ₂))` for `A = I₁/I₀`.
impl<const D: usize> KlDivergence<VonMises<D>, D> for VonMises<D> {
    fn kl(&self, other: &VonMises<D>) -> Operand<D> {
        let ((loc, k), (to, power)) = (self.loc_and_concentration(), other.loc_and_concentration());
        let versine = ((loc.clone() - to) * 0.5).map(f64::sin, |d| d.sin()).square() * 2.0;
        let lost = mean_versine(k);
        // With 1 - A and 1 - cos, and e^-κ I₀ for I₀, nothing large cancels.
        let turned = power.clone() * versine * (-lost.clone() + 1.0);
        log_peak(power) - log_peak(k) + (power.clone() - k) * lost + turned
    }
}

/// `½ (|L₂⁻¹ L₁|² + |L₂⁻¹ (μ₁ - μ₂)|² - n) + Σ log L₂ᵢᵢ - Σ log L₁ᵢᵢ`
impl<const D: usize, const M: usize> KlDivergence<MultivariateNormal<D, M>, D>
    for MultivariateNormal<D, M>
{
    fn kl(&self, other: &MultivariateNormal<D, M>) -> Operand<D> {
        let ((loc, own), (to, wide)) = (self.loc_and_scale(), other.loc_and_scale());
        let spread = wide.whiten_factor(own).square().sum_dim(M - 1).sum_dim(M - 2);
        let spread = spread.squeeze_dim::<D>(M - 1) - own.size() as f64;
        let off = wide.whiten((loc.clone() - to).on(&spread) + wide.zeros());
        let square = off.square().sum_dim(D - 1) + spread;
        Operand::Tensor(square * 0.5 + wide.half_log_det() - own.half_log_det())
    }
}
