//! What a check found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a check comes to, the worse the larger.
///
/// # Example
/// ```
/// use elbo_report::Verdict;
///
/// assert!(Verdict::Pass < Verdict::Warn && Verdict::Warn < Verdict::Fail);
/// assert_eq!(Verdict::Fail.to_string(), "fail");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing speaks against it.
    Pass,
    /// It may be usable, and the advice says for what, or how to make it better.
    Warn,
    /// It is not to be used as it is.
    Fail,
}

impl Verdict {
    /// Pass up to one threshold, warn up to another, and fail beyond it and for what is not a number.
    pub(crate) fn up_to(number: f64, pass: f64, warn: f64) -> Self {
        match number {
            _ if number <= pass => Self::Pass,
            _ if number <= warn => Self::Warn,
            _ => Self::Fail,
        }
    }

    /// Pass from one threshold on, warn from another on, and fail below it and for what is not a number.
    pub(crate) fn from(number: f64, pass: f64, warn: f64) -> Self {
        Self::up_to(-number, -pass, -warn)
    }

    /// Pass, or warn.
    pub(crate) fn pass_if(passes: bool) -> Self {
        match passes {
            true => Self::Pass,
            false => Self::Warn,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// What was found, in numbers.
    pub found: String,
    /// What to do about it; empty if it passed.
    pub advice: String,
}

impl Check {
    /// A line that has no advice if it passed.
    pub(crate) fn new(
        name: impl Into<String>,
        verdict: Verdict,
        found: String,
        advice: impl Into<String>,
    ) -> Self {
        let advice = match verdict {
            Verdict::Pass => String::new(),
            _ => advice.into(),
        };
        Self { name: name.into(), verdict, found, advice }
    }
}
