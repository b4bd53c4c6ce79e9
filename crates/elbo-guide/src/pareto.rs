//! Pareto-smoothed importance weights.

/// Log importance weights of which the largest are replaced by what a generalized Pareto distribution expects of them,
/// and the shape `k̂` of that distribution: above 0.7 the weights are not to be trusted.
///
/// # Example
/// ```
/// use elbo_guide::ParetoSmoothed;
///
/// // Draws of an exponential proposal of rate 1 for one of rate ½: the weights have the tail of k = ½.
/// let draws = (1..4000).map(|i| -(f64::from(i) / 4000.0).ln());
/// let smoothed = ParetoSmoothed::new(draws.map(|x| 0.5_f64.ln() + 0.5 * x).collect());
/// assert!((smoothed.k_hat - 0.5).abs() < 0.05);
/// ```
///
/// # References
/// Vehtari, Simpson, Gelman, Yao & Gabry (2024), *Pareto smoothed importance sampling*; Zhang & Stephens (2009), for
/// the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct ParetoSmoothed {
    /// The smoothed log-weights, normalized: their exponentials sum to 1. As they were given where `k_hat` is `∞`.
    pub log_weights: Vec<f64>,
    /// The shape of the tail: `-∞` where the largest weights are equal but for rounding, NaN for fewer than 25 weights, and `∞` where
    /// a log-weight is NaN or `∞`, or none is above `-∞`.
    pub k_hat: f64,
}

/// The difference of weights, relative to the largest, that is rounding.
const EQUAL: f64 = 1e-9;

/// The fewest weights of a tail that a distribution is fitted to.
const LEAST_TAIL: usize = 5;

impl ParetoSmoothed {
    /// Smooths `log_weights`, which need not be normalized.
    pub fn new(mut log_weights: Vec<f64>) -> Self {
        let count = log_weights.len();
        let largest = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !largest.is_finite() || log_weights.iter().any(|weight| weight.is_nan()) {
            return Self { log_weights, k_hat: f64::INFINITY };
        }
        log_weights.iter_mut().for_each(|weight| *weight -= largest);
        let tail = (0.2 * count as f64).min(3.0 * (count as f64).sqrt()) as usize;
        let k_hat = match tail >= LEAST_TAIL {
            true => smooth(&mut log_weights, tail),
            false => f64::NAN,
        };
        let total = log_weights.iter().map(|weight| weight.exp()).sum::<f64>().ln();
        log_weights.iter_mut().for_each(|weight| *weight -= total);
        Self { log_weights, k_hat }
    }

    /// The number of independent draws that say as much: `1 / Σ w²`.
    pub fn effective_size(&self) -> f64 {
        self.log_weights.iter().map(|weight| (2.0 * weight).exp()).sum::<f64>().recip()
    }
}

/// Replaces the `tail` largest of weights whose maximum is 1; returns the shape.
fn smooth(log_weights: &mut [f64], tail: usize) -> f64 {
    let mut order: Vec<usize> = (0..log_weights.len()).collect();
    order.sort_by(|a, b| log_weights[*a].total_cmp(&log_weights[*b]));
    let (rest, largest) = order.split_at(order.len() - tail);
    let threshold = rest.last().map_or(0.0, |last| log_weights[*last].exp());
    let excesses: Vec<f64> = largest.iter().map(|i| log_weights[*i].exp() - threshold).collect();
    // Weights that are equal but for rounding have no tail.
    if excesses[tail - 1] <= EQUAL {
        return f64::NEG_INFINITY;
    }
    let (k, sigma) = fit(&excesses);
    for (rank, i) in largest.iter().enumerate() {
        let p = (rank as f64 + 0.5) / tail as f64;
        let quantile = match k.abs() < 1e-12 {
            true => -sigma * (-p).ln_1p(),
            false => sigma * (-k * (-p).ln_1p()).exp_m1() / k,
        };
        log_weights[*i] = (threshold + quantile).ln().min(0.0);
    }
    k
}

/// Shape and scale of a generalized Pareto distribution, from sorted excesses over its threshold: the posterior mean of
/// Zhang & Stephens (2009), drawn to ½ by 10 pseudo-observations.
fn fit(excesses: &[f64]) -> (f64, f64) {
    let n = excesses.len();
    let quartile = excesses[((n as f64 / 4.0 + 0.5) as usize).max(1) - 1].max(f64::MIN_POSITIVE);
    let most = excesses[n - 1];
    let points = 30 + (n as f64).sqrt() as usize;
    let shape = |b: f64| excesses.iter().map(|x| (-b * x).ln_1p()).sum::<f64>() / n as f64;
    let candidates: Vec<f64> = (1..=points)
        .map(|j| {
            let spread = (points as f64 / (j as f64 - 0.5)).sqrt();
            most.recip() + (1.0 - spread) / (3.0 * quartile)
        })
        .collect();
    let log_likelihood = |b: f64| {
        let k = shape(b);
        n as f64 * ((-b / k).ln() - k - 1.0)
    };
    let logs: Vec<f64> = candidates.iter().map(|b| log_likelihood(*b)).collect();
    let weight = |i: usize| logs.iter().map(|other| (other - logs[i]).exp()).sum::<f64>().recip();
    let b: f64 = candidates.iter().enumerate().map(|(i, b)| b * weight(i)).sum();
    let k = shape(b);
    let sigma = -k / b;
    ((k * n as f64 + 5.0) / (n as f64 + 10.0), sigma)
}
