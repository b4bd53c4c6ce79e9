//! Where a guide starts.

use elbo_dist::Noise;
use elbo_model::{Latents, Layout, LogJoint, ModelError, Names};

use crate::density::FlatDensity;
use crate::error::Tally;
use crate::frame::{Approximation, Frame};
use crate::{
    FamilyStart, FlatLatents, FrameKind, GuideError, PathfinderConfig, laplace_approximation,
    pathfinder,
};

/// Where the location of a guide starts.
///
/// # Errors
/// What a guide that starts so may meet, beside [`GuideError::NeverFinite`] where no point that was tried has a density, and
/// [`GuideError::Model`] for what a run of the model meets:
/// * [`Init::Median`] and [`Init::PriorDraw`]: [`ModelError::NoPriorDraws`] for a layout made by hand;
/// * [`Init::Value`]: [`GuideError::StartParticles`] for another number of particles than fits, [`ModelError::UnknownSite`] for a
///   value of no latent, [`ModelError::MissingSite`] for a latent without a value, [`ModelError::Shape`] for a value of another
///   shape;
/// * [`Init::Uniform`]: nothing more;
/// * [`Init::Pathfinder`] and [`Init::BestNormal`]: [`GuideError::NoSearch`] for a configuration that asks for none of something,
///   [`GuideError::NoPath`] if no path has a normal with a finite bound;
/// * [`Init::Laplace`]: [`GuideError::NotAMode`] where the density has no top with curvature in all directions.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{LogNormal, Noise};
/// use elbo_guide::{Init, MeanFieldConfig};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("rate", LogNormal::<2>::new(0.0, 1.0));
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let start = layout.at([("rate", Tensor::<2>::from_floats([[2.0]], &device))]);
/// let config = MeanFieldConfig::new().with_init(Init::Value(start));
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// assert_eq!(guide.loc().into_scalar::<f32>(), 2.0_f32.ln()); // on the real line
/// ```
#[derive(Clone, Debug)]
pub enum Init {
    /// The median of the prior's draws, element by element, on the real line; where it has no
    /// density, points drawn uniformly within 2 of 0.
    Median,
    /// One of the layout's draws from the prior; the next one at each retry.
    PriorDraw,
    /// Given values of all latents, with one particle for each fit.
    Value(Latents),
    /// Uniform within `radius` of 0, on the real line; another draw at each retry.
    Uniform {
        /// The largest distance from 0.
        radius: f64,
    },
    /// The best normal of Pathfinder: location and scale, and for families that have room for them the correlations.
    Pathfinder(PathfinderConfig),
    /// The better of Pathfinder's best normal and the one at the mode near it ([`Init::Laplace`]), by their bounds: what to start
    /// from when nothing is known of a posterior.
    BestNormal(PathfinderConfig),
    /// The normal at the mode, as [`LaplaceApproximation`](crate::LaplaceApproximation) finds it.
    Laplace,
}

/// Where a member of a family starts, on the real line.
pub(crate) enum Start {
    /// At a point.
    Point(Vec<f64>),
    /// As a normal.
    Normal(Approximation),
}

impl Start {
    pub fn into_point(self) -> Vec<f64> {
        match self {
            Self::Point(point) => point,
            Self::Normal(normal) => normal.loc,
        }
    }
}

/// The normals of starts, if they are normals.
fn approximations(starts: &[Start]) -> Option<Vec<Approximation>> {
    let normal = |start: &Start| match start {
        Start::Normal(normal) => Some(normal.clone()),
        Start::Point(_) => None,
    };
    starts.iter().map(normal).collect()
}

/// How a guide starts.
#[derive(Clone, Debug)]
pub(crate) struct Starting {
    pub init: Init,
    /// The standard deviation on the real line, where `init` does not find one.
    pub scale: f64,
    pub restarts: usize,
}

impl Default for Starting {
    fn default() -> Self {
        Self { init: Init::Median, scale: 0.1, restarts: 1 }
    }
}

impl Starting {
    /// The coordinates, if a start is a normal, and where a family of `group` starts a member begins in them.
    pub fn placed<M: LogJoint<B>, B>(
        &self,
        scene: &Scene<'_, M, B>,
        kind: FrameKind,
        group: usize,
        noise: &mut Noise,
    ) -> Result<(Option<Frame>, FamilyStart), GuideError> {
        let starts = scene.starts(&self.init, self.restarts * group, noise)?;
        placed(self.scale, kind, group, scene.flat, starts)
    }
}

/// The coordinates of starts, if they are normals, and where a family starts in them. The first of each `group` of starts
/// gives its coordinates to all of them.
fn placed(
    scale: f64,
    kind: FrameKind,
    group: usize,
    flat: &FlatLatents,
    starts: Vec<Start>,
) -> Result<(Option<Frame>, FamilyStart), GuideError> {
    let (scale, place, sites) = (checked(scale)?, flat.place().clone(), flat.spans());
    let Some(normals) = approximations(&starts) else {
        let locs = starts.into_iter().map(Start::into_point).collect();
        return Ok((None, FamilyStart { place, locs, scale, sites }));
    };
    let firsts: Vec<_> = normals.iter().step_by(group).cloned().collect();
    let frame = Frame::new(&firsts, kind, &place);
    let d = normals[0].loc.len();
    let locs = normals.iter().flat_map(|normal| normal.loc.clone()).collect();
    let locs = frame.inverse(place.tensor(locs, [normals.len(), d]));
    let locs: Vec<f64> = locs.into_data().iter::<f64>().collect();
    let locs = locs.chunks(d).map(<[f64]>::to_vec).collect();
    Ok((Some(frame), FamilyStart { place, locs, scale: 1.0, sites }))
}

/// A starting scale, if its logarithm and its exponential can be represented in single precision.
fn checked(scale: f64) -> Result<f64, GuideError> {
    if is_positive(scale) { Ok(scale) } else { Err(GuideError::Scale(scale)) }
}

/// Whether a number is positive in single precision.
pub(crate) fn is_positive(x: f64) -> bool {
    x > 0.0 && (x as f32).is_normal()
}

/// The distance from 0 within which a start is drawn when the prior's median has no density.
const FALLBACK_RADIUS: f64 = 2.0;

/// The starting points tried before giving up.
const TRIES: usize = 100;

/// What a start is looked for in.
pub(crate) struct Scene<'a, M, B> {
    pub flat: &'a FlatLatents,
    pub layout: &'a Layout,
    pub model: &'a M,
    pub batch: &'a B,
}

impl<M: LogJoint<B>, B> Scene<'_, M, B> {
    /// So many starts: that of `init`, and then others, where it has others.
    pub fn starts(
        &self,
        init: &Init,
        count: usize,
        noise: &mut Noise,
    ) -> Result<Vec<Start>, GuideError> {
        if count == 0 {
            return Err(GuideError::NoRestarts);
        }
        if let Init::Value(latents) = init
            && latents.particles() != count
        {
            let particles = latents.particles();
            return Err(GuideError::StartParticles { particles, starts: count });
        }
        (0..count).map(|restart| self.start(init, restart, noise)).collect()
    }

    fn start(&self, init: &Init, restart: usize, noise: &mut Noise) -> Result<Start, GuideError> {
        Ok(match init {
            Init::Pathfinder(config) => Start::Normal(self.best(config, restart, noise)?),
            Init::BestNormal(config) => {
                let best = self.best(config, restart, noise)?;
                Start::Normal(pathfinder::better(&self.density(), best, config, noise)?)
            }
            Init::Laplace => {
                let point = self.point(&self.place_to_look(0), restart, noise)?;
                Start::Normal(laplace_approximation::at_mode(&self.density(), point)?)
            }
            other => Start::Point(self.point(other, restart, noise)?),
        })
    }

    /// The normal of the best path.
    fn best(
        &self,
        config: &PathfinderConfig,
        restart: usize,
        noise: &mut Noise,
    ) -> Result<Approximation, GuideError> {
        let found = self.paths(config, restart, noise)?;
        Ok(found.into_iter().next().expect("a search finds a normal").normal)
    }

    /// The best normals of the paths from the prior's median (of the first restart), its draws and from elsewhere, in turns.
    pub fn paths(
        &self,
        config: &PathfinderConfig,
        restart: usize,
        noise: &mut Noise,
    ) -> Result<Vec<pathfinder::Found>, GuideError> {
        config.check()?;
        let paths = config.paths;
        let starts = (restart * paths..(restart + 1) * paths)
            .map(|index| self.point(&self.place_to_look(index), index, noise))
            .collect::<Result<_, _>>()?;
        pathfinder::search(&self.density(), starts, config, noise)
    }

    /// Where the path of this index begins: at the prior's median, and then in turns at its draws and elsewhere; where there is
    /// no prior, elsewhere.
    fn place_to_look(&self, index: usize) -> Init {
        let has_prior = self.layout.prior_draws().is_ok();
        match index {
            0 if has_prior => Init::Median,
            _ if has_prior && index % 2 == 1 => Init::PriorDraw,
            _ => Init::Uniform { radius: FALLBACK_RADIUS },
        }
    }

    fn density(&self) -> FlatDensity<'_, M, B> {
        FlatDensity { flat: self.flat, model: self.model, batch: self.batch }
    }

    /// A starting point on the real line at which the log-density of the model is finite.
    fn point(
        &self,
        init: &Init,
        restart: usize,
        noise: &mut Noise,
    ) -> Result<Vec<f64>, GuideError> {
        let tries = match init {
            Init::Value(_) => 1,
            Init::PriorDraw => self.layout.prior_draws()?.particles(),
            _ => TRIES,
        };
        let mut faults = Vec::new();
        // Every restart begins elsewhere, where there is another place to begin.
        for attempt in (0..tries).map(|attempt| attempt + restart) {
            let candidate = propose(init, self.flat, self.layout, attempt, noise)?;
            match finite_at(&candidate, self.flat, self.model, self.batch) {
                Ok(()) => return Ok(candidate),
                Err(ModelError::NonFinite { site, .. }) => faults.push(site),
                Err(other) => return Err(other.into()),
            }
        }
        Err(GuideError::NeverFinite { tries, sites: Tally::of(faults) })
    }
}

fn propose(
    init: &Init,
    flat: &FlatLatents,
    layout: &Layout,
    attempt: usize,
    noise: &mut Noise,
) -> Result<Vec<f64>, GuideError> {
    match init {
        Init::Median if attempt == 0 => Ok(medians(&flat.pack(layout.prior_draws()?)?)),
        Init::PriorDraw => {
            let rows = flat.pack(layout.prior_draws()?)?;
            Ok(rows[attempt % rows.len()].clone())
        }
        Init::Value(latents) => Ok(values(latents, flat, layout)?.swap_remove(attempt)),
        Init::Uniform { radius } => Ok(uniform(*radius, flat, noise)),
        _ => Ok(uniform(FALLBACK_RADIUS, flat, noise)),
    }
}

/// The particles of `latents`, which hold a value for each latent and for nothing else.
fn values(
    latents: &Latents,
    flat: &FlatLatents,
    layout: &Layout,
) -> Result<Vec<Vec<f64>>, GuideError> {
    let known = |name: &str| layout.latents().any(|site| &*site.name == name);
    if let Some((name, _)) = latents.iter().find(|(name, _)| !known(name)) {
        let sampled = Names(layout.latents().map(|site| site.name.to_string()).collect());
        return Err(ModelError::UnknownSite { site: name.to_string(), sampled }.into());
    }
    Ok(flat.pack(latents)?)
}

fn uniform(radius: f64, flat: &FlatLatents, noise: &mut Noise) -> Vec<f64> {
    let unit = noise.split().uniform([flat.len()]).into_data();
    unit.iter::<f64>().map(|u| radius * (2.0 * u - 1.0)).collect()
}

/// The median of each column.
fn medians(rows: &[Vec<f64>]) -> Vec<f64> {
    (0..rows[0].len()).map(|j| median(rows.iter().map(|row| row[j]))).collect()
}

/// The median, the upper one of an even number.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn finite_at<B>(
    candidate: &[f64],
    flat: &FlatLatents,
    model: &impl LogJoint<B>,
    batch: &B,
) -> Result<(), ModelError> {
    let z = flat.place().tensor(candidate.to_vec(), [1, candidate.len()]);
    let (latents, log_det) = flat.unpack_all(z);
    log_det.check_finite()?;
    model.check(&latents, batch).map(drop)
}
