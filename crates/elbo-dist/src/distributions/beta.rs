use burn::tensor::{Float, Tensor};

use crate::distributions::gamma::log_gamma_draw;
use crate::noise::into_open_unit;
use crate::operands::operands;
use crate::{
    Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, betainc, betaincinv,
    sigmoid, xlog1py, xlogy,
};

/// The Beta distribution on (0, 1) with concentrations `α` and `β`.
///
/// `log p(x) = (α - 1) log x + (β - 1) log(1 - x) - log B(α, β)`
///
/// For large concentrations these summands cancel: the error is about 2e-7 of the largest one in `f32`.
///
/// # Shapes
/// `a`, `b` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Beta};
///
/// let x = Tensor::<2>::from_floats([[0.25]], &Device::flex());
/// let log_prob: f32 = Beta::new(2.0, 3.0).log_prob(x).into_scalar();
/// assert!((log_prob - 0.523_248_1).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1995), *Continuous Univariate Distributions* 2, chapter 25.
#[derive(Clone, Debug)]
pub struct Beta<const D: usize> {
    a: Operand<D>,
    b: Operand<D>,
}

impl<const D: usize> Beta<D> {
    /// The Beta distribution with concentrations `a > 0` and `b > 0`: after `a - 1` ones and `b - 1`
    /// zeros, the posterior of a chance that was uniform.
    pub fn new(a: impl Into<Operand<D>>, b: impl Into<Operand<D>>) -> Self {
        Self { a: a.into(), b: b.into() }
    }

    pub(crate) fn concentrations(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.a, &self.b)
    }
}

impl<const D: usize> Distribution<D> for Beta<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Beta", a: Positive, b: Positive);

    fn support(&self) -> Support {
        Support::UnitInterval
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let log_ratio =
            log_gamma_draw(&self.a, shape, noise) - log_gamma_draw(&self.b, shape, noise);
        into_open_unit(sigmoid(log_ratio))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let kernel = xlogy(self.less(&self.a, &value), value.clone())
            + xlog1py(self.less(&self.b, &value), -value);
        kernel - &self.a.lbeta(&self.b)
    }
}

impl<const D: usize> Moments<D> for Beta<D> {
    fn mean(&self) -> Operand<D> {
        self.a.clone() / (self.a.clone() + &self.b)
    }

    fn variance(&self) -> Operand<D> {
        let n = self.a.clone() + &self.b;
        self.a.clone() * &self.b / (n.square() * (n + 1.0))
    }
}

impl<const D: usize> Entropy<D> for Beta<D> {
    fn entropy(&self) -> Operand<D> {
        let n = self.a.clone() + &self.b;
        let by = |x: &Operand<D>| (x.clone() - 1.0) * x.digamma();
        self.a.lbeta(&self.b) - by(&self.a) - by(&self.b) + (n.clone() - 2.0) * n.digamma()
    }
}

impl<const D: usize> Cdf<D> for Beta<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp(0.0, 1.0);
        betainc(self.a.on(&value), self.b.on(&value), value)
    }
}

impl<const D: usize> Quantile<D> for Beta<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        betaincinv(self.a.on(&p), self.b.on(&p), p)
    }
}

impl<const D: usize> Beta<D> {
    /// `concentration - 1`, on the place of `value`.
    fn less(&self, concentration: &Operand<D>, value: &Tensor<D>) -> Tensor<D> {
        (concentration.clone() - 1.0).on(value)
    }
}
