//! Draws of a guide with their densities.

use burn::module::Module;
use elbo_dist::{DistError, Noise};
use elbo_guide::{Draw, Guide};
use elbo_model::{Latents, LogJoint, LogTerms, ModelError};

use crate::{BoundEstimate, InferError, Posterior, Terms};

/// Draws that are evaluated together where nothing but their densities is wanted.
pub(crate) const CHUNK: usize = 1000;

/// Draws of the latents with both densities, on the host.
pub(crate) struct Scored {
    pub latents: Latents,
    /// `log p(x, z)` of each draw.
    pub log_p: Vec<f64>,
    /// `log q(z)` of each.
    pub log_q: Vec<f64>,
    /// For what the model draws given these.
    pub noise: Noise,
}

/// The first draw and the number of draws of each chunk.
pub(crate) fn chunks(draws: usize, chunk: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..draws).step_by(chunk).map(move |first| (first, chunk.min(draws - first)))
}

/// Refuses too few draws for what asked for them.
pub(crate) fn at_least(needed: usize, found: usize, asked: &'static str) -> Result<(), InferError> {
    match found >= needed {
        true => Ok(()),
        false => Err(InferError::NoDraws { asked, needed, found }),
    }
}

/// Whether a model may meet this at some draws and not at others: these have no density.
pub(crate) fn is_of_draws(error: &ModelError) -> bool {
    match error {
        ModelError::NonFinite { .. } | ModelError::OutsideSupport { .. } => true,
        ModelError::Distribution { source, .. } => matches!(
            source,
            DistError::Parameter { .. }
                | DistError::NoWeight { .. }
                | DistError::NotPositiveDefinite { .. }
                | DistError::Order { .. }
        ),
        _ => false,
    }
}

impl Scored {
    /// By the terms of both densities.
    fn new(draw: Draw, log_p: LogTerms, noise: Noise, draws: usize) -> Result<Self, InferError> {
        let Draw { latents, log_q } = draw;
        let terms = Terms::new(log_p, log_q);
        terms.check_form(draws, latents.place())?;
        let totals = [&terms.log_p, &terms.log_q].map(LogTerms::try_total);
        if totals.iter().all(Option::is_none) {
            return Err(InferError::NothingToTrain);
        }
        let [log_p, log_q] = totals.map(|total| match total {
            Some(total) => total.inner().expand([draws, 1]).into_data().iter::<f64>().collect(),
            None => vec![0.0; draws],
        });
        Ok(Self { latents, log_p, log_q, noise })
    }

    /// `log p(x, z) - log q(z)` of each draw.
    pub fn log_weights(&self) -> impl Iterator<Item = f64> {
        self.log_p.iter().zip(&self.log_q).map(|(log_p, log_q)| log_p - log_q)
    }

    /// The draws that have a density.
    pub fn with_density(&self) -> Vec<usize> {
        let weights = self.log_weights().enumerate();
        weights.filter(|(_, weight)| weight.is_finite()).map(|(draw, _)| draw).collect()
    }
}

impl<M: Module, G: Module> Posterior<M, G> {
    /// `draws` draws from the one with the number `first` on; data and densities are checked.
    pub(crate) fn scored<B>(
        &self,
        batch: &B,
        first: usize,
        draws: usize,
    ) -> Result<Scored, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let mut noise = self.noise().from_particle(first as u64);
        let draw = self.draw(batch, draws, &mut noise)?;
        let log_p = self.model().check(&draw.latents, batch)?;
        draw.log_q.check_finite()?;
        Scored::new(draw, log_p, noise.split(), draws)
    }

    /// The same, but there may be draws without a density: their log-weights are not finite.
    pub(crate) fn scored_anyway<B>(
        &self,
        batch: &B,
        draws: usize,
        mut noise: Noise,
    ) -> Result<Scored, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let draw = self.draw(batch, draws, &mut noise)?;
        let checked = self.model().check(&draw.latents, batch);
        let checked = checked.and_then(|log_p| draw.log_q.check_finite().map(|()| log_p));
        let log_p = match checked {
            Ok(log_p) => return Scored::new(draw, log_p, noise.split(), draws),
            Err(error) if is_of_draws(&error) => self.model().log_joint(&draw.latents, batch)?,
            Err(error) => return Err(error.into()),
        };
        let scored = Scored::new(draw, log_p, noise.split(), draws)?;
        let rows = scored.with_density();
        if !rows.is_empty() {
            // What is wrong with these, too, is wrong with the data or the guide.
            self.model().check(&scored.latents.rows(&rows), batch)?;
        }
        Ok(scored)
    }

    /// The bound; `-∞` where a draw has no density.
    pub(crate) fn bound_anyway<B>(
        &self,
        batch: &B,
        draws: usize,
    ) -> Result<BoundEstimate, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let mut log_weights = Vec::new();
        for (first, count) in chunks(draws, CHUNK) {
            let noise = self.noise().from_particle(first as u64);
            log_weights.extend(self.scored_anyway(batch, count, noise)?.log_weights());
        }
        Ok(BoundEstimate::anyway(&log_weights))
    }
}
