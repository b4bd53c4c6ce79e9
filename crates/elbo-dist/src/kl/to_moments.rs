//! Divergences from densities whose logarithm is a sum of moments.

use crate::kl::KlDivergence;
use crate::{
    AsymmetricLaplace, Beta, Chi2, Entropy, Exponential, Gamma, Gumbel, HALF_LN_TWO_PI, HalfNormal,
    InverseGamma, Kumaraswamy, Laplace, LogNormal, Logistic, Moments, Normal, Operand, Pareto,
    Uniform, Weibull,
};

/// `E[log x]`, where it is known.
pub(crate) trait LogMean<const D: usize> {
    fn log_mean(&self) -> Operand<D>;
}

/// `E[(x - μ)²]`.
fn square_about<P: Moments<D>, const D: usize>(p: &P, centre: &Operand<D>) -> Operand<D> {
    p.variance() + (p.mean() - centre).square()
}

/// `-H(p) + E[(x - μ)²] / 2σ² + log σ + ½ log 2π`.
macro_rules! to_normal {
    ($($p:ty),* $(,)?) => {$(
        impl<const D: usize> KlDivergence<Normal<D>, D> for $p {
            fn kl(&self, other: &Normal<D>) -> Operand<D> {
                let (centre, variance) = (other.mean(), other.variance());
                let quadratic = square_about(self, &centre) / &variance * 0.5;
                quadratic + variance.log() * 0.5 + HALF_LN_TWO_PI - Entropy::<D>::entropy(self)
            }
        }
    )*};
}

to_normal!(
    AsymmetricLaplace<D>,
    Beta<D>,
    Chi2<D>,
    Exponential<D>,
    Gamma<D>,
    Gumbel<D>,
    HalfNormal<D>,
    InverseGamma<D>,
    Kumaraswamy<D>,
    Laplace<D>,
    LogNormal<D>,
    Logistic<D>,
    Normal<D>,
    Pareto<D>,
    Uniform,
    Weibull<D>,
);

/// `-H(p) + E[x²] / 2σ² + log σ + ½ log 2π - log 2`.
macro_rules! to_half_normal {
    ($($p:ty),* $(,)?) => {$(
        impl<const D: usize> KlDivergence<HalfNormal<D>, D> for $p {
            fn kl(&self, other: &HalfNormal<D>) -> Operand<D> {
                let scale = other.scale();
                let quadratic = square_about(self, &Operand::Scalar(0.0)) / scale.square() * 0.5;
                let level = scale.log() + (HALF_LN_TWO_PI - std::f64::consts::LN_2);
                quadratic + level - self.entropy()
            }
        }
    )*};
}

to_half_normal!(
    Beta<D>,
    Chi2<D>,
    Exponential<D>,
    Gamma<D>,
    HalfNormal<D>,
    LogNormal<D>,
    Weibull<D>
);

/// `-H(p) + λ E[x] - log λ`; infinite where `p` reaches below 0.
macro_rules! to_exponential {
    ($($p:ty),* $(,)?) => {$(
        impl<const D: usize> KlDivergence<Exponential<D>, D> for $p {
            fn kl(&self, other: &Exponential<D>) -> Operand<D> {
                let rate = other.mean().recip();
                self.mean() * &rate - rate.log() - Entropy::<D>::entropy(self)
            }
        }
    )*};
}

to_exponential!(
    Beta<D>,
    Chi2<D>,
    Exponential<D>,
    Gamma<D>,
    HalfNormal<D>,
    InverseGamma<D>,
    LogNormal<D>,
    Pareto<D>,
    Weibull<D>,
);

impl<const D: usize> KlDivergence<Exponential<D>, D> for Uniform {
    fn kl(&self, other: &Exponential<D>) -> Operand<D> {
        if self.ends()[0] < 0.0 {
            return Operand::Scalar(f64::INFINITY);
        }
        let rate = other.mean().recip();
        Moments::<D>::mean(self) * &rate - rate.log() - Entropy::<D>::entropy(self)
    }
}

/// `-H(p) - (α - 1) E[log x] + β E[x] - α log β + log Γ(α)`.
macro_rules! to_gamma {
    ($($p:ty),* $(,)?) => {$(
        impl<const D: usize> KlDivergence<Gamma<D>, D> for $p {
            fn kl(&self, other: &Gamma<D>) -> Operand<D> {
                let (a, b) = other.shape_and_rate();
                let power = self.log_mean() * &(a.clone() - 1.0);
                let level = a.lgamma() - b.log() * &a;
                self.mean() * &b - power + level - self.entropy()
            }
        }
    )*};
}

to_gamma!(Beta<D>, InverseGamma<D>, LogNormal<D>, Pareto<D>, Weibull<D>);

impl<const D: usize> LogMean<D> for Gamma<D> {
    fn log_mean(&self) -> Operand<D> {
        let (a, b) = self.shape_and_rate();
        a.digamma() - b.log()
    }
}

impl<const D: usize> LogMean<D> for InverseGamma<D> {
    fn log_mean(&self) -> Operand<D> {
        -self.inverse().log_mean()
    }
}

impl<const D: usize> LogMean<D> for LogNormal<D> {
    fn log_mean(&self) -> Operand<D> {
        self.logarithm().mean()
    }
}

impl<const D: usize> LogMean<D> for Beta<D> {
    fn log_mean(&self) -> Operand<D> {
        let (a, b) = self.concentrations();
        a.digamma() - (a.clone() + b).digamma()
    }
}

impl<const D: usize> LogMean<D> for Pareto<D> {
    fn log_mean(&self) -> Operand<D> {
        let (scale, alpha) = self.scale_and_alpha();
        alpha.recip() + scale.ln()
    }
}

impl<const D: usize> LogMean<D> for Weibull<D> {
    fn log_mean(&self) -> Operand<D> {
        let (scale, concentration) = self.scale_and_concentration();
        scale.log() - concentration.recip() * crate::EULER_GAMMA
    }
}
