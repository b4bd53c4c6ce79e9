//! A sampler of a log-joint, to hold draws of a guide against.

mod config;
mod target;

use nuts_rs::{Chain, CpuMath, DiagNutsSettings, Settings};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::ReportError;
use target::{Density, Fault, Target};

pub use config::NutsConfig;

/// Draws of the No-U-Turn sampler.
#[derive(Clone, Debug, PartialEq)]
pub struct NutsDraws {
    /// Positions by chain and draw, without those of the warmup.
    pub chains: Vec<Vec<Vec<f64>>>,
    /// The transitions after the warmup that diverged.
    pub divergences: usize,
}

impl NutsDraws {
    /// The draws of one number of the positions, a list a chain: what [`split_r_hat`](crate::split_r_hat) takes.
    ///
    /// # Panics
    /// If `index` is not that of a number of the positions.
    ///
    /// # Example
    /// ```
    /// use elbo_report::NutsDraws;
    ///
    /// let chain = vec![vec![1.0, 2.0], vec![3.0, 4.0]];
    /// let draws = NutsDraws { chains: vec![chain], divergences: 0 };
    /// assert_eq!(draws.number(1), [[2.0, 4.0]]);
    /// ```
    pub fn number(&self, index: usize) -> Vec<Vec<f64>> {
        let of_chain = |chain: &Vec<Vec<f64>>| chain.iter().map(|draw| draw[index]).collect();
        self.chains.iter().map(of_chain).collect()
    }
}

/// Draws from a density by the No-U-Turn sampler with a diagonal metric, one chain after the other.
///
/// `density` is given a position, fills in the gradient of the logarithm and returns the logarithm, up to a constant. Where one of them is not
/// finite, the trajectory ends as a divergence. Equal seeds give equal draws on one machine; chain `c` has stream `c` of the seed's generator.
///
/// # Shapes
/// `starts` are `config.chains` lists of `dim` numbers, as are positions and gradients.
///
/// # Errors
/// [`ReportError::NothingToSample`] without chains or draws, [`ReportError::Starts`], [`ReportError::StartLength`],
/// [`ReportError::TargetAccept`], [`ReportError::Start`] where the density cannot be followed from a start, and [`ReportError::Density`] as
/// soon as `density` fails.
///
/// # Example
/// ```
/// use elbo_report::{NutsConfig, nuts};
///
/// // N(1, 1)
/// let density = |x: &[f64], gradient: &mut [f64]| {
///     gradient[0] = 1.0 - x[0];
///     Ok::<_, std::convert::Infallible>(-0.5 * (x[0] - 1.0).powi(2))
/// };
/// let draws = nuts(1, &[vec![0.0], vec![2.5]], density, &NutsConfig::new().with_chains(2))?;
/// let mean = draws.number(0).concat().iter().sum::<f64>() / 1000.0;
/// assert!((mean - 1.0).abs() < 0.2);
/// # Ok::<(), elbo_report::ReportError>(())
/// ```
///
/// # References
/// Hoffman & Gelman 2014, "The No-U-Turn Sampler"; nuts-rs, <https://github.com/pymc-devs/nuts-rs>.
pub fn nuts<E: Into<Fault>>(
    dim: usize,
    starts: &[Vec<f64>],
    mut density: impl FnMut(&[f64], &mut [f64]) -> Result<f64, E>,
    config: &NutsConfig,
) -> Result<NutsDraws, ReportError> {
    check(dim, starts, config)?;
    // Without its type, so that the sampler is compiled once.
    let mut density =
        |position: &[f64], gradient: &mut [f64]| density(position, gradient).map_err(E::into);
    let mut draws = NutsDraws { chains: Vec::with_capacity(starts.len()), divergences: 0 };
    for (chain, start) in starts.iter().enumerate() {
        let (positions, divergences) = run_chain(chain, start, &mut density, config)?;
        draws.chains.push(positions);
        draws.divergences += divergences;
    }
    Ok(draws)
}

fn check(dim: usize, starts: &[Vec<f64>], config: &NutsConfig) -> Result<(), ReportError> {
    let NutsConfig { chains, draws, target_accept, .. } = *config;
    for (what, count) in [("chains", chains), ("draws", draws)] {
        if count == 0 {
            return Err(ReportError::NothingToSample { what });
        }
    }
    if !(target_accept > 0.0 && target_accept < 1.0) {
        return Err(ReportError::TargetAccept { found: target_accept });
    }
    if starts.len() != chains {
        return Err(ReportError::Starts { chains, found: starts.len() });
    }
    match starts.iter().position(|start| start.len() != dim || dim == 0) {
        Some(chain) => Err(ReportError::StartLength { chain, dim, found: starts[chain].len() }),
        None => Ok(()),
    }
}

fn run_chain(
    chain: usize,
    start: &[f64],
    density: &mut Density<'_>,
    config: &NutsConfig,
) -> Result<(Vec<Vec<f64>>, usize), ReportError> {
    let mut fault = None;
    let target = Target { dim: start.len(), density, fault: &mut fault };
    // The sampler keeps no more than the text of the density's fault.
    sample(chain, start, target, config).map_err(|source| match fault {
        Some(source) => ReportError::Density { chain, source },
        None => ReportError::Start { chain, source },
    })
}

fn sample(
    chain: usize,
    start: &[f64],
    target: Target<'_, '_>,
    config: &NutsConfig,
) -> Result<(Vec<Vec<f64>>, usize), Fault> {
    let mut generator = ChaCha8Rng::seed_from_u64(config.seed);
    generator.set_stream(chain as u64);
    let math = CpuMath::new(target);
    let mut sampler = settings(config).new_chain(chain as u64, math, &mut generator)?;
    sampler.set_position(start)?;
    for _ in 0..config.warmup {
        sampler.draw()?;
    }
    let (mut positions, mut divergences) = (Vec::with_capacity(config.draws), 0);
    for _ in 0..config.draws {
        let (position, progress) = sampler.draw()?;
        positions.push(position.into_vec());
        divergences += usize::from(progress.diverging);
    }
    Ok((positions, divergences))
}

fn settings(config: &NutsConfig) -> DiagNutsSettings {
    let mut settings = DiagNutsSettings {
        num_tune: config.warmup as u64,
        num_draws: config.draws as u64,
        ..Default::default()
    };
    settings.adapt_options.step_size_settings.target_accept = config.target_accept;
    settings
}
