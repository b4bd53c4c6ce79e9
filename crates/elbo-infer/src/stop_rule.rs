//! When the bound has stopped rising.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::InferError;
use crate::renyi::setting;

/// The windows over which a slope is taken, in steps.
const WINDOWS: [usize; 4] = [100, 200, 400, 800];

/// The steps between two looks at the trace.
const EVERY: u64 = 10;

/// The means through which a line is laid.
const BLOCKS: usize = 10;

/// The steps of which slopes tell the rise.
const UNIT: f64 = 100.0;

/// Standard errors between the slope that is found and the largest that is believed: false stops are rarer than 1%.
const CONFIDENCE: f64 = 1.86;

/// Standard errors by which a fall must be sure.
const SURE: f64 = 3.0;

/// The standard error of the mean of the middle three fifths of normal noise, relative to that of the mean of all: by simulation 1.063 for
/// ten numbers, 1.070 for eighty.
const OF_MIDDLE: f64 = 1.067;

/// `1 / Φ⁻¹(¾)`: the deviation of normal noise, relative to its median distance from the median.
const OF_DISTANCE: f64 = 1.482_602_218_505_6;

/// Says from the noisy bounds of a fit's steps, one at a time, when they have stopped rising.
///
/// A fit has settled as soon as, over one of the last 100, 200, 400 or 800 steps, the rise in 100 steps is surely below the noise of one
/// step, and no fall: `b + 1.86 s < max(σ, tolerance) > -b`, with `b` the slope of a line through ten means, each of the middle three fifths of
/// a tenth of the window, `s` its standard error and `σ` the noise of a step, from the median distance of differences of neighbours. All
/// three are blind to a few wild numbers. A fit falls as soon as `b + 3 s < -max(σ, tolerance)`.
///
/// # Example
/// ```
/// use elbo_infer::{StopReason, StopRule};
///
/// let mut rule = StopRule::new();
/// let bound = |step: i32| -1000.0 * (-f64::from(step) / 50.0).exp() + 3.0 * f64::from(step * step).sin();
/// let stopped = (0..2000).find_map(|step| Some((step, rule.observe(bound(step))?)));
/// let (step, reason) = stopped.unwrap();
/// // At step 343 the bound rises by 2.1, the noise of a step, in 100 steps.
/// assert_eq!(step, 419);
/// assert!(matches!(reason, StopReason::Settled(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopRule {
    tolerance: f64,
    /// As many as the longest window takes.
    bounds: VecDeque<f64>,
    seen: u64,
}

/// What a [`StopRule`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum StopReason {
    /// The bound rises no more.
    Settled(Trend),
    /// The bound falls: the learning rate is too high, or the objective changes.
    Falling(Trend),
}

/// How the bound has moved of late.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// The number of steps that were seen.
    pub steps: u64,
    /// The last steps that the trend is of.
    pub window: usize,
    /// The rise in 100 steps, in nats.
    pub rise: f64,
    /// Its standard error.
    pub error: f64,
    /// The standard deviation of a step's noise, in nats.
    pub noise: f64,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, trend) = match self {
            Self::Settled(trend) => ("settled", trend),
            Self::Falling(trend) => ("falling: lower the learning rate", trend),
        };
        let Trend { steps, window, rise, error, noise } = trend;
        write!(
            f,
            "{what} (step {steps}: over the last {window} the bound moved by {rise:.3} ± {error:.3} nats in 100 steps, of which one has \
             a noise of {noise:.3})"
        )
    }
}

impl Default for StopRule {
    fn default() -> Self {
        Self { tolerance: 1e-3, bounds: VecDeque::new(), seen: 0 }
    }
}

impl StopRule {
    /// Stops as soon as the rise in 100 steps is below the noise of one, or below 0.001 nats.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rise in 100 steps, in nats, that is of no interest even where the noise of a step is smaller.
    ///
    /// # Errors
    /// [`InferError::Setting`] for one that is negative or not finite.
    pub fn with_tolerance(self, nats: f64) -> Result<Self, InferError> {
        match nats.is_finite() && nats >= 0.0 {
            true => Ok(Self { tolerance: nats, ..self }),
            false => Err(setting("StopRule", "tolerance", nats, "finite and not negative")),
        }
    }

    /// Takes in the bound of the next step; says whether to stop, and why.
    pub fn observe(&mut self, bound: f64) -> Option<StopReason> {
        if self.bounds.len() == WINDOWS[WINDOWS.len() - 1] {
            self.bounds.pop_front();
        }
        self.bounds.push_back(bound);
        self.seen += 1;
        if !self.seen.is_multiple_of(EVERY) || self.bounds.len() < WINDOWS[0] {
            return None;
        }
        let bounds = self.bounds.make_contiguous();
        let noise = noise(&bounds[bounds.len().saturating_sub(WINDOWS[1])..]);
        let steps = self.seen;
        let windows = WINDOWS.into_iter().filter(|window| *window <= bounds.len());
        let mut trends = windows.map(|window| {
            let [rise, error] = slope(&bounds[bounds.len() - window..], noise);
            Trend { steps, window, rise, error, noise }
        });
        let least = noise.max(self.tolerance);
        trends.find_map(|trend| {
            let Trend { rise, error, .. } = trend;
            if rise + SURE * error < -least {
                return Some(StopReason::Falling(trend));
            }
            let has_settled = rise + CONFIDENCE * error < least && rise > -least;
            has_settled.then_some(StopReason::Settled(trend))
        })
    }
}

/// The slope of a line through the middle means of blocks, and its standard error, in 100 steps.
fn slope(bounds: &[f64], noise: f64) -> [f64; 2] {
    let size = bounds.len() / BLOCKS;
    let (mut moment, mut squares) = (0.0, 0.0);
    for (block, bounds) in bounds.chunks_exact(size).enumerate() {
        let place = block as f64 - (BLOCKS - 1) as f64 / 2.0;
        moment += place * middle_mean(bounds);
        squares += place * place;
    }
    let error = OF_MIDDLE * noise / (size as f64 * squares).sqrt();
    [moment / squares, error].map(|of_block| of_block * UNIT / size as f64)
}

/// The mean without the largest fifth and the smallest.
fn middle_mean(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rest = &sorted[numbers.len() / 5..numbers.len() - numbers.len() / 5];
    rest.iter().sum::<f64>() / rest.len() as f64
}

/// The standard deviation of the noise of a step, by differences of neighbours, in which trends vanish.
fn noise(bounds: &[f64]) -> f64 {
    let mut differences: Vec<f64> = bounds.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = median(&mut differences);
    differences.iter_mut().for_each(|difference| *difference = (*difference - middle).abs());
    OF_DISTANCE * median(&mut differences) / std::f64::consts::SQRT_2
}

/// The median; of an even number the mean of the middle two.
fn median(numbers: &mut [f64]) -> f64 {
    let half = numbers.len() / 2;
    let (_, middle, _) = numbers.select_nth_unstable_by(half, f64::total_cmp);
    let middle = *middle;
    if numbers.len() % 2 == 1 {
        return middle;
    }
    let below = numbers[..half].iter().copied().max_by(f64::total_cmp);
    (below.unwrap_or(middle) + middle) / 2.0
}
