use burn::tensor::{Float, Tensor};

use crate::distributions::binomial::logit;
use crate::distributions::poisson::{COUNTS, Poisson};
use crate::moments::from_count;
use crate::operands::operands;
use crate::special::betainc_of_odds;
use crate::{Cdf, Distribution, Gamma, Moments, Noise, Operand, Support, lbeta, softplus};

/// The negative binomial distribution: the successes before failure number `r`, by log-odds `l` of a success.
///
/// `log p(k) = log (k + r - 1 over k) - k log(1 + e⁻ˡ) - r log(1 + eˡ)` for `k = 0, 1, ..` and real `r > 0`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `total_count`, `logits` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, NegativeBinomial};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_prob: f32 = NegativeBinomial::probs(4.0, 0.25).log_prob(x).into_scalar();
/// assert!((log_prob + 1.620_731_9).abs() < 2e-6);
/// ```
///
/// # References
/// Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, chapter 5.
#[derive(Clone, Debug)]
pub struct NegativeBinomial<const D: usize> {
    total_count: Operand<D>,
    logits: Operand<D>,
}

impl<const D: usize> NegativeBinomial<D> {
    /// By log-odds of a success; its mean is `total_count e^logits`.
    pub fn logits(total_count: impl Into<Operand<D>>, logits: impl Into<Operand<D>>) -> Self {
        Self { total_count: total_count.into(), logits: logits.into() }
    }

    /// By the probability of a success, strictly between 0 and 1.
    pub fn probs(total_count: impl Into<Operand<D>>, probs: impl Into<Operand<D>>) -> Self {
        Self::logits(total_count, logit(&probs.into()))
    }

    /// By its mean and its `concentration > 0`: the variance is `mean + mean² / concentration`.
    pub fn by_mean(mean: impl Into<Operand<D>>, concentration: impl Into<Operand<D>>) -> Self {
        let concentration = concentration.into();
        Self::logits(concentration.clone(), mean.into().log() - concentration.log())
    }

    pub(crate) fn trials(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.total_count, &self.logits)
    }
}

impl<const D: usize> Distribution<D> for NegativeBinomial<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    operands!("NegativeBinomial", total_count: Positive, logits: Real);

    fn support(&self) -> Support {
        COUNTS
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        // A Poisson whose rate is Γ(r, e⁻ˡ).
        let rate =
            Gamma::new(self.total_count.clone().detach(), (-self.logits.clone().detach()).exp());
        let rate = rate.draw(shape, noise);
        Poisson::new(rate).draw(shape, noise)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let (r, logits) = (self.total_count.on(&value), self.logits.on(&value));
        let log_ways = -lbeta(value.clone() + 1.0, r.clone()) - (value.clone() + r.clone()).log();
        log_ways - value * softplus(-logits.clone()) - r * softplus(logits)
    }
}

impl<const D: usize> Moments<D> for NegativeBinomial<D> {
    fn mean(&self) -> Operand<D> {
        self.logits.exp() * &self.total_count
    }

    fn variance(&self) -> Operand<D> {
        let odds = self.logits.exp();
        odds.clone() * (odds + 1.0) * &self.total_count
    }
}

impl<const D: usize> Cdf<D> for NegativeBinomial<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        // P(X ≤ k) = I(r, k + 1, 1 - p)
        from_count(value, 0.0, |k| {
            let (r, failure) = (self.total_count.on(&k), -self.logits.on(&k));
            betainc_of_odds(r, k + 1.0, failure)
        })
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        // P(X > k) = I(k + 1, r, p)
        from_count(value, 1.0, |k| {
            let (r, success) = (self.total_count.on(&k), self.logits.on(&k));
            betainc_of_odds(k + 1.0, r, success)
        })
    }
}
