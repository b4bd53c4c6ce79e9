//! Fits of all posteriors by one set of defaults, and how far they are from the published moments.

use std::time::Instant;

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::ModuleDisplay;
use elbo::prelude::*;
use elbo::{BoundEstimate, FamilyConfig};

use crate::moments::{CHUNK, compare, summary};
use crate::{Kind, Published, Row};

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
    /// The largest number of latents for the flows whose layers cost more than affine couplings.
    pub largest_flow: usize,
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
            largest_flow: 60,
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

/// The draws from which a guide learns that takes no start.
const IMITATED_DRAWS: usize = 200;

/// The steps that it learns for.
const IMITATION_STEPS: usize = 500;

/// The learning rate of these steps.
const IMITATION_RATE: f64 = 0.05;

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
        let most = match self.fit.kind {
            Kind::Autoregressive | Kind::Spline => settings.largest_flow,
            kind if kind.is_dense() => settings.largest_dense,
            _ => usize::MAX,
        };
        if size > most {
            return Err(format!("{size} latents are too many").into());
        }
        let start = Instant::now();
        let init = || Init::BestNormal(PathfinderConfig::new());
        let short = Start { layout: &layout, start, size };
        match self.fit.kind {
            Kind::MeanField => {
                let config = MeanFieldConfig::new().with_init(init());
                let guide = config.init(&layout, model, &(), &mut noise)?;
                self.trained(guide, noise, short)
            }
            Kind::LowRank => {
                let config = LowRankConfig::rank(size.min(10)).with_init(init());
                self.automatic(config, noise, short)
            }
            Kind::FullRank => self.automatic(FullRankConfig::new().with_init(init()), noise, short),
            Kind::Mixture => {
                let family = GuideMixtureConfig::new(elbo::FullRankNormalConfig, 3);
                self.automatic(AutomaticConfig::of(family).with_init(init()), noise, short)
            }
            Kind::Structured => {
                let guide = self.structured(&layout, &mut noise)?;
                self.trained(guide, noise, short)
            }
            Kind::Flow => {
                let layers = (8, AffineCouplingConfig::new([32, 32]));
                self.automatic(FlowConfig::guide(layers).with_init(init()), noise, short)
            }
            Kind::Autoregressive => {
                let layers = (4, InverseAutoregressiveConfig::new([32, 32]));
                self.automatic(FlowConfig::guide(layers).with_init(init()), noise, short)
            }
            Kind::Spline => {
                let splines = (4, SplineCouplingConfig::new([32, 32]));
                let layers = Then((2, AffineCouplingConfig::new([32, 32])), splines);
                self.automatic(FlowConfig::guide(layers).with_init(init()), noise, short)
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

    /// The model's own conditionals, which have learnt from the draws that Pathfinder finds.
    fn structured(
        &self,
        layout: &Layout,
        noise: &mut Noise,
    ) -> Result<AutomaticStructured<impl Program + Module + ModuleDisplay + use<>>, Failure> {
        let model = self.published;
        let found = PathfinderConfig::new().init(layout, model, &(), noise)?;
        let draws = elbo::resample(&found, model, &(), IMITATED_DRAWS, noise)?.latents;
        let start = Init::Value(draws.rows(&[0]));
        let guide = AutomaticStructured::at(start, model.model(), layout, &(), noise)?;
        if guide.conditionals().sites().next().is_none() {
            return Err("no conditional of its own".into());
        }
        let mut svi =
            Svi::new(model.model(), guide, Elbo, noise.split()).with_learning_rate(IMITATION_RATE);
        for _ in 0..IMITATION_STEPS {
            svi.imitate(&(), &draws)?;
        }
        Ok(svi.into_parts().1)
    }

    fn automatic<C: FamilyConfig>(
        &self,
        config: AutomaticConfig<C>,
        mut noise: Noise,
        start: Start<'_>,
    ) -> Result<Row, Failure>
    where
        Automatic<C::Family>: Guide + ModuleDisplay,
    {
        let guide = config.init(start.layout, self.published, &(), &mut noise)?;
        self.trained(guide, noise, start)
    }

    fn trained<G: Guide + ModuleDisplay>(
        &self,
        guide: G,
        noise: Noise,
        start: Start<'_>,
    ) -> Result<Row, Failure> {
        let settings = &self.fit.settings;
        let (steps, learning_rate) = match self.fit.kind.is_flow() {
            true => (settings.flow_steps, settings.flow_learning_rate),
            false => (settings.steps, settings.learning_rate),
        };
        let schedule = CosineAnnealingLrSchedulerConfig::new(learning_rate, steps.max(1))
            .with_min_lr(learning_rate / 100.0);
        let mut svi = Svi::new(self.published.model(), guide, StickingTheLanding, noise)
            .with_particles(settings.particles)
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
        M: Program + Module + ModuleDisplay,
        G: Guide + ModuleDisplay,
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
