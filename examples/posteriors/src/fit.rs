//! Fits of all posteriors by one set of defaults, and how far they are from the published moments.

use std::time::Instant;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use elbo::prelude::*;
use elbo::{BoundEstimate, FamilyConfig};

use crate::moments::{CHUNK, compare, summary};
use crate::{Published, Row};

/// The guides of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Independent normals.
    MeanField,
    /// A normal with a covariance of rank 10 over a diagonal.
    LowRank,
    /// A multivariate normal.
    FullRank,
    /// Affine couplings (RealNVP).
    Flow,
    /// The normal at the mode, as found.
    Laplace,
    /// Pathfinder's normals, as found, and resampled.
    Pathfinder,
}

/// All guides, with their names.
pub const KINDS: [(&str, Kind); 6] = [
    ("mean-field", Kind::MeanField),
    ("low-rank", Kind::LowRank),
    ("full-rank", Kind::FullRank),
    ("flow", Kind::Flow),
    ("laplace", Kind::Laplace),
    ("pathfinder", Kind::Pathfinder),
];

impl Kind {
    /// The name in the table.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// The defaults of every fit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The steps of the normals.
    pub steps: usize,
    /// The steps of the flow.
    pub flow_steps: usize,
    /// The draws of a step.
    pub particles: usize,
    /// The learning rate of the first step of the normals, which falls along a cosine to a hundredth.
    pub learning_rate: f64,
    /// The same of the flow, whose networks take small steps only.
    pub flow_learning_rate: f64,
    /// The draws by which a fit is judged.
    pub draws: usize,
    /// The draws by which Pathfinder is judged, resampled by their importance weights.
    pub resampled: usize,
    /// The largest number of latents for which all covariances are fitted.
    pub largest_dense: usize,
    /// The seed.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            steps: 2000,
            flow_steps: 4000,
            particles: 16,
            learning_rate: 0.02,
            flow_learning_rate: 0.002,
            draws: 10_000,
            resampled: 2_000,
            largest_dense: 600,
            seed: 0,
        }
    }
}

/// Fits a posterior by one guide.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The guide.
    pub kind: Kind,
    /// The defaults.
    pub settings: Settings,
    /// Where the fit runs.
    pub place: Place,
}

/// What ends a fit.
pub(crate) type Failure = Box<dyn std::error::Error>;

impl Fit {
    /// The row of `published`; that of what went wrong if the fit ends with an error.
    pub fn row(&self, published: &Published) -> Row {
        let row = Task { fit: self, published }.run();
        row.unwrap_or_else(|error| Row::failed(published.name, self.kind.name(), error.to_string()))
    }
}

struct Task<'a> {
    fit: &'a Fit,
    published: &'a Published,
}

impl Task<'_> {
    fn run(&self) -> Result<Row, Failure> {
        let settings = &self.fit.settings;
        let mut noise = Noise::new(settings.seed, &self.fit.place);
        let model = self.published;
        let layout = Layout::discover(model, &(), &noise)?;
        let size = elbo::FlatLatents::new(&layout)?.len();
        let dense = !matches!(self.fit.kind, Kind::MeanField | Kind::LowRank);
        if dense && size > settings.largest_dense {
            return Err(format!("{size} latents are too many").into());
        }
        let start = Instant::now();
        let init = || Init::BestNormal(PathfinderConfig::new());
        let (steps, short) = (settings.steps, Start { layout: &layout, start, size });
        match self.fit.kind {
            Kind::MeanField => {
                let config = MeanFieldConfig::new().with_init(init());
                let guide = config.init(&layout, model, &(), &mut noise)?;
                self.trained(guide, steps, noise, short)
            }
            Kind::LowRank => {
                let config = LowRankConfig::rank(size.min(10)).with_init(init());
                self.automatic(config, steps, noise, short)
            }
            Kind::FullRank => {
                self.automatic(FullRankConfig::new().with_init(init()), steps, noise, short)
            }
            Kind::Flow => {
                let layers = (8, AffineCouplingConfig::new([32, 32]));
                let config = FlowConfig::guide(layers).with_init(init());
                self.automatic(config, settings.flow_steps, noise, short)
            }
            Kind::Laplace => {
                let guide = elbo::LaplaceApproximation::new(&layout, model, &(), &mut noise)?;
                self.judged(Svi::new(model.model(), guide, Elbo, noise), 0, short)
            }
            Kind::Pathfinder => {
                let guide = PathfinderConfig::new().init(&layout, model, &(), &mut noise)?;
                self.judged(Svi::new(model.model(), guide, Elbo, noise), 0, short)
            }
        }
    }

    fn automatic<C: FamilyConfig>(
        &self,
        config: AutomaticConfig<C>,
        steps: usize,
        mut noise: Noise,
        start: Start<'_>,
    ) -> Result<Row, Failure>
    where
        Automatic<C::Family>: Guide + burn::module::ModuleDisplay,
    {
        let guide = config.init(start.layout, self.published, &(), &mut noise)?;
        self.trained(guide, steps, noise, start)
    }

    fn trained<G: Guide + burn::module::ModuleDisplay>(
        &self,
        guide: G,
        steps: usize,
        noise: Noise,
        start: Start<'_>,
    ) -> Result<Row, Failure> {
        let Settings { particles, learning_rate, flow_learning_rate, .. } = self.fit.settings;
        let learning_rate = match self.fit.kind {
            Kind::Flow => flow_learning_rate,
            _ => learning_rate,
        };
        let schedule = CosineAnnealingLrSchedulerConfig::new(learning_rate, steps.max(1))
            .with_min_lr(learning_rate / 100.0);
        let mut svi = Svi::new(self.published.model(), guide, StickingTheLanding, noise)
            .with_particles(particles)
            .with_schedule(schedule.init()?);
        svi.run(steps, &(), &mut ())?;
        self.judged(svi, steps, start)
    }

    fn judged<M, G, O>(
        &self,
        svi: Svi<M, G, O>,
        steps: usize,
        start: Start<'_>,
    ) -> Result<Row, Failure>
    where
        M: Program + Module + burn::module::ModuleDisplay,
        G: Guide + burn::module::ModuleDisplay,
        O: Objective,
    {
        let seconds = start.start.elapsed().as_secs_f64();
        let (posterior, draws) = (svi.posterior(), self.fit.settings.draws);
        let log_weights = posterior.log_weights(&(), draws)?;
        let bound = BoundEstimate::of(&log_weights)?;
        let (place, references) = (&self.fit.place, &self.published.references);
        let summary = match self.fit.kind {
            Kind::Pathfinder => summary(self.resampled(posterior.guide())?, place, references)?,
            _ => {
                let chunks = posterior.predictive_chunks(&(), draws, CHUNK);
                summary(chunks.map(|chunk| Ok(chunk?)), place, references)?
            }
        };
        let (mean_error, sd_ratio, quantile_error) = compare(&summary, &self.published.references);
        Ok(Row {
            posterior: self.published.name.to_string(),
            guide: self.fit.kind.name(),
            size: start.size,
            mean_error,
            sd_ratio,
            quantile_error,
            elbo: [bound.mean, bound.standard_error],
            k_hat: ParetoSmoothed::new(log_weights).k_hat,
            steps,
            seconds,
            error: None,
        })
    }

    /// The draws of a guide as its importance weights correct them, with what follows from them.
    fn resampled(
        &self,
        guide: &impl Guide,
    ) -> Result<impl Iterator<Item = Result<Latents, Failure>>, Failure> {
        let Fit { settings, place, .. } = self.fit;
        let mut noise = Noise::new(settings.seed, place).site("resampled");
        let draws = settings.resampled;
        let latents = elbo::resample(guide, self.published, &(), draws, &mut noise)?.latents;
        let program = self.published;
        Ok((0..draws).step_by(CHUNK).map(move |first| {
            let rows: Vec<usize> = (first..draws.min(first + CHUNK)).collect();
            let noise = noise.from_particle(first as u64);
            Ok(Predictive::new(program, &()).given(&latents.rows(&rows), &noise)?)
        }))
    }
}

#[derive(Clone, Copy)]
struct Start<'a> {
    layout: &'a Layout,
    start: Instant,
    size: usize,
}
