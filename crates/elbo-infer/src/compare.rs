//! Bounds by which a fit without a learning rate compares parameters.

use std::cmp::Ordering;

use burn::module::Module;
use burn::tensor::{DType, Tensor};
use elbo_dist::Noise;
use elbo_guide::Guide;
use elbo_model::LogJoint;
use serde::{Deserialize, Serialize};

use crate::feed::Feed;
use crate::svi::Modules;
use crate::{Controls, InferError, Objective, Svi};

/// The draws by which an average is compared.
const COMPARED: usize = 256;

/// How far the next bound of a fit may be from that of its record: in another precision or on another device relative to the larger of it and 1,
/// and else in roundings of the sum of what it is made of, whose order another machine may choose.
const ELSEWHERE: f64 = 1e-4;
const ROUNDINGS: f64 = 64.0;

/// The last parameters beside their average.
pub(crate) struct Compared<T> {
    /// The average, if it is better.
    pub better: Option<T>,
    /// The bounds at the better of both.
    pub bounds: Vec<f64>,
    /// The bound at the average less that at the last ones; infinite where one of them has more bounds, and not a number where nothing can be
    /// compared.
    pub gain: f64,
}

/// None without an average.
pub(crate) type Comparison<M, G, C> = Option<Compared<Modules<M, G, C>>>;

/// What comes next in a fit, by which it is known when it goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Next {
    /// The sum of the bounds of the next batches that have one.
    bound: f64,
    /// The sum of the sizes of all that they are sums of.
    size: f64,
    /// The batches without a bound.
    missing: u64,
    batches: u64,
    place: String,
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// Compares the parameters with their average by the same draws.
    pub(crate) fn compared<B>(
        &mut self,
        feed: &mut impl Feed<B>,
    ) -> Result<Comparison<M, G, C>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let average = self.ascent.as_ref().and_then(|ascent| ascent.average());
        let Some(average) = average else { return Ok(None) };
        let before = self.bounds(feed)?;
        let after = self.bounds_at(average.clone(), feed)?;
        let gain = gain(&before, &after);
        let (better, bounds) = if gain >= 0.0 { (Some(average), after) } else { (None, before) };
        Ok(Some(Compared { better, bounds, gain }))
    }

    /// Whether these bounds are higher than those where they were looked at before, by the same draws.
    pub(crate) fn has_risen<B>(
        &mut self,
        feed: &mut impl Feed<B>,
        now: &[f64],
        tolerance: f64,
    ) -> Result<bool, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let Some(looked) = self.ascent.as_ref().map(|ascent| ascent.looked().clone()) else {
            return Ok(false);
        };
        Ok(gain(&self.bounds_at(looked, feed)?, now) > tolerance)
    }

    /// The bounds at other parameters.
    fn bounds_at<B>(
        &mut self,
        modules: Modules<M, G, C>,
        feed: &mut impl Feed<B>,
    ) -> Result<Vec<f64>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let present = self.modules.replace(modules);
        let bounds = self.bounds(feed);
        self.modules = present;
        bounds
    }

    /// Bounds at the present parameters, by draws that do not depend on them; not a number where there is none.
    pub(crate) fn bounds<B>(&self, feed: &mut impl Feed<B>) -> Result<Vec<f64>, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let noise = self.noise.at_step(self.step).site("compared");
        let times = COMPARED.div_ceil(self.particles) as u64;
        let bound = |time: u64| self.bound(self.step + time, noise.at_step(time), feed);
        (0..times).map(bound).collect()
    }

    /// The bounds of the next batches.
    pub(crate) fn next_bounds<B>(
        &self,
        batches: u64,
        feed: &mut impl Feed<B>,
    ) -> Result<Next, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let place = format!("{:?}", self.noise.place());
        let mut next = Next { bound: 0.0, size: 0.0, missing: 0, batches, place };
        for step in self.step..self.step + batches {
            let noise = self.noise.at_step(step);
            match feed.with(step, |batch| self.bound_on(batch, noise)) {
                Ok([bound, size]) => {
                    next.bound += bound;
                    next.size += size;
                }
                Err(error) if error.is_numeric() => next.missing += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(next)
    }

    /// Checks that the bounds of the next batches are those of the fit that goes on here.
    pub(crate) fn check_next<B>(
        &self,
        recorded: Option<&Next>,
        feed: &mut impl Feed<B>,
    ) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let Some(recorded) = recorded else { return Ok(()) };
        let found = self.next_bounds(recorded.batches, feed)?;
        let tolerance = match (found.place == recorded.place, self.noise.place().dtype()) {
            (false, _) => ELSEWHERE * recorded.bound.abs().max(1.0),
            (true, DType::F64) => ROUNDINGS * f64::EPSILON * recorded.size,
            (true, _) => ROUNDINGS * f64::from(f32::EPSILON) * recorded.size,
        };
        if found.missing > recorded.missing {
            self.first_fault(recorded.batches, feed)?;
        }
        match found.missing == recorded.missing && (found.bound - recorded.bound).abs() <= tolerance
        {
            true => Ok(()),
            false => {
                let (recorded, found) = (recorded.bound, found.bound);
                Err(InferError::OtherFit { recorded, found })
            }
        }
    }

    /// What is wrong with the first of the next batches without a bound.
    fn first_fault<B>(&self, batches: u64, feed: &mut impl Feed<B>) -> Result<(), InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        for step in self.step..self.step + batches {
            let noise = self.noise.at_step(step);
            let bound = feed.with(step, |batch| self.bound_on(batch, noise));
            bound.map_err(|error| error.of_step(step))?;
        }
        Ok(())
    }

    /// The bound on the batch of a step, by this noise; not a number if numbers are at fault.
    fn bound<B>(&self, step: u64, noise: Noise, feed: &mut impl Feed<B>) -> Result<f64, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let bound = feed.with(step, |batch| Ok(self.bound_on(batch, noise)?[0]));
        bound.or_else(|error| if error.is_numeric() { Ok(f64::NAN) } else { Err(error) })
    }

    /// The bound, and the sum of the sizes of what it is a sum of.
    fn bound_on<B>(&self, batch: &B, noise: Noise) -> Result<[f64; 2], InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let terms = self.terms(batch, &self.objective.plan(), noise, false)?;
        self.new_sites(&terms)?;
        let estimate = self.estimate(&terms, self.members::<B>())?;
        let bound = self.finite(estimate.bound.into_scalar(), &terms)?;
        let sizes = terms.log_p.iter().chain(terms.log_q.iter()).map(|term| {
            let numbers = term.log_prob.clone().inner().abs();
            let particles = numbers.dims()[0] as f64;
            numbers.sum() * (term.scale() / particles)
        });
        let size = sizes.reduce(|sum, size| sum + size).map_or(0.0, Tensor::into_scalar);
        Ok([bound, size])
    }
}

/// The mean difference of bounds that are there on both sides; infinite where one side has more of them.
fn gain(before: &[f64], after: &[f64]) -> f64 {
    let count = |bounds: &[f64]| bounds.iter().filter(|bound| bound.is_finite()).count();
    match count(after).cmp(&count(before)) {
        Ordering::Greater => f64::INFINITY,
        Ordering::Less => f64::NEG_INFINITY,
        Ordering::Equal => {
            let gains = before.iter().zip(after).map(|(before, after)| after - before);
            let gains: Vec<f64> = gains.filter(|gain| gain.is_finite()).collect();
            gains.iter().sum::<f64>() / gains.len() as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_on_both_sides_is_compared() {
        let none = f64::NAN;
        assert_eq!(gain(&[1.0, none, 3.0], &[2.0, none, 3.5]), 0.75);
        assert_eq!(gain(&[1.0, 2.0], &[1.0, none]), f64::NEG_INFINITY);
        assert_eq!(gain(&[none, 2.0], &[1.0, 2.0]), f64::INFINITY);
        assert!(gain(&[none], &[none]).is_nan());
    }
}
