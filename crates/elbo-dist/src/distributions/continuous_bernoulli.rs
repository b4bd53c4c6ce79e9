use burn::tensor::{Float, Tensor};

use crate::distributions::logit;
use crate::moments::probability;
use crate::operands::operands;
use crate::special::{polynomial, with_slope};
use crate::{Cdf, Distribution, Noise, Operand, Quantile, Support, expm1, log1mexp, log1p};

/// The continuous Bernoulli distribution on [0, 1], by log-odds `l`: an exponential cut off at 1.
///
/// `log p(x) = x l - log((eˡ - 1) / l)`
///
/// # Shapes
/// `logits` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, ContinuousBernoulli};
///
/// let x = Tensor::<2>::from_floats([[0.75]], &Device::flex());
/// let log_prob: f32 = ContinuousBernoulli::logits(2.0).log_prob(x).into_scalar();
/// assert!((log_prob - 0.338_560_6).abs() < 1e-6);
/// ```
///
/// # References
/// Loaiza-Ganem & Cunningham (2019), *The continuous Bernoulli: fixing a pervasive error in variational
/// autoencoders*, equation 2.
#[derive(Clone, Debug)]
pub struct ContinuousBernoulli<const D: usize> {
    logits: Operand<D>,
}

impl<const D: usize> ContinuousBernoulli<D> {
    /// By log-odds: at 0 it is uniform.
    pub fn logits(logits: impl Into<Operand<D>>) -> Self {
        Self { logits: logits.into() }
    }

    /// By the `λ = σ(logits)` of Loaiza-Ganem & Cunningham, strictly between 0 and 1.
    pub fn probs(probs: impl Into<Operand<D>>) -> Self {
        Self::logits(logit(&probs.into()))
    }
}

impl<const D: usize> Distribution<D> for ContinuousBernoulli<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("ContinuousBernoulli", logits: Real);

    fn support(&self) -> Support {
        Support::UnitInterval
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        self.icdf(u)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let logits = self.logits.on(&value);
        value * logits.clone() - log_normalizer(logits)
    }
}

impl<const D: usize> Cdf<D> for ContinuousBernoulli<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        // By the right end for growing densities, where e^l would overflow.
        let value = value.clamp(0.0, 1.0);
        let logits = self.logits.on(&value);
        let down = from_left(value.clone(), -logits.clone().abs());
        let up = -from_left(-value + 1.0, -logits.clone().abs()) + 1.0;
        let grows = logits.greater_elem(0.0).expand(up.dims());
        down.mask_where(grows, up)
    }
}

impl<const D: usize> Quantile<D> for ContinuousBernoulli<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let logits = self.logits.on(&p);
        let grows = logits.clone().greater_elem(0.0);
        let shape = (p.clone() + logits.clone().inner().zeros_like()).dims();
        let grows = grows.expand(shape);
        let p = p.expand(shape);
        let tail = p.clone().mask_where(grows.clone(), -p + 1.0);
        let x = at_part(tail, -logits.abs());
        x.clone().mask_where(grows, -x + 1.0)
    }
}

/// `log((eˡ - 1) / l) = max(l, 0) + log((1 - e^-|l|) / |l|)`, with derivative the mean.
fn log_normalizer<const D: usize>(logits: Tensor<D>) -> Tensor<D> {
    let value = |l: Tensor<D>| {
        let u = l.clone().abs();
        let near =
            polynomial(&[-0.5, 1.0 / 24.0, 0.0, -1.0 / 2880.0, 0.0, 1.0 / 181_440.0], u.clone());
        let far = log1mexp(-u.clone()) - u.clone().log();
        let small = u.clone().lower_elem(NEAR);
        l.clamp_min(0.0) + far.mask_where(small, near * u)
    };
    with_slope(logits, value, mean_of)
}

/// `1 / (1 - e⁻ˡ) - 1/l`.
fn mean_of<const D: usize>(l: Tensor<D>) -> Tensor<D> {
    let square = l.clone().square();
    let series = [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30_240.0, -1.0 / 1_209_600.0];
    let near = polynomial(&series, square) * l.clone() + 0.5;
    let far = -expm1(-l.clone()).recip() - l.clone().recip();
    far.mask_where(l.abs().lower_elem(NEAR), near)
}

/// Log-odds nearer to 0 than this are left to series.
const NEAR: f64 = 0.1;

/// `(e^(l x) - 1) / (eˡ - 1)` for `l ≤ 0`, and `x` at 0.
fn from_left<const D: usize>(x: Tensor<D>, l: Tensor<D>) -> Tensor<D> {
    let whole = expm1(l.clone());
    let flat = l.clone().equal_elem(0.0);
    let part = expm1(x.clone() * l) / whole;
    let flat = flat.expand(part.dims());
    part.clone().mask_where(flat, x.expand(part.dims()))
}

/// `log(1 + p (eˡ - 1)) / l` for `l ≤ 0`, and `p` at 0.
fn at_part<const D: usize>(p: Tensor<D>, l: Tensor<D>) -> Tensor<D> {
    let flat = l.clone().equal_elem(0.0);
    let x = log1p(p.clone() * expm1(l.clone())) / l;
    let flat = flat.expand(x.dims());
    x.clone().mask_where(flat, p.expand(x.dims()))
}
