use burn::tensor::{Float, Tensor};

use crate::distributions::binomial::{chance, logit};
use crate::distributions::poisson::COUNTS;
use crate::operands::operands;
use crate::{
    Bernoulli, Cdf, Distribution, Entropy, Moments, Noise, Operand, Support, expm1, softplus,
};

/// The geometric distribution: the failures before the first success, by log-odds `l` of a success.
///
/// `log p(k) = -k log(1 + eˡ) - log(1 + e⁻ˡ)` for `k = 0, 1, ..`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `logits` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Geometric};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_prob: f32 = Geometric::probs(0.25).log_prob(x).into_scalar();
/// assert!((log_prob + 1.961_658_5).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, chapter 5.
#[derive(Clone, Debug)]
pub struct Geometric<const D: usize> {
    logits: Operand<D>,
}

impl<const D: usize> Geometric<D> {
    /// By log-odds: a trial succeeds with probability `σ(logits)`.
    pub fn logits(logits: impl Into<Operand<D>>) -> Self {
        Self { logits: logits.into() }
    }

    /// By the probability of success, strictly between 0 and 1.
    pub fn probs(probs: impl Into<Operand<D>>) -> Self {
        Self::logits(logit(&probs.into()))
    }

    pub(crate) fn log_odds(&self) -> &Operand<D> {
        &self.logits
    }
}

impl<const D: usize> Distribution<D> for Geometric<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    operands!("Geometric", logits: Real);

    fn support(&self) -> Support {
        COUNTS
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let logits = self.logits.to_host(shape);
        noise.rejection(shape, |i, noise| {
            let log_failure = -logits[i].exp().ln_1p();
            (noise.uniform().ln() / log_failure).floor()
        })
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let logits = self.logits.on(&value);
        -value * softplus(logits.clone()) - softplus(-logits)
    }
}

impl<const D: usize> Moments<D> for Geometric<D> {
    fn mean(&self) -> Operand<D> {
        (-self.logits.clone()).exp()
    }

    fn variance(&self) -> Operand<D> {
        let mean = (-self.logits.clone()).exp();
        mean.clone() * (mean + 1.0)
    }
}

impl<const D: usize> Entropy<D> for Geometric<D> {
    fn entropy(&self) -> Operand<D> {
        // That of one trial, and 1 / p trials in the mean.
        Bernoulli::logits(self.logits.clone()).entropy() / chance(&self.logits)
    }
}

impl<const D: usize> Cdf<D> for Geometric<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let k = value.floor().clamp_min(-1.0);
        -expm1((k.clone() + 1.0) * softplus(self.logits.on(&k)) * -1.0)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        let k = value.floor().clamp_min(-1.0);
        (k.clone() + 1.0) * softplus(self.logits.on(&k)) * -1.0
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.log_sf(value).exp()
    }
}

/// `log(1 + eˡ)`.
pub(crate) fn log1p_exp<const D: usize>(logits: &Operand<D>) -> Operand<D> {
    logits.map(|l| l.max(0.0) + (-l.abs()).exp().ln_1p(), softplus)
}
