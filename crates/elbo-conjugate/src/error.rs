//! What can be wrong with coordinate ascent.

/// An error of a run: what was expected, what came and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoordinateError<E: std::error::Error + 'static> {
    /// The bound is lower after a sweep, which no exact update makes it.
    #[error(
        "the bound fell from {before} to {after} in sweep {sweep}{}, but an exact update never lowers it; look for a wrong update or bound, or, where it is rounding, allow for it by with_rounding",
        of_factor(*factor)
    )]
    Fell {
        /// The sweep, from 1.
        sweep: usize,
        /// The factor whose update it was, if each was looked at.
        factor: Option<usize>,
        /// The bound before.
        before: f64,
        /// The bound after.
        after: f64,
    },
    /// A bound that is no number.
    #[error(
        "the bound is {bound} after sweep {sweep}; look for a factor without variance, or data that are no numbers"
    )]
    NotFinite {
        /// The sweep, from 1; 0 before the first.
        sweep: usize,
        /// NaN or ±∞.
        bound: f64,
    },
    /// A setting out of its range.
    #[error("CoordinateAscent: {setting} is {value}, but must be {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// An update that failed.
    #[error("the update of factor {factor} failed in sweep {sweep}: {source}")]
    Update {
        /// The sweep, from 1.
        sweep: usize,
        /// The factor.
        factor: usize,
        /// Why.
        source: E,
    },
    /// A bound that failed.
    #[error("the bound failed after sweep {sweep}: {source}")]
    Bound {
        /// The sweep, from 1; 0 before the first.
        sweep: usize,
        /// Why.
        source: E,
    },
}

fn of_factor(factor: Option<usize>) -> String {
    factor.map(|factor| format!(", by the update of factor {factor}")).unwrap_or_default()
}
