/// The posterior `Gamma(α, β)`, `β` a rate, of the rate of a Poisson process.
///
/// ```
/// use elbo_testkit::GammaRate;
///
/// let posterior = GammaRate::from_counts((2.0, 1.0), &[3.0, 4.0]);
/// assert_eq!((posterior.concentration, posterior.rate), (9.0, 3.0));
/// assert_eq!((posterior.mean(), posterior.variance()), (3.0, 1.0));
/// ```
///
/// # References
/// Gelman et al. (2013), *Bayesian data analysis*, section 2.6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GammaRate {
    /// `α`.
    pub concentration: f64,
    /// `β`.
    pub rate: f64,
}

impl GammaRate {
    /// From Poisson counts: `α = α₀ + Σ y`, `β = β₀ + n`; `prior` is `(α₀, β₀)`.
    pub fn from_counts(prior: (f64, f64), counts: &[f64]) -> Self {
        let events: f64 = counts.iter().sum();
        Self { concentration: prior.0 + events, rate: prior.1 + counts.len() as f64 }
    }

    /// From exponential waiting times: `α = α₀ + n`, `β = β₀ + Σ y`; `prior` is `(α₀, β₀)`.
    pub fn from_waits(prior: (f64, f64), waits: &[f64]) -> Self {
        let time: f64 = waits.iter().sum();
        Self { concentration: prior.0 + waits.len() as f64, rate: prior.1 + time }
    }

    /// `α / β`.
    pub fn mean(&self) -> f64 {
        self.concentration / self.rate
    }

    /// `α / β²`.
    pub fn variance(&self) -> f64 {
        self.concentration / self.rate.powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three events in two units of time, counted or timed, tell the same about the rate.
    #[test]
    fn waits_and_counts_of_the_same_events_agree() {
        let counted = GammaRate::from_counts((1.0, 0.5), &[1.0, 2.0]);
        let timed = GammaRate::from_waits((1.0, 0.5), &[0.5, 0.75, 0.75]);
        assert_eq!(counted, timed);
        assert_eq!(counted, GammaRate { concentration: 4.0, rate: 2.5 });
        assert_eq!((timed.mean(), timed.variance()), (1.6, 0.64));
    }
}
