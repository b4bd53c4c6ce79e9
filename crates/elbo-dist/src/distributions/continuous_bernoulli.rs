use burn::tensor::{Float, Tensor};

use crate::distributions::logit;
use crate::moments::probability;
use crate::operands::operands;
use crate::shape::widest;
use crate::special::{on_host, polynomial, polynomial_scalar, with_slope, with_slopes};
use crate::{
    Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, expm1, log1mexp, log1p,
};

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

impl<const D: usize> ContinuousBernoulli<D> {
    /// The [`cumulant`] of this order, on the host.
    fn cumulant(&self, order: i32) -> Operand<D> {
        self.logits.map(
            |l| cumulant(order, l),
            |l| on_host([l], |[l]| cumulant(order, l), |[l]| [cumulant(order + 1, l)]),
        )
    }
}

impl<const D: usize> Moments<D> for ContinuousBernoulli<D> {
    fn mean(&self) -> Operand<D> {
        self.cumulant(1)
    }

    fn variance(&self) -> Operand<D> {
        self.cumulant(2)
    }
}

impl<const D: usize> Entropy<D> for ContinuousBernoulli<D> {
    fn entropy(&self) -> Operand<D> {
        self.cumulant(0) - self.cumulant(1) * &self.logits
    }
}

impl<const D: usize> Cdf<D> for ContinuousBernoulli<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let value = value.clamp(0.0, 1.0);
        let logits = self.logits.on(&value);
        with_slopes(value, logits, cdf_of, |x, l| [density(&x, &l), slope_of_cdf(x, l)])
    }
}

impl<const D: usize> Quantile<D> for ContinuousBernoulli<D> {
    /// Its derivatives are those of the distribution function, turned over.
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let logits = self.logits.on(&p);
        with_slopes(p, logits, quantile_of, |p, l| {
            let x = quantile_of(p, l.clone());
            let by_p = density(&x, &l).recip();
            [by_p.clone(), -slope_of_cdf(x, l) * by_p]
        })
    }
}

fn cdf_of<const D: usize>(x: Tensor<D>, l: Tensor<D>) -> Tensor<D> {
    // By the right end for growing densities, where e^l would overflow.
    let down = from_left(x.clone(), -l.clone().abs());
    let up = -from_left(-x + 1.0, -l.clone().abs()) + 1.0;
    let grows = l.greater_elem(0.0).expand(up.dims());
    down.mask_where(grows, up)
}

fn quantile_of<const D: usize>(p: Tensor<D>, l: Tensor<D>) -> Tensor<D> {
    let shape = widest(p.dims(), l.dims());
    let grows = l.clone().greater_elem(0.0).expand(shape);
    let p = p.expand(shape);
    let tail = p.clone().mask_where(grows.clone(), -p + 1.0);
    let x = at_part(tail, -l.abs());
    x.clone().mask_where(grows, -x + 1.0)
}

fn density<const D: usize>(x: &Tensor<D>, l: &Tensor<D>) -> Tensor<D> {
    (x.clone() * l.clone() - log_normalizer(l.clone())).exp()
}

/// `∂F/∂l = F(x) (m(x) - m(1))`, with the mean `m(x) = x m(1; l x)` of what lies below `x`.
fn slope_of_cdf<const D: usize>(x: Tensor<D>, l: Tensor<D>) -> Tensor<D> {
    let below = mean_of(x.clone() * l.clone()) * x.clone();
    cdf_of(x, l.clone()) * (below - mean_of(l))
}

/// `log((eˡ - 1) / l) = max(l, 0) + log((1 - e^-|l|) / |l|)`, with derivative the mean.
fn log_normalizer<const D: usize>(logits: Tensor<D>) -> Tensor<D> {
    let value = |l: Tensor<D>| {
        let u = l.clone().abs();
        let near = polynomial(&series(0), u.clone().square()) * u.clone() - 0.5;
        let far = log1mexp(-u.clone()) - u.clone().log();
        let small = u.clone().lower_elem(NEAR);
        l.clamp_min(0.0) + far.mask_where(small, near * u)
    };
    with_slope(logits, value, mean_of)
}

/// `1 / (1 - e⁻ˡ) - 1/l`, the mean: the first of the cumulants.
fn mean_of<const D: usize>(l: Tensor<D>) -> Tensor<D> {
    let near = polynomial(&series(1), l.clone().square()) * l.clone() + 0.5;
    let far = -expm1(-l.clone()).recip() - l.clone().recip();
    far.mask_where(l.abs().lower_elem(NEAR), near)
}

/// The derivative of order 0 to 3 of `log((eˡ - 1) / l)` at a number: by turns the normalizer, the mean, the
/// variance `1/l² - 1 / (2 sinh ½l)²`, and its slope.
fn cumulant(order: i32, l: f64) -> f64 {
    let (u, even) = (l.abs(), order % 2 == 0);
    if u < NEAR {
        let sum = polynomial_scalar(&series(order), l * l);
        return match order {
            0 => 0.5 * l + sum * l * l,
            1 => 0.5 + sum * l,
            _ => sum * if even { 1.0 } else { l },
        };
    }
    let (e, tail) = ((-u).exp(), -(-u).exp_m1()); // e / tail² is 1 / (2 sinh ½u)²
    match order {
        0 => l.max(0.0) + (tail / u).ln(),
        1 => -(-l).exp_m1().recip() - l.recip(),
        2 => (u * u).recip() - e / (tail * tail),
        _ => l.signum() * (e * (e + 1.0) / tail.powi(3) - 2.0 / u.powi(3)),
    }
}

/// Log-odds nearer to 0 than this are left to series, whose last term is 1e-13 of the first there.
const NEAR: f64 = 2.0;

/// The coefficients of the derivative of order `n` of `log((eˡ - 1) / l)` at 0, in powers of `l²`:
/// `B₂ₖ / 2k (2k - n)!` by the Bernoulli numbers (Abramowitz & Stegun 1964, 23.1.1), from the first that is
/// not 0 on.
fn series(n: i32) -> Vec<f64> {
    const BERNOULLI: [f64; 13] = [
        1.0 / 6.0,
        -1.0 / 30.0,
        1.0 / 42.0,
        -1.0 / 30.0,
        5.0 / 66.0,
        -691.0 / 2730.0,
        7.0 / 6.0,
        -3617.0 / 510.0,
        43_867.0 / 798.0,
        -174_611.0 / 330.0,
        854_513.0 / 138.0,
        -236_364_091.0 / 2730.0,
        8_553_103.0 / 6.0,
    ];
    let factorial = |m: i32| (1..=m).map(f64::from).product::<f64>();
    let coefficient =
        |(k, b): (i32, &f64)| (2 * k >= n).then(|| b / f64::from(2 * k) / factorial(2 * k - n));
    (1..).zip(&BERNOULLI).filter_map(coefficient).collect()
}

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
    x.clone().mask_where(flat, p.expand(x.dims())).clamp(0.0, 1.0)
}
