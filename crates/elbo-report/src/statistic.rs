//! What data and replicated data are compared by.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::moments::moments;

/// A number that tells something of data.
///
/// # Example
/// ```
/// use elbo_report::Statistic;
///
/// let numbers = [1.0, 2.0, 6.0];
/// assert_eq!(Statistic::ALL.map(|of| of.of(&numbers)), [3.0, 7.0_f64.sqrt(), 1.0, 6.0]);
/// assert_eq!(Statistic::Sd.to_string(), "sd");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The standard deviation (with `n - 1`).
    Sd,
    /// The smallest number.
    Least,
    /// The largest number.
    Largest,
}

impl Statistic {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Mean, Self::Sd, Self::Least, Self::Largest];

    /// Its value; without numbers NaN, or the infinity that every number is beyond.
    pub fn of(self, numbers: &[f64]) -> f64 {
        match self {
            Self::Mean => moments(numbers).0,
            Self::Sd => moments(numbers).1.sqrt(),
            Self::Least => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Largest => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mean => "mean",
            Self::Sd => "sd",
            Self::Least => "least",
            Self::Largest => "largest",
        })
    }
}
