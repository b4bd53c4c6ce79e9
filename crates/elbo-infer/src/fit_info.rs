//! What a fit without a learning rate did.

use std::fmt;

use elbo_report::table;
use serde::{Deserialize, Serialize};

use crate::{Curve, StopReason};

/// What [`Svi::fit`](crate::Svi::fit) did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitInfo {
    /// Why it ended.
    pub end: FitEnd,
    /// All steps, those of trials among them.
    pub steps: u64,
    /// The rates that were tried.
    pub trials: Vec<Trial>,
    /// The levels.
    pub levels: Vec<Level>,
    /// The bounds of all steps.
    pub curve: Curve,
}

/// Why a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FitEnd {
    /// The bound rises no more, and there is no more to gain by averages.
    Settled,
    /// The bound falls at the lowest rate, too.
    Falling,
    /// It took as many steps as it may: the parameters are the best that are known, and another call with a larger maximum goes on.
    OutOfSteps,
    /// It was interrupted: the parameters are those of the last step, and another call goes on.
    Interrupted,
}

/// A learning rate that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The rate.
    pub rate: f64,
    /// The median bound of its last steps; `-∞` where a step failed.
    #[serde(with = "elbo_report::number")]
    pub bound: f64,
}

/// Steps at one learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The rate.
    pub rate: f64,
    /// The steps.
    pub steps: u64,
    /// Why it ended, if the bound says so; none where a step failed, or there were no more steps.
    pub reason: Option<StopReason>,
    /// The bound at the average of the parameters less that at the last ones, by the same draws; none where one of them has no bound.
    pub gain: Option<f64>,
}

impl FitInfo {
    /// Whether the bound rose no more at the end.
    pub fn has_settled(&self) -> bool {
        self.end == FitEnd::Settled
    }
}

impl fmt::Display for FitEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Settled => "settled",
            Self::Falling => {
                "falling at the lowest rate: give it more particles, or an objective with less noise"
            }
            Self::OutOfSteps => "out of steps: call fit again with more, by FitConfig::with_max_steps",
            Self::Interrupted => "interrupted: clear the interrupt and call fit again to go on",
        })
    }
}

impl fmt::Display for FitInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: f64| format!("{number:.3}");
        let tried = self.trials.iter().map(|trial| {
            let bound = format!("bound {:.3}", trial.bound);
            vec!["trial".to_string(), format!("{:.2e}", trial.rate), String::new(), bound]
        });
        let levels = self.levels.iter().map(|level| {
            let reason = level.reason.map(|reason| reason.to_string());
            let gain = level.gain.map(|gain| format!("; the average gains {}", number(gain)));
            let text = reason.unwrap_or_default() + &gain.unwrap_or_default();
            vec!["level".to_string(), format!("{:.2e}", level.rate), level.steps.to_string(), text]
        });
        writeln!(f, "{} steps, {}", self.steps, self.end)?;
        f.write_str(&table(&["", "rate", "steps", ""], tried.chain(levels)))
    }
}
