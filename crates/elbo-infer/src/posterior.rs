//! What a fit has learnt.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_guide::{Guide, Path};
use elbo_model::{Latents, LogJoint, Predictive, Program};

use crate::{InferError, Terms};

/// A fitted model and guide on plain devices, without autodiff.
///
/// Draws depend on the seed and on the index of the draw alone: the first 100 of 1000 draws are
/// those that one gets when asking for 100.
#[derive(Clone, Debug)]
pub struct Posterior<M, G> {
    model: M,
    guide: G,
    noise: Noise,
}

/// A Monte Carlo estimate of the evidence lower bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundEstimate {
    /// The mean over draws.
    pub mean: f64,
    /// Its standard error; NaN for one draw.
    pub standard_error: f64,
}

/// Draws that are evaluated together when a bound is estimated.
const CHUNK: usize = 1000;

impl<M: Module, G: Module> Posterior<M, G> {
    pub(crate) fn new(model: &M, guide: &G, noise: Noise) -> Self {
        Self { model: model.valid(), guide: guide.valid(), noise }
    }

    /// The same posterior with other draws: another set for each `index`.
    ///
    /// Every draw of a posterior uses the same noise, so that results can be repeated and compared;
    /// batches whose errors should be independent take a stream each.
    pub fn stream(&self, index: u64) -> Self
    where
        M: Clone,
        G: Clone,
    {
        let noise = self.noise.site(&format!("stream {index}"));
        Self { model: self.model.clone(), guide: self.guide.clone(), noise }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// The guide.
    pub fn guide(&self) -> &G {
        &self.guide
    }

    /// Draws of the latents.
    ///
    /// # Errors
    /// If the guide's run fails.
    pub fn draws<B>(&self, batch: &B, draws: usize) -> Result<Latents, InferError>
    where
        G: Guide<B>,
    {
        Ok(self.guide.draw(batch, draws, Path::Full, &mut self.noise.clone())?.latents)
    }

    /// Draws of the latents, with the derived values and the replicated data that follow.
    ///
    /// # Errors
    /// If the guide's or the model's run fails.
    pub fn predictive<B>(&self, batch: &B, draws: usize) -> Result<Latents, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        self.predictive_from(batch, 0, draws)
    }

    /// The draws of [`Posterior::predictive`] in chunks of at most `chunk`, of which only one is in
    /// memory at a time.
    ///
    /// # Errors
    /// Each item, if the guide's or the model's run fails.
    pub fn predictive_chunks<'a, B>(
        &'a self,
        batch: &'a B,
        draws: usize,
        chunk: usize,
    ) -> impl Iterator<Item = Result<Latents, InferError>> + 'a
    where
        M: Program<B>,
        G: Guide<B>,
    {
        let chunk = chunk.max(1);
        (0..draws)
            .step_by(chunk)
            .map(move |first| self.predictive_from(batch, first, chunk.min(draws - first)))
    }

    /// The evidence lower bound, by `draws` draws.
    ///
    /// # Errors
    /// If the guide's or the model's run fails.
    pub fn bound<B>(&self, batch: &B, draws: usize) -> Result<BoundEstimate, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
    {
        let mut weights: Vec<f64> = Vec::with_capacity(draws);
        for first in (0..draws).step_by(CHUNK) {
            let particles = CHUNK.min(draws - first);
            let mut noise = self.noise.from_particle(first as u64);
            let draw = self.guide.draw(batch, particles, Path::Full, &mut noise)?;
            let log_p = self.model.log_joint(&draw.latents, batch)?;
            let terms = Terms { log_p, log_q: draw.log_q };
            let log_weight = terms.log_weight()?.inner().expand([particles, 1]);
            let chunk: Vec<f64> = log_weight.into_data().iter::<f64>().collect();
            if chunk.iter().any(|weight| !weight.is_finite()) {
                terms.log_p.check_finite()?;
                terms.log_q.check_finite()?;
            }
            weights.extend(chunk);
        }
        if weights.is_empty() {
            return Err(InferError::NoParticles);
        }
        let n = weights.len() as f64;
        let mean = weights.iter().sum::<f64>() / n;
        let variance = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Ok(BoundEstimate { mean, standard_error: (variance / n).sqrt() })
    }

    fn predictive_from<B>(
        &self,
        batch: &B,
        first: usize,
        draws: usize,
    ) -> Result<Latents, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        let mut noise = self.noise.from_particle(first as u64);
        let latents = self.guide.draw(batch, draws, Path::Full, &mut noise)?.latents;
        Ok(Predictive::new(&self.model, batch).given(&latents, &noise.split())?)
    }
}
