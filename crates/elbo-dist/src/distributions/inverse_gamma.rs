use burn::tensor::{Float, Tensor};

use crate::distributions::gamma::log_gamma_kernel;
use crate::moments::from_zero;
use crate::operands::operands;
use crate::special::{gammainccinv, log_gammainc, log_gammaincc};
use crate::{
    Cdf, Distribution, Entropy, Gamma, Moments, Noise, Operand, Quantile, Support, gammainc,
    gammaincc, gammaincinv,
};

/// The inverse Gamma distribution with concentration `α` and scale `β`: `1/x` for `x ~ Γ(α, β)`.
///
/// `log p(x) = α log β - (α + 1) log x - β / x - log Γ(α)` for `x > 0`
///
/// # Shapes
/// `concentration`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, InverseGamma};
///
/// let x = Tensor::<2>::from_floats([[0.5]], &Device::flex());
/// let log_prob: f32 = InverseGamma::new(3.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob - 0.158_883_1).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 17.
#[derive(Clone, Debug)]
pub struct InverseGamma<const D: usize> {
    concentration: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> InverseGamma<D> {
    /// The inverse Gamma with `concentration > 0` and `scale > 0`.
    pub fn new(concentration: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { concentration: concentration.into(), scale: scale.into() }
    }

    /// The distribution of `1/x`.
    pub(crate) fn inverse(&self) -> Gamma<D> {
        Gamma::new(self.concentration.clone(), self.scale.clone())
    }
}

impl<const D: usize> Distribution<D> for InverseGamma<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("InverseGamma", concentration: Positive, scale: Positive);

    fn support(&self) -> Support {
        Support::Positive
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let gamma = Gamma::new(self.concentration.clone(), 1.0).draw(shape, noise);
        gamma.recip() * &self.scale
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let inverse = (value.clone() / &self.scale).recip();
        log_gamma_kernel(&self.concentration, inverse) - value.log()
    }
}

impl<const D: usize> Moments<D> for InverseGamma<D> {
    fn mean(&self) -> Operand<D> {
        let mean = self.scale.clone() / (self.concentration.clone() - 1.0);
        mean.where_above(&self.concentration, 1.0, f64::INFINITY)
    }

    fn variance(&self) -> Operand<D> {
        let less = |k: f64| self.concentration.clone() - k;
        let variance = self.scale.square() / (less(1.0).square() * less(2.0));
        variance.where_above(&self.concentration, 2.0, f64::INFINITY)
    }
}

impl<const D: usize> Entropy<D> for InverseGamma<D> {
    fn entropy(&self) -> Operand<D> {
        let a = &self.concentration;
        a.lgamma() - (a.clone() + 1.0) * a.digamma() + a + self.scale.log()
    }
}

impl<const D: usize> Cdf<D> for InverseGamma<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, 0.0, |value| {
            let inverse = (value / &self.scale).recip();
            gammaincc(self.concentration.on(&inverse), inverse)
        })
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, 1.0, |value| {
            let inverse = (value / &self.scale).recip();
            gammainc(self.concentration.on(&inverse), inverse)
        })
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, f64::NEG_INFINITY, |value| {
            let inverse = (value / &self.scale).recip();
            log_gammaincc(self.concentration.on(&inverse), inverse)
        })
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, 0.0, |value| {
            let inverse = (value / &self.scale).recip();
            log_gammainc(self.concentration.on(&inverse), inverse)
        })
    }
}

impl<const D: usize> Quantile<D> for InverseGamma<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        gammainccinv(self.concentration.on(&p), p).recip() * &self.scale
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        gammaincinv(self.concentration.on(&p), p).recip() * &self.scale
    }
}
