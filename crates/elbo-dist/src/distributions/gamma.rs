use burn::tensor::{Float, Tensor};

use crate::noise::open_unit_ends;
use crate::operands::operands;
use crate::special::{self, gamma_draw_slope, gammainccinv, log_gammainc, log_gammaincc};
use crate::{
    Cdf, Distribution, ElementNoise, Entropy, Moments, Noise, Operand, Quantile, Support, gammainc,
    gammaincc, gammaincinv,
};

/// The Gamma distribution with concentration `α` and rate `β`.
///
/// `log p(x) = α log β + (α - 1) log x - β x - log Γ(α)` for `x > 0`
///
/// Draws are never 0: what would underflow, as much of `Γ(0.01, 1)` does, is the smallest positive
/// normal number. They carry implicit gradients, for any concentration.
///
/// # Shapes
/// `concentration`, `rate` and values are rank `D` and broadcast; `log_prob` has the broadcast
/// shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Gamma};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_prob: f32 = Gamma::new(3.0, 1.5).log_prob(x).into_scalar();
/// assert!((log_prob + 1.090_457_5).abs() < 1e-6);
/// ```
///
/// # References
/// Draws: Marsaglia & Tsang (2000), *A simple method for generating gamma variables*; their
/// gradients: Figurnov, Mohamed & Mnih (2018), *Implicit reparameterization gradients*, equation 5.
#[derive(Clone, Debug)]
pub struct Gamma<const D: usize> {
    concentration: Operand<D>,
    rate: Operand<D>,
}

impl<const D: usize> Gamma<D> {
    /// The Gamma distribution with `concentration > 0` and `rate > 0`; its mean is their ratio.
    pub fn new(concentration: impl Into<Operand<D>>, rate: impl Into<Operand<D>>) -> Self {
        Self { concentration: concentration.into(), rate: rate.into() }
    }

    pub(crate) fn shape_and_rate(&self) -> (Operand<D>, Operand<D>) {
        (self.concentration.clone(), self.rate.clone())
    }

    pub(crate) fn as_gamma(&self) -> Self {
        self.clone()
    }
}

impl<const D: usize> Distribution<D> for Gamma<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Gamma", concentration: Positive, rate: Positive);

    fn support(&self) -> Support {
        Support::Positive
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let draws = StandardDraws::new(&self.concentration, shape, noise);
        let values = draws.logs.iter().map(|log| log.exp()).collect();
        let draw = draws.tied(&self.concentration, noise, values, |log, slope| log.exp() * slope);
        let (least, _) = open_unit_ends(&draw);
        (draw / &self.rate).clamp_min(least)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        log_gamma_kernel(&self.concentration, value.clone() * &self.rate) - value.log()
    }
}

impl<const D: usize> Moments<D> for Gamma<D> {
    fn mean(&self) -> Operand<D> {
        self.concentration.clone() / &self.rate
    }

    fn variance(&self) -> Operand<D> {
        self.concentration.clone() / self.rate.square()
    }
}

impl<const D: usize> Entropy<D> for Gamma<D> {
    fn entropy(&self) -> Operand<D> {
        let a = &self.concentration;
        a.lgamma() - (a.clone() - 1.0) * a.digamma() + a - self.rate.log()
    }
}

impl<const D: usize> Cdf<D> for Gamma<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp_min(0.0) * &self.rate;
        gammainc(self.concentration.on(&value), value)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp_min(0.0) * &self.rate;
        gammaincc(self.concentration.on(&value), value)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp_min(0.0) * &self.rate;
        log_gammaincc(self.concentration.on(&value), value)
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp_min(0.0) * &self.rate;
        log_gammainc(self.concentration.on(&value), value)
    }
}

impl<const D: usize> Quantile<D> for Gamma<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        gammaincinv(self.concentration.on(&p), p) / &self.rate
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        gammainccinv(self.concentration.on(&p), p) / &self.rate
    }
}

/// `a log y - y - log Γ(a)`.
pub(super) fn log_gamma_kernel<const D: usize>(a: &Operand<D>, y: Tensor<D>) -> Tensor<D> {
    match a {
        Operand::Scalar(a) => special::log_gamma_kernel_of(*a, y),
        Operand::Tensor(a) => special::log_gamma_kernel(a.clone(), y),
    }
}

/// The logarithm of draws of `Γ(concentration, 1)`, which underflows for no concentration.
pub(super) fn log_gamma_draw<const D: usize>(
    concentration: &Operand<D>,
    shape: [usize; D],
    noise: &mut Noise,
) -> Tensor<D> {
    let draws = StandardDraws::new(concentration, shape, noise);
    let values = draws.logs.clone();
    draws.tied(concentration, noise, values, |_, slope| slope)
}

/// The logarithms of draws with rate 1, on the host.
struct StandardDraws<const D: usize> {
    shape: [usize; D],
    concentrations: Vec<f64>,
    logs: Vec<f64>,
}

impl<const D: usize> StandardDraws<D> {
    fn new(concentration: &Operand<D>, shape: [usize; D], noise: &mut Noise) -> Self {
        let concentrations = concentration.to_host(shape);
        let draw =
            |i: usize, noise: &mut ElementNoise| log_standard_gamma(concentrations[i], noise);
        let logs = noise.rejection_values(&shape, draw);
        Self { shape, concentrations, logs }
    }

    /// `values` of the draws, with the derivative `slope(log x, d log x / dα)` by a tracked
    /// concentration.
    fn tied(
        &self,
        concentration: &Operand<D>,
        noise: &Noise,
        values: Vec<f64>,
        slope: impl Fn(f64, f64) -> f64,
    ) -> Tensor<D> {
        let values = noise.place().tensor(values, self.shape);
        match concentration {
            Operand::Tensor(tracked) if tracked.is_tracked() => {
                let draws = self.concentrations.iter().zip(&self.logs);
                let slopes = draws.map(|(&a, &log)| slope(log, gamma_draw_slope(a, log))).collect();
                let slopes = noise.place().tensor(slopes, self.shape);
                (tracked.clone() - tracked.clone().inner()) * slopes + values
            }
            _ => values,
        }
    }
}

/// The logarithm of a draw with rate 1; below concentration 1 by `Γ(α) = Γ(α + 1) u^(1/α)`.
fn log_standard_gamma(concentration: f64, noise: &mut ElementNoise) -> f64 {
    if !(concentration > 0.0 && concentration.is_finite()) {
        return f64::NAN;
    }
    if concentration < 1.0 {
        let boost = noise.uniform().ln() / concentration;
        return log_standard_gamma(concentration + 1.0, noise) + boost;
    }
    let d = concentration - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = noise.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && noise.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return (d * v).ln();
        }
    }
}
