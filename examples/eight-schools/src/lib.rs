//! Eight schools: effects of coaching on test scores (Rubin 1981; Gelman et al. 2013, table 5.2).

use elbo::prelude::*;
use elbo::{BoundEstimate, Observer, RunInfo, Summary};

/// The estimated effects of the eight coaching programs, in points.
pub const EFFECTS: [f32; 8] = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0];

/// Their standard errors, in points.
pub const STANDARD_ERRORS: [f32; 8] = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0];

/// The data, on a device.
#[derive(Clone, Debug)]
pub struct Schools {
    /// Effects `[1, 8]`.
    pub y: Tensor<2>,
    /// Standard errors `[1, 8]`.
    pub sigma: Tensor<2>,
}

impl Schools {
    /// The published table.
    pub fn published(device: &Device) -> Self {
        Self {
            y: Tensor::from_floats([EFFECTS], device),
            sigma: Tensor::from_floats([STANDARD_ERRORS], device),
        }
    }
}

/// The hierarchical model, non-centred.
pub fn eight_schools(t: &mut Trace, d: &Schools) {
    let mu = t.sample("mu", Normal::new(0.0, 5.0)); // [S, 1]
    let tau = t.sample("tau", HalfCauchy::new(5.0)); // [S, 1]
    let z = t.sample("z", Normal::new(0.0, 1.0).iid([1, 8])); // [S, 8]
    let theta = t.deterministic("theta", mu + tau * z);
    t.observe("y", Normal::new(theta, d.sigma.clone()), d.y.clone()); // [1, 8]
}

/// How to fit.
#[derive(Clone, Debug)]
pub struct Options {
    /// The device.
    pub device: Device,
    /// Optimization steps.
    pub steps: usize,
    /// Particles a step.
    pub particles: usize,
    /// The seed of all noise.
    pub seed: u64,
}

/// What a fit found.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The sites of the model.
    pub layout: Layout,
    /// What depends on what.
    pub graph: Graph,
    /// The bound at each step.
    pub run: RunInfo,
    /// The bound at the end.
    pub bound: BoundEstimate,
    /// The posterior.
    pub summary: Summary,
    /// The fitted guide.
    pub guide: MeanField,
}

/// Fits the model by mean-field variational inference.
///
/// The learning rate falls from 0.05 to 0.0005, so that the last parameters stand nearly still.
///
/// # Errors
/// If the fit fails.
pub fn run(
    options: &Options,
    observer: &mut impl Observer,
) -> Result<Fit, Box<dyn std::error::Error>> {
    let data = Schools::published(&options.device);
    let mut noise = Noise::new(options.seed, &options.device);
    let layout = Layout::discover(&eight_schools, &data, &noise)?;
    let graph = Graph::discover(&eight_schools, &data, &noise)?;
    let guide = MeanField::new(&layout, &eight_schools, &data, &mut noise)?;
    let decay = (0.01_f64).powf(1.0 / options.steps.max(1) as f64);
    let schedule = burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig::new(0.05, decay);
    let mut svi = Svi::new(Model::new(eight_schools), guide, Elbo, noise)
        .with_particles(options.particles)
        .with_schedule(schedule.init()?);
    let run = svi.run(options.steps, &data, observer)?;
    let posterior = svi.posterior();
    let bound = posterior.bound(&data, 20_000)?;
    let summary = summarize(&posterior.predictive(&data, 20_000)?);
    let (_, guide) = svi.into_parts();
    Ok(Fit { layout, graph, run, bound, summary, guide })
}
