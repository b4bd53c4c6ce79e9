//! Where a guide starts.

use elbo_dist::Noise;
use elbo_model::{Latents, Layout, LogJoint, ModelError, Names};

use crate::error::Tally;
use crate::{FlatLatents, GuideError};

/// Where the location of a guide starts.
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
    /// Given values of all latents, with one particle.
    Value(Latents),
    /// Uniform within `radius` of 0, on the real line; another draw at each retry.
    Uniform {
        /// The largest distance from 0.
        radius: f64,
    },
}

/// The distance from 0 within which a start is drawn when the prior's median has no density.
const FALLBACK_RADIUS: f64 = 2.0;

/// The starting points tried before giving up.
const TRIES: usize = 100;

/// A starting point on the real line at which the log-density of `model` is finite.
pub(crate) fn location<B>(
    init: &Init,
    flat: &FlatLatents,
    layout: &Layout,
    model: &impl LogJoint<B>,
    batch: &B,
    noise: &mut Noise,
) -> Result<Vec<f64>, GuideError> {
    let tries = match init {
        Init::Value(_) => 1,
        Init::PriorDraw => layout.prior_draws()?.particles(),
        _ => TRIES,
    };
    let mut faults = Vec::new();
    for attempt in 0..tries {
        let candidate = propose(init, flat, layout, attempt, noise)?;
        match finite_at(&candidate, flat, model, batch) {
            Ok(()) => return Ok(candidate),
            Err(ModelError::NonFinite { site, .. }) => faults.push(site),
            Err(other) => return Err(other.into()),
        }
    }
    Err(GuideError::NeverFinite { tries, sites: Tally::of(faults) })
}

fn propose(
    init: &Init,
    flat: &FlatLatents,
    layout: &Layout,
    attempt: usize,
    noise: &mut Noise,
) -> Result<Vec<f64>, GuideError> {
    match init {
        Init::Median if attempt == 0 => Ok(median(&flat.pack(layout.prior_draws()?)?)),
        Init::Median => Ok(uniform(FALLBACK_RADIUS, flat, noise)),
        Init::PriorDraw => {
            let rows = flat.pack(layout.prior_draws()?)?;
            Ok(rows[attempt].clone())
        }
        Init::Value(latents) => value(latents, flat, layout),
        Init::Uniform { radius } => Ok(uniform(*radius, flat, noise)),
    }
}

/// The one particle of `latents`, which hold a value for each latent and for nothing else.
fn value(latents: &Latents, flat: &FlatLatents, layout: &Layout) -> Result<Vec<f64>, GuideError> {
    let known = |name: &str| layout.latents().any(|site| &*site.name == name);
    if let Some((name, _)) = latents.iter().find(|(name, _)| !known(name)) {
        let sampled = Names(layout.latents().map(|site| site.name.to_string()).collect());
        return Err(ModelError::UnknownSite { site: name.to_string(), sampled }.into());
    }
    match <[Vec<f64>; 1]>::try_from(flat.pack(latents)?) {
        Ok([row]) => Ok(row),
        Err(rows) => Err(GuideError::StartParticles { particles: rows.len() }),
    }
}

fn uniform(radius: f64, flat: &FlatLatents, noise: &mut Noise) -> Vec<f64> {
    let unit = noise.split().uniform([flat.len()]).into_data();
    unit.iter::<f64>().map(|u| radius * (2.0 * u - 1.0)).collect()
}

/// The median of each column.
fn median(rows: &[Vec<f64>]) -> Vec<f64> {
    let column = |j: usize| {
        let mut values: Vec<f64> = rows.iter().map(|row| row[j]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (0..rows[0].len()).map(column).collect()
}

fn finite_at<B>(
    candidate: &[f64],
    flat: &FlatLatents,
    model: &impl LogJoint<B>,
    batch: &B,
) -> Result<(), ModelError> {
    let z = flat.place().tensor(candidate.to_vec(), [1, candidate.len()]);
    let (latents, log_det) = flat.unpack(z);
    log_det.check_finite()?;
    model.check(&latents, batch).map(drop)
}
