use burn::tensor::{Float, Tensor};

use crate::distributions::Binomial;
use crate::distributions::gamma::log_gamma_draw;
use crate::distributions::poisson::COUNTS;
use crate::operands::operands;
use crate::{Distribution, Moments, Noise, Operand, Support, lbeta, log_binomial};

/// The Beta-binomial distribution: the successes among `n` trials whose chance is `Beta(α, β)`.
///
/// `log p(k) = log (n over k) + log B(k + α, n - k + β) - log B(α, β)` for `k = 0, .., n`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `total_count`, `a`, `b` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, BetaBinomial};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_prob: f32 = BetaBinomial::new(5.0, 2.0, 3.0).log_prob(x).into_scalar();
/// assert!((log_prob + 1.435_084_5).abs() < 2e-6);
/// ```
///
/// # References
/// Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, chapter 6.
#[derive(Clone, Debug)]
pub struct BetaBinomial<const D: usize> {
    total_count: Operand<D>,
    a: Operand<D>,
    b: Operand<D>,
}

impl<const D: usize> BetaBinomial<D> {
    /// The Beta-binomial distribution of `total_count` trials, with concentrations `a > 0` and `b > 0`.
    pub fn new(
        total_count: impl Into<Operand<D>>,
        a: impl Into<Operand<D>>,
        b: impl Into<Operand<D>>,
    ) -> Self {
        Self { total_count: total_count.into(), a: a.into(), b: b.into() }
    }
}

impl<const D: usize> Distribution<D> for BetaBinomial<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    operands!("BetaBinomial", total_count: Count, a: Positive, b: Positive);

    fn support(&self) -> Support {
        match &self.total_count {
            Operand::Scalar(n) => Support::Integers { low: 0.0, high: *n },
            Operand::Tensor(_) => COUNTS,
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let (a, b) = (self.a.clone().detach(), self.b.clone().detach());
        let logits = log_gamma_draw(&a, shape, noise) - log_gamma_draw(&b, shape, noise);
        Binomial::logits(self.total_count.clone(), logits).draw(shape, noise)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let n = self.total_count.on(&value);
        let (a, b) = (self.a.on(&value), self.b.on(&value));
        let after = lbeta(value.clone() + a, n.clone() - value.clone() + b);
        log_binomial(n, value) + after - &self.a.lbeta(&self.b)
    }
}

impl<const D: usize> Moments<D> for BetaBinomial<D> {
    fn mean(&self) -> Operand<D> {
        self.total_count.clone() * &self.a / (self.a.clone() + &self.b)
    }

    fn variance(&self) -> Operand<D> {
        let n = self.a.clone() + &self.b;
        let spread = (n.clone() + &self.total_count) / (n.square() * (n + 1.0));
        self.total_count.clone() * &self.a * &self.b * spread
    }
}
