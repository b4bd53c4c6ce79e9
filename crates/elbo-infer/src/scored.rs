//! Draws of a guide with their densities.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_guide::{Draw, Guide};
use elbo_model::{Latents, LogJoint, LogTerms, ModelError};

use crate::fault::is_of_numbers;
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
    /// What is wrong with those that have no density.
    pub fault: Option<ModelError>,
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

/// The sum of the terms, a number a draw.
fn totals(terms: &LogTerms, draws: usize) -> Vec<f64> {
    match terms.try_total() {
        Some(total) => total.inner().expand([draws, 1]).into_data().iter::<f64>().collect(),
        None => vec![0.0; draws],
    }
}

impl Scored {
    /// By the terms of both densities.
    fn new(draw: Draw, log_p: LogTerms, noise: Noise, draws: usize) -> Result<Self, InferError> {
        let Draw { latents, log_q } = draw;
        let terms = Terms::new(log_p, log_q);
        terms.check_form(draws, latents.place())?;
        if [&terms.log_p, &terms.log_q].iter().all(|terms| terms.try_total().is_none()) {
            return Err(InferError::NothingToTrain);
        }
        let (log_p, log_q) = (totals(&terms.log_p, draws), totals(&terms.log_q, draws));
        Ok(Self { latents, log_p, log_q, noise, fault: None })
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
        match self.model().check(&draw.latents, batch) {
            Ok(log_p) => {
                let guide = draw.log_q.check_finite().err();
                let scored = Scored::new(draw, log_p, noise.split(), draws)?;
                Ok(Scored { fault: guide, ..scored })
            }
            Err(fault) if is_of_numbers(&fault) => {
                let Draw { latents, log_q } = draw;
                let of_guide = Terms::new(LogTerms::default(), log_q.clone());
                of_guide.check_form(draws, latents.place())?;
                // Those that pass unless a density is finite outside of its support.
                let rows: Vec<usize> = match self.model().log_joint(&latents, batch) {
                    Ok(terms) => {
                        let totals = totals(&terms, draws).into_iter().enumerate();
                        totals.filter(|(_, total)| total.is_finite()).map(|(row, _)| row).collect()
                    }
                    Err(_) => (0..draws).collect(),
                };
                let mut log_p = vec![f64::NEG_INFINITY; draws];
                self.by_halves(&latents, batch, &rows, &mut log_p)?;
                let log_q = totals(&log_q, draws);
                Ok(Scored { latents, log_p, log_q, noise: noise.split(), fault: Some(fault) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sets `log_p` at those of the rows that pass all checks.
    fn by_halves<B>(
        &self,
        latents: &Latents,
        batch: &B,
        rows: &[usize],
        log_p: &mut [f64],
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
    {
        if rows.is_empty() {
            return Ok(());
        }
        match self.model().check(&latents.rows(rows), batch) {
            Ok(terms) => {
                let of_model = Terms::new(terms.clone(), LogTerms::default());
                of_model.check_form(rows.len(), latents.place())?;
                let totals = totals(&terms, rows.len());
                rows.iter().zip(totals).for_each(|(row, total)| log_p[*row] = total);
                Ok(())
            }
            Err(error) if is_of_numbers(&error) => {
                let (first, second) = rows.split_at(rows.len() / 2);
                if first.is_empty() {
                    return Ok(());
                }
                self.by_halves(latents, batch, first, log_p)?;
                self.by_halves(latents, batch, second, log_p)
            }
            Err(error) => Err(error.into()),
        }
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
