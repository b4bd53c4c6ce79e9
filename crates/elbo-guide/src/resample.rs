//! Draws corrected by importance weights.

use elbo_dist::Noise;
use elbo_model::{Latents, LogJoint, Plan};

use crate::{Guide, GuideError, ParetoSmoothed};

/// Draws of a guide, resampled by their smoothed importance weights.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Amortized, resample};
/// use elbo_model::{Model, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), t.place().tensor(vec![1.0], [1, 1]));
/// }
///
/// fn posterior(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.5, 0.5_f64.sqrt()));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let guide = Amortized::new(Model::new(posterior));
/// let drawn = resample(&guide, &model, &(), 100, &mut noise).unwrap();
/// assert_eq!(drawn.k_hat, f64::NEG_INFINITY); // equal weights have no tail
/// assert!((drawn.effective_size - 100.0).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct Resampled {
    /// The draws, some of them more than once, `[S, ..]`.
    pub latents: Latents,
    /// The shape of the tail of the weights: above 0.7 the draws are not to be trusted. NaN for fewer than 25 draws, and
    /// `-∞` where the largest weights are equal ([`ParetoSmoothed`]).
    pub k_hat: f64,
    /// The number of independent draws that say as much as the weights.
    pub effective_size: f64,
}

/// Draws of the posterior of `model` on `batch`: as many draws of `guide`, resampled by importance weights
/// `p(x, z) / q(z)`, smoothed and taken by systematic resampling.
///
/// # Errors
/// Those of the guide's draw, [`GuideError::Model`] from the model, and [`GuideError::NoWeight`] if all weights are 0, or one of them
/// is infinite or NaN.
///
/// # Panics
/// If the guide has several members ([`Guide::members`]).
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Amortized, resample};
/// use elbo_model::{Model, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), t.place().tensor(vec![1.0], [1, 1]));
/// }
///
/// fn prior(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let drawn = resample(&Amortized::new(Model::new(prior)), &model, &(), 4000, &mut noise).unwrap();
/// // (E w)² / E w² for w = N(1; z, 1) and z ~ N(0, 1) is e^{-1/6} √3 / 2.
/// assert!((drawn.effective_size / 4000.0 - 0.733).abs() < 0.05);
/// ```
///
/// # References
/// Vehtari et al. (2024), *Pareto smoothed importance sampling*; Kitagawa (1996), for systematic resampling.
pub fn resample<B>(
    guide: &impl Guide<B>,
    model: &impl LogJoint<B>,
    batch: &B,
    draws: usize,
    noise: &mut Noise,
) -> Result<Resampled, GuideError> {
    let drawn = guide.valid().draw(batch, draws, &Plan::sampling(), noise)?;
    let log_weight = model.log_joint(&drawn.latents, batch)?.less(&drawn.log_q);
    let log_weight = log_weight.unwrap_or_else(|| noise.place().zeros([1, 1]));
    let log_weight = log_weight.inner().expand([draws, 1]);
    let smoothed = ParetoSmoothed::new(log_weight.into_data().iter::<f64>().collect());
    if smoothed.k_hat == f64::INFINITY {
        return Err(GuideError::NoWeight { draws });
    }
    let start: f64 = noise.split().uniform([1]).into_scalar();
    let rows = systematic(&smoothed.log_weights, start);
    let (k_hat, effective_size) = (smoothed.k_hat, smoothed.effective_size());
    Ok(Resampled { latents: drawn.latents.rows(&rows), k_hat, effective_size })
}

/// As many rows as there are weights, each row as often as its weight says, up to one.
fn systematic(log_weights: &[f64], start: f64) -> Vec<usize> {
    let count = log_weights.len();
    let (mut rows, mut row, mut reached) = (Vec::with_capacity(count), 0, log_weights[0].exp());
    for i in 0..count {
        let wanted = (i as f64 + start) / count as f64;
        while reached < wanted && row + 1 < count {
            row += 1;
            reached += log_weights[row].exp();
        }
        rows.push(row);
    }
    rows
}
