use std::f64::consts::{PI, TAU};

use burn::tensor::{DType, Float, Tensor};

use crate::operands::operands;
use crate::special::{
    i0e_scalar, i1e_scalar, polynomial, polynomial_scalar, von_mises_cdf, von_mises_draw_slope,
};
use crate::{Cdf, Distribution, ElementNoise, Entropy, Noise, Operand, Support, i0e, i1e};

/// The von Mises distribution of an angle, with mean direction `μ` and concentration `κ`.
///
/// `log p(x) = κ (cos(x - μ) - 1) - log(2π e^-κ I₀(κ))` for `-π ≤ x ≤ π`
///
/// Draws carry implicit gradients, which are right for functions on the circle: those with the same value at `-π` and
/// `π`, such as the density and what is made of sines and cosines. Above `κ = 1e9` draws are normal, to single
/// precision the same. Its moments are those of a circle, [`VonMises::mean_direction`] and
/// [`VonMises::circular_variance`].
///
/// # Shapes
/// `loc`, `concentration` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
/// Angles are in radians.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, VonMises};
///
/// let x = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// let log_prob: f32 = VonMises::new(0.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 1.581_265_2).abs() < 1e-6);
/// ```
///
/// # References
/// Mardia & Jupp (2000), *Directional Statistics*, section 3.5.4. Draws: Best & Fisher (1979), *Efficient
/// simulation of the von Mises distribution*; their gradients: Figurnov, Mohamed & Mnih (2018).
#[derive(Clone, Debug)]
pub struct VonMises<const D: usize> {
    loc: Operand<D>,
    concentration: Operand<D>,
}

impl<const D: usize> VonMises<D> {
    /// The distribution of angles about `loc`, with `concentration > 0`.
    pub fn new(loc: impl Into<Operand<D>>, concentration: impl Into<Operand<D>>) -> Self {
        Self { loc: loc.into(), concentration: concentration.into() }
    }

    /// The direction of the mean of `(cos x, sin x)`, which is `μ`.
    pub fn mean_direction(&self) -> Operand<D> {
        self.loc.clone()
    }

    /// One less the length of that mean: `1 - I₁(κ)/I₀(κ)`, from 0 of a point to 1 of the whole circle.
    ///
    /// ```
    /// use elbo_dist::{Operand, VonMises};
    ///
    /// let spread = VonMises::<2>::new(0.0, 2.0).circular_variance();
    /// assert!(matches!(spread, Operand::Scalar(v) if (v - 0.302_225).abs() < 1e-6));
    /// ```
    pub fn circular_variance(&self) -> Operand<D> {
        mean_versine(&self.concentration)
    }

    pub(crate) fn loc_and_concentration(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.loc, &self.concentration)
    }
}

impl<const D: usize> Distribution<D> for VonMises<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("VonMises", loc: Real, concentration: Positive);

    fn support(&self) -> Support {
        Support::Interval { low: -PI, high: PI }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let concentrations = self.concentration.to_host(shape);
        let draws = noise.rejection_values(&shape, |i, noise| angle(concentrations[i], noise));
        let mut turned = noise.place().tensor(draws.clone(), shape);
        if let Operand::Tensor(tracked) = &self.concentration
            && tracked.is_tracked()
        {
            let slopes = concentrations.iter().zip(draws).map(|(k, y)| von_mises_draw_slope(*k, y));
            let slopes = noise.place().tensor(slopes.collect(), shape);
            turned = (tracked.clone() - tracked.clone().inner()) * slopes + turned;
        }
        let angle = turned + &self.loc;
        let turns = (angle.clone().inner() / TAU).round();
        let end = match angle.dtype() {
            DType::F32 => f64::from(std::f32::consts::PI.next_down()), // π rounds up
            _ => PI,
        };
        (angle - turns * TAU).clamp(-end, end)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let half = ((value - &self.loc) * 0.5).sin();
        half.square() * &(self.concentration.clone() * -2.0) - &log_peak(&self.concentration)
    }
}

impl<const D: usize> Entropy<D> for VonMises<D> {
    fn entropy(&self) -> Operand<D> {
        let k = &self.concentration;
        log_peak(k) + k.clone() * mean_versine(k)
    }
}

/// From -π on.
impl<const D: usize> Cdf<D> for VonMises<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp(-PI, PI);
        let concentration = self.concentration.on(&value);
        let from = value.clone().inner().zeros_like() - PI - &self.loc;
        von_mises_cdf(concentration.clone(), value - &self.loc) - von_mises_cdf(concentration, from)
    }
}

/// `log(2π e^-κ I₀(κ))`, minus the log-density at the mean.
pub(crate) fn log_peak<const D: usize>(concentration: &Operand<D>) -> Operand<D> {
    concentration.map(i0e_scalar, i0e).log() + TAU.ln()
}

/// `1 - E[cos(x - μ)] = 1 - I₁(κ)/I₀(κ)`: for large `κ`, where that cancels, by its expansion in `1/κ`.
pub(crate) fn mean_versine<const D: usize>(concentration: &Operand<D>) -> Operand<D> {
    let by_number = |k: f64| match k > LARGE {
        true => polynomial_scalar(&EXPANSION, k.recip()),
        false => 1.0 - i1e_scalar(k) / i0e_scalar(k),
    };
    concentration.map(by_number, |k| {
        let large = if k.dtype() == DType::F32 { LARGE_F32 } else { LARGE };
        let direct = -(i1e(k.clone()) / i0e(k.clone())) + 1.0;
        let expanded = polynomial(&EXPANSION, k.clone().recip());
        direct.mask_where(k.greater_elem(large), expanded)
    })
}

/// Where the expansion takes over.
const LARGE: f64 = 1000.0;
const LARGE_F32: f64 = 30.0;

/// `1 - I₁(κ)/I₀(κ)` in powers of `1/κ`: the quotient of the series 9.7.1 of Abramowitz & Stegun (1964).
const EXPANSION: [f64; 7] = [0.0, 0.5, 0.125, 0.125, 25.0 / 128.0, 13.0 / 32.0, 1073.0 / 1024.0];

/// A draw about 0.
fn angle(concentration: f64, noise: &mut ElementNoise) -> f64 {
    let k = concentration;
    if !(k > 0.0 && k.is_finite()) {
        return f64::NAN;
    }
    if k > 1e9 {
        return noise.normal() / k.sqrt();
    }
    let r = match k < 1e-5 {
        true => k.recip() + k, // what follows cancels
        false => {
            let tau = 1.0 + (1.0 + 4.0 * k * k).sqrt();
            let rho = (tau - (2.0 * tau).sqrt()) / (2.0 * k);
            (1.0 + rho * rho) / (2.0 * rho)
        }
    };
    loop {
        let z = (PI * noise.uniform()).cos();
        let cosine = (1.0 + r * z) / (r + z);
        let c = k * (r - cosine);
        let u = noise.uniform();
        if c * (2.0 - c) > u || (c / u).ln() + 1.0 >= c {
            return (noise.uniform() - 0.5).signum() * cosine.clamp(-1.0, 1.0).acos();
        }
    }
}
