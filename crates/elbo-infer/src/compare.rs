//! Bounds by which a fit without a learning rate compares parameters.

use burn::module::Module;
use elbo_dist::Noise;
use elbo_guide::Guide;
use elbo_model::LogJoint;

use crate::feed::Feed;
use crate::{Controls, InferError, Objective, Svi};

/// The draws by which an average is compared.
const COMPARED: usize = 256;

/// How far the next bound of a fit may be from that of its record, relative to the larger of it and 1: what other devices and precisions round.
const ROUNDED: f64 = 1e-4;

/// The better of the last parameters and their average.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    /// The bound there.
    pub bound: f64,
    /// The bound at the average less that at the last parameters; 0 where neither has one.
    pub gain: f64,
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// Puts the average of the parameters in their place if the bound is higher there by the same draws.
    pub(crate) fn take_average<B>(
        &mut self,
        feed: &mut impl Feed<B>,
    ) -> Result<Option<Kept>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let Some(average) = self.ascent.as_ref().and_then(|ascent| ascent.average()) else {
            return Ok(None);
        };
        let before = self.bounds(feed)?;
        let last = self.modules.replace(average);
        let after = self.bounds(feed)?;
        if after < before {
            self.modules = last;
        }
        let gain = if after == before { 0.0 } else { after - before };
        Ok(Some(Kept { bound: after.max(before), gain }))
    }

    /// Whether the present bound is higher than where it was looked at before, by the same draws.
    pub(crate) fn has_risen<B>(
        &mut self,
        feed: &mut impl Feed<B>,
        now: f64,
        tolerance: f64,
    ) -> Result<bool, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let looked = self.ascent.as_ref().map(|ascent| ascent.looked().clone());
        let modules = std::mem::replace(&mut self.modules, looked);
        let before = self.bounds(feed);
        self.modules = modules;
        Ok(now - before? > tolerance)
    }

    /// The mean bound at the present parameters, by draws that do not depend on them; `-∞` if one of them has none.
    fn bounds<B>(&self, feed: &mut impl Feed<B>) -> Result<f64, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let noise = self.noise.at_step(self.step).site("compared");
        let times = COMPARED.div_ceil(self.particles) as u64;
        let mut sum = 0.0;
        for time in 0..times {
            let bound = feed.with(self.step + time, |batch| self.bound(batch, noise.at_step(time)));
            sum += or_else(bound, f64::NEG_INFINITY)?;
        }
        Ok(sum / times as f64)
    }

    /// The bound of the step that comes next; not a number if it has none.
    pub(crate) fn next_bound<B>(&self, feed: &mut impl Feed<B>) -> Result<f64, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let noise = self.noise.at_step(self.step);
        or_else(feed.with(self.step, |batch| self.bound(batch, noise)), f64::NAN)
    }

    /// Checks that the next bound is that of the fit that goes on here, so that model, guide and data are.
    pub(crate) fn check_next<B>(
        &self,
        recorded: Option<f64>,
        feed: &mut impl Feed<B>,
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let Some(recorded) = recorded else { return Ok(()) };
        let found = self.next_bound(feed)?;
        let is_equal = (found - recorded).abs() <= ROUNDED * recorded.abs().max(1.0);
        match is_equal || found.is_nan() && recorded.is_nan() {
            true => Ok(()),
            false => Err(InferError::OtherFit { recorded, found }),
        }
    }

    fn bound<B>(&self, batch: &B, noise: Noise) -> Result<f64, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let terms = self.terms(batch, &self.objective.plan(), noise, false)?;
        self.new_sites(&terms)?;
        let estimate = self.estimate(&terms, self.members::<B>())?;
        self.finite(estimate.bound.into_scalar(), &terms)
    }
}

/// The bound, or another number in the place of one that is not finite.
fn or_else(bound: Result<f64, InferError>, other: f64) -> Result<f64, InferError> {
    bound.or_else(|error| error.when().map(|_| other).ok_or(error))
}
