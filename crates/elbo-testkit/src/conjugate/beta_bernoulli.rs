/// The posterior `Beta(α, β)` of a probability from draws of 0 and 1.
///
/// `α = α₀ + #1`, `β = β₀ + #0`
///
/// ```
/// use elbo_testkit::BetaBernoulli;
///
/// let posterior = BetaBernoulli::posterior((2.0, 1.0), &[true, true, false]);
/// assert_eq!((posterior.alpha, posterior.beta), (4.0, 2.0));
/// assert_eq!(posterior.mean(), 4.0 / 6.0);
/// ```
///
/// # References
/// Gelman et al. (2013), *Bayesian data analysis*, section 2.4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaBernoulli {
    /// The prior's first parameter and the number of ones.
    pub alpha: f64,
    /// The prior's second parameter and the number of zeros.
    pub beta: f64,
}

impl BetaBernoulli {
    /// The posterior under the prior `Beta(prior.0, prior.1)`.
    pub fn posterior(prior: (f64, f64), draws: &[bool]) -> Self {
        let ones = draws.iter().filter(|&&one| one).count() as f64;
        Self { alpha: prior.0 + ones, beta: prior.1 + draws.len() as f64 - ones }
    }

    /// `α / (α + β)`.
    pub fn mean(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// `αβ / ((α + β)² (α + β + 1))`.
    pub fn variance(&self) -> f64 {
        let total = self.alpha + self.beta;
        self.mean() * (self.beta / total) / (total + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flat prior and one success: density `2p`, mean `2/3`, variance `1/2 - 4/9 = 1/18`.
    #[test]
    fn one_success_makes_a_flat_prior_a_triangle() {
        let posterior = BetaBernoulli::posterior((1.0, 1.0), &[true]);
        assert_eq!(posterior.mean(), 2.0 / 3.0);
        assert!((posterior.variance() - 1.0 / 18.0).abs() < 1e-16);
    }
}
