use burn::tensor::{Float, Tensor};

use crate::moments::from_count;
use crate::operands::operands;
use crate::special::{log_gamma_kernel, log_gammainc};
use crate::{
    Cdf, Distribution, ElementNoise, Moments, Noise, Operand, Support, gammaincc, lgamma_scalar,
};

/// The Poisson distribution with rate `λ`.
///
/// `log p(k) = k log λ - λ - log k!` for `k = 0, 1, ..`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `rate` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Poisson};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Poisson::new(2.5).log_prob(x).into_scalar();
/// assert!((log_prob + 1.542_887_3).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, chapter 4.
/// Draws: Hörmann (1993), *The transformed rejection method for generating Poisson random variables*.
#[derive(Clone, Debug)]
pub struct Poisson<const D: usize> {
    rate: Operand<D>,
}

impl<const D: usize> Poisson<D> {
    /// The Poisson distribution with `rate > 0`, its mean.
    pub fn new(rate: impl Into<Operand<D>>) -> Self {
        Self { rate: rate.into() }
    }
}

impl<const D: usize> Distribution<D> for Poisson<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    operands!("Poisson", rate: Positive);

    fn support(&self) -> Support {
        COUNTS
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let rate = self.rate.to_host(shape);
        noise.rejection(shape, |i, noise| poisson(rate[i], noise))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        // As a Gamma density in the rate, whose summands do not cancel for large counts.
        let rate = self.rate.on(&value);
        log_gamma_kernel(value + 1.0, rate) - &self.rate.log()
    }
}

impl<const D: usize> Moments<D> for Poisson<D> {
    fn mean(&self) -> Operand<D> {
        self.rate.clone()
    }

    fn variance(&self) -> Operand<D> {
        self.rate.clone()
    }
}

impl<const D: usize> Cdf<D> for Poisson<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        from_count(value, 0.0, |k| gammaincc(k.clone() + 1.0, self.rate.on(&k)))
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        from_count(value, 0.0, |k| log_gammainc(k.clone() + 1.0, self.rate.on(&k)))
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.log_sf(value).exp()
    }
}

/// The support of a count: `0, 1, ..`
pub(super) const COUNTS: Support = Support::Integers { low: 0.0, high: f64::INFINITY };

/// A draw by the transformed rejection `PTRS`; below 10 by multiplying uniforms.
fn poisson(rate: f64, noise: &mut ElementNoise) -> f64 {
    if !(rate > 0.0 && rate.is_finite()) {
        return if rate == 0.0 { 0.0 } else { f64::NAN };
    }
    if rate < 10.0 {
        let (end, mut product, mut count) = ((-rate).exp(), noise.uniform(), 0.0);
        while product > end {
            product *= noise.uniform();
            count += 1.0;
        }
        return count;
    }
    let b = 0.931 + 2.53 * rate.sqrt();
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let squeeze = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let (u, v) = (noise.uniform() - 0.5, noise.uniform());
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + rate + 0.43).floor();
        if edge >= 0.07 && v <= squeeze {
            return k;
        }
        if k < 0.0 || (edge < 0.013 && v > edge) {
            continue;
        }
        let density = k * rate.ln() - rate - lgamma_scalar(k + 1.0);
        if (v * inverse_alpha / (a / (edge * edge) + b)).ln() <= density {
            return k;
        }
    }
}
