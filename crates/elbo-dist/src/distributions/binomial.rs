use burn::tensor::{Float, Tensor};

use crate::distributions::poisson::COUNTS;
use crate::moments::from_count;
use crate::operands::operands;
use crate::special::{betainc_of_odds, log_odds};
use crate::{
    Cdf, Distribution, ElementNoise, Moments, Noise, Operand, Support, lgamma_scalar, log_binomial,
    sigmoid, softplus,
};

/// The binomial distribution: the successes among `n` trials, by log-odds `l`.
///
/// `log p(k) = log (n over k) - k log(1 + e⁻ˡ) - (n - k) log(1 + eˡ)` for `k = 0, .., n`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `total_count`, `logits` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Binomial};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_prob: f32 = Binomial::probs(5.0, 0.25).log_prob(x).into_scalar();
/// assert!((log_prob + 1.333_049_8).abs() < 2e-6);
/// ```
///
/// # References
/// Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, chapter 3.
/// Draws: Hörmann (1993), *The generation of binomial random variates*.
#[derive(Clone, Debug)]
pub struct Binomial<const D: usize> {
    total_count: Operand<D>,
    logits: Operand<D>,
}

impl<const D: usize> Binomial<D> {
    /// By log-odds: a trial succeeds with probability `σ(logits)`.
    pub fn logits(total_count: impl Into<Operand<D>>, logits: impl Into<Operand<D>>) -> Self {
        Self { total_count: total_count.into(), logits: logits.into() }
    }

    /// By the probability of success, strictly between 0 and 1.
    pub fn probs(total_count: impl Into<Operand<D>>, probs: impl Into<Operand<D>>) -> Self {
        Self::logits(total_count, logit(&probs.into()))
    }

    pub(crate) fn trials(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.total_count, &self.logits)
    }
}

impl<const D: usize> Distribution<D> for Binomial<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    operands!("Binomial", total_count: Count, logits: Real);

    fn support(&self) -> Support {
        match &self.total_count {
            Operand::Scalar(n) => Support::Integers { low: 0.0, high: *n },
            Operand::Tensor(_) => COUNTS,
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let (n, logits) = (self.total_count.to_host(shape), self.logits.to_host(shape));
        noise.rejection(shape, |i, noise| binomial(n[i], logits[i], noise))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let (n, logits) = (self.total_count.on(&value), self.logits.on(&value));
        let successes = value.clone() * softplus(-logits.clone());
        let failures = (n.clone() - value.clone()) * softplus(logits);
        log_binomial(n, value) - successes - failures
    }
}

impl<const D: usize> Moments<D> for Binomial<D> {
    fn mean(&self) -> Operand<D> {
        self.total_count.clone() * chance(&self.logits)
    }

    fn variance(&self) -> Operand<D> {
        self.total_count.clone() * chance(&self.logits) * chance(&-self.logits.clone())
    }
}

impl<const D: usize> Cdf<D> for Binomial<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        // P(X ≤ k) = I(n - k, k + 1, 1 - p)
        from_count(value, 0.0, |k| {
            let (rest, failure) = (self.total_count.on(&k) - k.clone(), -self.logits.on(&k));
            let all = rest.clone().lower_equal_elem(0.0);
            let cdf = betainc_of_odds(rest.clamp_min(1.0), k + 1.0, failure);
            let all = all.expand(cdf.dims());
            cdf.mask_fill(all, 1.0)
        })
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        // P(X > k) = I(k + 1, n - k, p)
        from_count(value, 1.0, |k| {
            let (rest, success) = (self.total_count.on(&k) - k.clone(), self.logits.on(&k));
            let all = rest.clone().lower_equal_elem(0.0);
            let sf = betainc_of_odds(k + 1.0, rest.clamp_min(1.0), success);
            let all = all.expand(sf.dims());
            sf.mask_fill(all, 0.0)
        })
    }
}

/// `log p - log(1 - p)`.
pub(crate) fn logit<const D: usize>(probs: &Operand<D>) -> Operand<D> {
    probs.map(|p| p.ln() - (-p).ln_1p(), log_odds)
}

/// `σ(logits)`.
pub(crate) fn chance<const D: usize>(logits: &Operand<D>) -> Operand<D> {
    logits.map(|l| 1.0 / (1.0 + (-l).exp()), sigmoid)
}

/// A draw by log-odds: of the rarer outcome, by the transformed rejection `BTRS`; below 10 expected ones
/// by adding up probabilities.
pub(super) fn binomial(n: f64, logits: f64, noise: &mut ElementNoise) -> f64 {
    if !(n >= 0.0 && n.is_finite()) || logits.is_nan() {
        return f64::NAN;
    }
    if logits > 0.0 {
        return n - binomial(n, -logits, noise);
    }
    let odds = logits.exp();
    let (p, q) = (odds / (1.0 + odds), 1.0 / (1.0 + odds));
    if n * p < 10.0 {
        add_up(n, odds, q, noise)
    } else {
        transformed_rejection(n, [p, q], logits, noise)
    }
}

fn add_up(n: f64, odds: f64, q: f64, noise: &mut ElementNoise) -> f64 {
    let (mut mass, mut left, mut k) = ((n * q.ln()).exp(), noise.uniform(), 0.0);
    while left > mass && k < n {
        left -= mass;
        k += 1.0;
        mass *= (n - k + 1.0) / k * odds;
    }
    k
}

fn transformed_rejection(n: f64, [p, q]: [f64; 2], logits: f64, noise: &mut ElementNoise) -> f64 {
    let deviation = (n * p * q).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let alpha = (2.83 + 5.1 / b) * deviation;
    let log_ways = |k: f64| -lgamma_scalar(k + 1.0) - lgamma_scalar(n - k + 1.0);
    let mode = ((n + 1.0) * p).floor();
    loop {
        let (u, v) = (noise.uniform() - 0.5, noise.uniform());
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + n * p + 0.5).floor();
        if !(0.0..=n).contains(&k) {
            continue;
        }
        if edge >= 0.07 && v <= 0.92 - 4.2 / b {
            return k;
        }
        let ratio = log_ways(k) - log_ways(mode) + (k - mode) * logits;
        if (v * alpha / (a / (edge * edge) + b)).ln() <= ratio {
            return k;
        }
    }
}
