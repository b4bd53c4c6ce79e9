//! The sizes of natural-gradient steps.

use elbo_conjugate::RobbinsMonro;
use serde::{Deserialize, Serialize};

/// The sizes `ρ` of steps, in (0, 1].
///
/// ```
/// use elbo_conjugate::RobbinsMonro;
/// use elbo_infer::StepSizes;
///
/// assert_eq!(StepSizes::from(0.5).rate(7), Some(0.5));
/// let falling = StepSizes::from(RobbinsMonro::new(1.0, 1.0).unwrap());
/// assert_eq!(falling.rate(3), Some(0.25));
/// assert_eq!(StepSizes::from(1.5).rate(0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum StepSizes {
    /// The same for all: 1 for exact means on all data.
    Constant(f64),
    /// Sizes that fall, for minibatches and draws.
    Falling(RobbinsMonro),
}

impl StepSizes {
    /// That of a step, counted from 0, if it is one.
    pub fn rate(&self, step: u64) -> Option<f64> {
        let rate = self.raw(step);
        (rate > 0.0 && rate <= 1.0).then_some(rate)
    }

    pub(super) fn raw(&self, step: u64) -> f64 {
        match self {
            Self::Constant(rate) => *rate,
            Self::Falling(sizes) => sizes.rate(step),
        }
    }
}

impl From<f64> for StepSizes {
    fn from(rate: f64) -> Self {
        Self::Constant(rate)
    }
}

impl From<RobbinsMonro> for StepSizes {
    fn from(sizes: RobbinsMonro) -> Self {
        Self::Falling(sizes)
    }
}
