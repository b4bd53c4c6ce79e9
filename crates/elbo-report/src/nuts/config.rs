//! How much is drawn.

/// How much the No-U-Turn sampler draws.
///
/// # Example
/// ```
/// use elbo_report::NutsConfig;
///
/// let config = NutsConfig::new().with_chains(2).with_target_accept(0.95);
/// assert_eq!((config.chains, config.warmup, config.draws), (2, 500, 500));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct NutsConfig {
    /// The chains: 4.
    pub chains: usize,
    /// The draws of each that adapt step size and scales, and are left out: 500.
    pub warmup: usize,
    /// The draws of each that are kept: 500.
    pub draws: usize,
    /// The seed: 0.
    pub seed: u64,
    /// The rate of acceptance that the step size is adapted to: 0.8.
    pub target_accept: f64,
}

impl Default for NutsConfig {
    fn default() -> Self {
        Self { chains: 4, warmup: 500, draws: 500, seed: 0, target_accept: 0.8 }
    }
}

impl NutsConfig {
    /// Four chains of 500 draws after 500 of warmup.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another number of chains, at least 1.
    pub fn with_chains(self, chains: usize) -> Self {
        Self { chains, ..self }
    }

    /// Another number of draws before those that are kept.
    pub fn with_warmup(self, warmup: usize) -> Self {
        Self { warmup, ..self }
    }

    /// Another number of draws, at least 1.
    pub fn with_draws(self, draws: usize) -> Self {
        Self { draws, ..self }
    }

    /// Another seed.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Another rate of acceptance, between 0 and 1: a higher one takes smaller steps, of which fewer diverge.
    pub fn with_target_accept(self, target_accept: f64) -> Self {
        Self { target_accept, ..self }
    }
}
