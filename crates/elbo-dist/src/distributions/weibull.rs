use burn::tensor::{Float, Tensor};

use crate::EULER_GAMMA;
use crate::moments::{from_zero, probability};
use crate::operands::operands;
use crate::{Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, expm1, log1p};

/// The Weibull distribution with scale `λ` and concentration `k`.
///
/// `log p(x) = log k + w - log x - eʷ` for `w = k log(x / λ)` and `x > 0`
///
/// # Shapes
/// `scale`, `concentration` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Weibull};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Weibull::new(2.0, 1.5).log_prob(x).into_scalar();
/// assert!((log_prob + 1.922_066_8).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 21.
#[derive(Clone, Debug)]
pub struct Weibull<const D: usize> {
    scale: Operand<D>,
    concentration: Operand<D>,
}

impl<const D: usize> Weibull<D> {
    /// The Weibull distribution with `scale > 0` and `concentration > 0`; at 1 it is exponential.
    pub fn new(scale: impl Into<Operand<D>>, concentration: impl Into<Operand<D>>) -> Self {
        Self { scale: scale.into(), concentration: concentration.into() }
    }

    pub(crate) fn scale_and_concentration(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.scale, &self.concentration)
    }
}

impl<const D: usize> Distribution<D> for Weibull<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Weibull", scale: Positive, concentration: Positive);

    fn support(&self) -> Support {
        Support::Positive
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let wait = -noise.uniform(shape).log();
        (wait.log() / &self.concentration).exp() * &self.scale
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let log = value.log();
        let w = (log.clone() - &self.scale.log()) * &self.concentration;
        w.clone() - w.exp() - log + &self.concentration.log()
    }
}

impl<const D: usize> Moments<D> for Weibull<D> {
    fn mean(&self) -> Operand<D> {
        (self.moment(1.0)).exp() * &self.scale
    }

    fn variance(&self) -> Operand<D> {
        ((self.moment(2.0)).exp() - (self.moment(1.0) * 2.0).exp()) * self.scale.square()
    }
}

impl<const D: usize> Entropy<D> for Weibull<D> {
    fn entropy(&self) -> Operand<D> {
        let k = &self.concentration;
        (-k.recip() + 1.0) * EULER_GAMMA + self.scale.log() - k.log() + 1.0
    }
}

impl<const D: usize> Cdf<D> for Weibull<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        -expm1(self.log_sf(value))
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.log_sf(value).exp()
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        from_zero(value, 0.0, |value| {
            let w = (value.log() - &self.scale.log()) * &self.concentration;
            -w.exp()
        })
    }
}

impl<const D: usize> Quantile<D> for Weibull<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let wait = -log1p(-probability(p));
        (wait.log() / &self.concentration).exp() * &self.scale
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        let wait = -probability(p).log();
        (wait.log() / &self.concentration).exp() * &self.scale
    }
}

impl<const D: usize> Weibull<D> {
    /// `log E[(x / λ)ⁿ]`.
    fn moment(&self, n: f64) -> Operand<D> {
        (self.concentration.recip() * n + 1.0).lgamma()
    }
}
