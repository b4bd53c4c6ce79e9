use std::f64::consts::TAU;

/// The posterior of a normal mean `μ` under `μ ~ N(m₀, s₀²)`, `yᵢ ~ N(μ, σ²)` with `σ` known.
///
/// `1/s² = 1/s₀² + n/σ²`, `m = s² (m₀/s₀² + Σ y / σ²)`
///
/// ```
/// use elbo_testkit::NormalMean;
///
/// let posterior = NormalMean::posterior((0.0, 1.0), 1.0, &[2.0]);
/// assert_eq!((posterior.mean, posterior.variance), (1.0, 0.5));
/// assert!((posterior.log_evidence - -2.265_512_123_484_645_4).abs() < 1e-15); // log N(2; 0, 2)
/// ```
///
/// # References
/// Gelman et al. (2013), *Bayesian data analysis*, section 2.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalMean {
    /// `m`.
    pub mean: f64,
    /// `s²`.
    pub variance: f64,
    /// `log p(y)`.
    pub log_evidence: f64,
}

impl NormalMean {
    /// The posterior under the prior `(m₀, s₀)`, with noise of deviation `sigma`.
    pub fn posterior(prior: (f64, f64), sigma: f64, y: &[f64]) -> Self {
        let (m0, v0, noise) = (prior.0, prior.1.powi(2), sigma.powi(2));
        let (n, sum) = (y.len() as f64, y.iter().sum::<f64>());
        let variance = 1.0 / (1.0 / v0 + n / noise);
        let mean = variance * (m0 / v0 + sum / noise);
        Self { mean, variance, log_evidence: log_evidence(m0, v0, noise, y) }
    }
}

/// `log N(y; m₀ 1, σ² I + s₀² 1 1ᵀ)`: that covariance has the eigenvalue `σ² + n s₀²` along `1` and
/// `σ²` across it, so its quadratic form splits at the mean of `y`.
fn log_evidence(m0: f64, v0: f64, noise: f64, y: &[f64]) -> f64 {
    let n = y.len() as f64;
    let mean = if y.is_empty() { m0 } else { y.iter().sum::<f64>() / n };
    let along = noise + n * v0;
    let within: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
    let quadratic = within / noise + n * (mean - m0).powi(2) / along;
    let log_det = (n - 1.0) * noise.ln() + along.ln();
    -0.5 * (quadratic + log_det + n * TAU.ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    /// `p(y₁, y₂) = p(y₁) p(y₂ | y₁)`: what one draw teaches is the prior of the next.
    #[test]
    fn the_evidence_of_two_draws_is_that_of_one_after_the_other() {
        let both = NormalMean::posterior((1.0, 2.0), 0.5, &[0.3, -1.1]);
        let first = NormalMean::posterior((1.0, 2.0), 0.5, &[0.3]);
        let then = NormalMean::posterior((first.mean, first.variance.sqrt()), 0.5, &[-1.1]);
        let actual = [then.mean, then.variance, first.log_evidence + then.log_evidence];
        assert_close(&actual, &[both.mean, both.variance, both.log_evidence], 1e-14, 0.0);
    }

    #[test]
    fn without_data_the_posterior_is_the_prior() {
        let posterior = NormalMean::posterior((1.5, 2.0), 0.5, &[]);
        assert_eq!(posterior, NormalMean { mean: 1.5, variance: 4.0, log_evidence: 0.0 });
    }
}
