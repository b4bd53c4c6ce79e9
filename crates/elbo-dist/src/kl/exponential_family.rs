//! Divergences within exponential families and between their kin.

use burn::tensor::Tensor;

use crate::distributions::{chance, log_beta, log1p_exp};
use crate::kl::KlDivergence;
use crate::kl::to_moments::LogMean;
use crate::special::log_softmax;
use crate::{
    Bernoulli, Beta, Binomial, Categorical, Chi2, Dirichlet, Entropy, Exponential, Gamma,
    Geometric, HALF_LN_TWO_PI, InverseGamma, LogNormal, Moments, NegativeBinomial,
    OneHotCategorical, Operand, Poisson, digamma, trigamma, trigamma_scalar,
};

/// `(α₁ - α₂) ψ(α₁) - log Γ(α₁) + log Γ(α₂) + α₂ log β₁/β₂ + α₁ (β₂/β₁ - 1)`.
impl<const D: usize> KlDivergence<Gamma<D>, D> for Gamma<D> {
    fn kl(&self, other: &Gamma<D>) -> Operand<D> {
        let ((a, b), (power, rate)) = (self.shape_and_rate(), other.shape_and_rate());
        let by_shape = (a.clone() - &power) * a.digamma() - a.lgamma() + power.lgamma();
        let ratio = rate / &b;
        by_shape - power * ratio.log() + (ratio - 1.0) * &a
    }
}

/// By the Gamma distributions that both are.
macro_rules! as_gammas {
    ($($p:ident => $q:ident),* $(,)?) => {$(
        impl<const D: usize> KlDivergence<$q<D>, D> for $p<D> {
            fn kl(&self, other: &$q<D>) -> Operand<D> {
                self.as_gamma().kl(&other.as_gamma())
            }
        }
    )*};
}

as_gammas!(
    Chi2 => Chi2, Chi2 => Gamma, Gamma => Chi2, Exponential => Gamma, Exponential => Chi2,
);

/// That of the inverses.
impl<const D: usize> KlDivergence<InverseGamma<D>, D> for InverseGamma<D> {
    fn kl(&self, other: &InverseGamma<D>) -> Operand<D> {
        self.inverse().kl(&other.inverse())
    }
}

/// `-H(p) + (α + 1) E[log x] + β E[1/x] - α log β + log Γ(α)`.
fn to_inverse_gamma<const D: usize>(
    other: &InverseGamma<D>,
    entropy: Operand<D>,
    log_mean: Operand<D>,
    inverse_mean: Operand<D>,
) -> Operand<D> {
    let (a, b) = other.inverse().shape_and_rate();
    let power = log_mean * (a.clone() + 1.0);
    inverse_mean * &b + power + a.lgamma() - b.log() * &a - entropy
}

/// `E[1/x] = β / (α - 1)`, and infinite for `α ≤ 1`.
impl<const D: usize> KlDivergence<InverseGamma<D>, D> for Gamma<D> {
    fn kl(&self, other: &InverseGamma<D>) -> Operand<D> {
        let (a, b) = self.shape_and_rate();
        let inverse_mean = (b / (a.clone() - 1.0)).where_above(&a, 1.0, f64::INFINITY);
        to_inverse_gamma(other, self.entropy(), self.log_mean(), inverse_mean)
    }
}

impl<const D: usize> KlDivergence<InverseGamma<D>, D> for LogNormal<D> {
    fn kl(&self, other: &InverseGamma<D>) -> Operand<D> {
        let log = self.logarithm();
        let inverse_mean = (log.variance() * 0.5 - log.mean()).exp();
        to_inverse_gamma(other, self.entropy(), self.log_mean(), inverse_mean)
    }
}

/// `-H(p) + E[log x] + E[(log x - μ)²] / 2σ² + log σ + ½ log 2π`.
fn to_log_normal<const D: usize>(
    other: &LogNormal<D>,
    entropy: Operand<D>,
    log_mean: Operand<D>,
    log_variance: Operand<D>,
) -> Operand<D> {
    let log = other.logarithm();
    let square = log_variance + (log_mean.clone() - log.mean()).square();
    let level = log.variance().log() * 0.5 + HALF_LN_TWO_PI;
    square / log.variance() * 0.5 + log_mean + level - entropy
}

/// The variance of `log x` is `ψ′(α)`.
impl<const D: usize> KlDivergence<LogNormal<D>, D> for Gamma<D> {
    fn kl(&self, other: &LogNormal<D>) -> Operand<D> {
        let log_variance = self.shape_and_rate().0.map(trigamma_scalar, trigamma);
        to_log_normal(other, self.entropy(), self.log_mean(), log_variance)
    }
}

impl<const D: usize> KlDivergence<LogNormal<D>, D> for InverseGamma<D> {
    fn kl(&self, other: &LogNormal<D>) -> Operand<D> {
        let log_variance = self.inverse().shape_and_rate().0.map(trigamma_scalar, trigamma);
        to_log_normal(other, self.entropy(), self.log_mean(), log_variance)
    }
}

/// `log B(α₂, β₂) - log B(α₁, β₁) + (α₁ - α₂) ψ(α₁) + (β₁ - β₂) ψ(β₁) + (α₂ - α₁ + β₂ - β₁) ψ(α₁ + β₁)`.
impl<const D: usize> KlDivergence<Beta<D>, D> for Beta<D> {
    fn kl(&self, other: &Beta<D>) -> Operand<D> {
        let ((a, b), (c, d)) = (self.concentrations(), other.concentrations());
        let (by_a, by_b) = (a.clone() - c, b.clone() - d);
        let both = (a.clone() + b).digamma() * (by_a.clone() + &by_b);
        c.lbeta(d) - a.lbeta(b) + by_a * a.digamma() + by_b * b.digamma() - both
    }
}

/// `log B(α₂) - log B(α₁) + Σₖ (α₁ₖ - α₂ₖ) (ψ(α₁ₖ) - ψ(Σ α₁))`.
impl<const D: usize> KlDivergence<Dirichlet<D>, D> for Dirichlet<D> {
    fn kl(&self, other: &Dirichlet<D>) -> Operand<D> {
        let (a, b) = (self.concentrations(), other.concentrations());
        let log_means = digamma(a.clone()) - digamma(a.clone().sum_dim(D - 1));
        let parts = ((a.clone() - b.clone()) * log_means).sum_dim(D - 1);
        Operand::Tensor(log_beta(b) - log_beta(a) + parts)
    }
}

/// That between the places of the 1.
impl<const D: usize> KlDivergence<OneHotCategorical<D>, D> for OneHotCategorical<D> {
    fn kl(&self, other: &OneHotCategorical<D>) -> Operand<D> {
        self.index().kl(other.index())
    }
}

/// `log(1 + e^l₂) - log(1 + e^l₁) + σ(l₁) (l₁ - l₂)`.
fn of_one_trial<const D: usize>(logits: &Operand<D>, other: &Operand<D>) -> Operand<D> {
    log1p_exp(other) - log1p_exp(logits) + chance(logits) * (logits.clone() - other)
}

impl<const D: usize> KlDivergence<Bernoulli<D>, D> for Bernoulli<D> {
    fn kl(&self, other: &Bernoulli<D>) -> Operand<D> {
        of_one_trial(self.log_odds(), other.log_odds())
    }
}

/// `total` where both are the same, and NaN elsewhere.
fn of_same<const D: usize>(
    total: Operand<D>,
    count: &Operand<D>,
    other: &Operand<D>,
) -> Operand<D> {
    let nan = |x: f64, y: f64| if x == y { 0.0 } else { f64::NAN };
    let by_element = |x: Tensor<D>, y: Tensor<D>| {
        let differs = (x.inner() - y.inner()).abs();
        differs.clone().zeros_like().mask_fill(differs.greater_elem(0.0), f64::NAN)
    };
    total + count.combine(other, nan, by_element)
}

/// Of equal numbers of trials; NaN for others, which have no closed form.
impl<const D: usize> KlDivergence<Binomial<D>, D> for Binomial<D> {
    fn kl(&self, other: &Binomial<D>) -> Operand<D> {
        let ((n, logits), (m, to)) = (self.trials(), other.trials());
        of_same(of_one_trial(logits, to) * n, n, m)
    }
}

/// A geometric count has `1 / p` trials in the mean.
impl<const D: usize> KlDivergence<Geometric<D>, D> for Geometric<D> {
    fn kl(&self, other: &Geometric<D>) -> Operand<D> {
        let (logits, to) = (self.log_odds(), other.log_odds());
        of_one_trial(logits, to) / chance(logits)
    }
}

/// `r / (1 - p)` trials in the mean. Of equal `r`; NaN for others, which have no closed form.
impl<const D: usize> KlDivergence<NegativeBinomial<D>, D> for NegativeBinomial<D> {
    fn kl(&self, other: &NegativeBinomial<D>) -> Operand<D> {
        let ((r, logits), (s, to)) = (self.trials(), other.trials());
        let trials = r.clone() / chance(&-logits.clone());
        of_same(of_one_trial(logits, to) * trials, r, s)
    }
}

/// `λ₁ log λ₁/λ₂ - λ₁ + λ₂`.
impl<const D: usize> KlDivergence<Poisson<D>, D> for Poisson<D> {
    fn kl(&self, other: &Poisson<D>) -> Operand<D> {
        let (rate, to) = (self.mean(), other.mean());
        (rate.log() - to.log() - 1.0) * rate + to
    }
}

/// `Σₖ pₖ (log pₖ - log qₖ)`; a category of probability 0 adds nothing.
impl<const D: usize> KlDivergence<Categorical<D>, D> for Categorical<D> {
    fn kl(&self, other: &Categorical<D>) -> Operand<D> {
        let log_p = log_softmax(self.weights(), D - 1);
        let log_q = log_softmax(other.weights(), D - 1);
        let p = log_p.clone().exp();
        let each = p.clone() * (log_p - log_q);
        let none = p.equal_elem(0.0).expand(each.dims());
        Operand::Tensor(each.mask_fill(none, 0.0).sum_dim(D - 1))
    }
}
