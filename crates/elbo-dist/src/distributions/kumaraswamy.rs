use burn::tensor::{Float, Tensor};

use crate::EULER_GAMMA;
use crate::moments::probability;
use crate::noise::into_open_unit;
use crate::operands::operands;
use crate::special::log;
use crate::{
    Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, expm1, log1mexp, log1p,
};

/// The Kumaraswamy distribution on (0, 1) with exponents `a` and `b`.
///
/// `log p(x) = log a b + (a - 1) log x + (b - 1) log(1 - xᵃ)`
///
/// # Shapes
/// `a`, `b` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Kumaraswamy};
///
/// let x = Tensor::<2>::from_floats([[0.25]], &Device::flex());
/// let log_prob: f32 = Kumaraswamy::new(2.0, 3.0).log_prob(x).into_scalar();
/// assert!((log_prob - 0.276_388_1).abs() < 1e-6);
/// ```
///
/// # References
/// Kumaraswamy (1980), *A generalized probability density function for double-bounded random
/// processes*; Jones (2009), *Kumaraswamy's distribution*.
#[derive(Clone, Debug)]
pub struct Kumaraswamy<const D: usize> {
    a: Operand<D>,
    b: Operand<D>,
}

impl<const D: usize> Kumaraswamy<D> {
    /// The Kumaraswamy distribution with `a > 0` and `b > 0`: like a Beta, with a quantile in closed form.
    pub fn new(a: impl Into<Operand<D>>, b: impl Into<Operand<D>>) -> Self {
        Self { a: a.into(), b: b.into() }
    }
}

impl<const D: usize> Distribution<D> for Kumaraswamy<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Kumaraswamy", a: Positive, b: Positive);

    fn support(&self) -> Support {
        Support::UnitInterval
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        into_open_unit((log1mexp(u.log() / &self.b) / &self.a).exp())
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let log = log(value);
        let rest = log1mexp(log.clone() * &self.a);
        log * &(self.a.clone() - 1.0)
            + rest * &(self.b.clone() - 1.0)
            + &(self.a.log() + self.b.log())
    }
}

impl<const D: usize> Moments<D> for Kumaraswamy<D> {
    fn mean(&self) -> Operand<D> {
        self.moment(1.0)
    }

    fn variance(&self) -> Operand<D> {
        self.moment(2.0) - self.moment(1.0).square()
    }
}

impl<const D: usize> Entropy<D> for Kumaraswamy<D> {
    fn entropy(&self) -> Operand<D> {
        let harmonic = (self.b.clone() + 1.0).digamma() + EULER_GAMMA;
        let by_b = -self.b.recip() + 1.0;
        by_b + (-self.a.recip() + 1.0) * harmonic - self.a.log() - self.b.log()
    }
}

impl<const D: usize> Cdf<D> for Kumaraswamy<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let log = value.clamp(0.0, 1.0).log() * &self.a;
        -expm1(log1mexp(log) * &self.b)
    }
}

impl<const D: usize> Quantile<D> for Kumaraswamy<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        (log1mexp(log1p(-probability(p)) / &self.b) / &self.a).exp()
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        (log1mexp(probability(p).log() / &self.b) / &self.a).exp()
    }
}

impl<const D: usize> Kumaraswamy<D> {
    /// `E[xⁿ] = b B(1 + n/a, b)`.
    fn moment(&self, n: f64) -> Operand<D> {
        (self.a.recip() * n + 1.0).lbeta(&self.b).exp() * &self.b
    }
}
