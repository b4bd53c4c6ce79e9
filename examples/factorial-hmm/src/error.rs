//! What can be wrong with a model, its data or a fit.

use elbo_conjugate::CoordinateError;

/// An error: what was expected, what came and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HmmError {
    /// A list of the wrong length.
    #[error("{what} holds {found} numbers, but {axes} are {expected}; give one for each")]
    Length {
        /// The list.
        what: &'static str,
        /// Its axes.
        axes: &'static str,
        /// The numbers it should have.
        expected: usize,
        /// The numbers it has.
        found: usize,
    },
    /// A number out of its range.
    #[error("{what}[{index}] is {value}, but must be {expected}")]
    Number {
        /// The list.
        what: &'static str,
        /// The place in it.
        index: usize,
        /// The number.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// Probabilities that are none together.
    #[error(
        "row {row} of {what} sums to {sum}, but probabilities sum to 1; divide them by their sum"
    )]
    Sum {
        /// The list.
        what: &'static str,
        /// The row.
        row: usize,
        /// Its sum.
        sum: f64,
    },
    /// A sequence without steps.
    #[error("a sequence has at least one step, but this has none; leave it out")]
    NoSteps,
    /// A key beyond those of the model, or one given twice.
    #[error(
        "step {step} has key {key} after {previous:?}, but a step lists keys below {keys} in rising order; sort them and leave out what is double"
    )]
    Key {
        /// The step.
        step: usize,
        /// The key.
        key: usize,
        /// The key before it in the list.
        previous: Option<usize>,
        /// The keys of the model.
        keys: usize,
    },
    /// The product chain is too large.
    #[error(
        "{chains} chains of {states} states have more than {most} states together, too many for exact inference; take a mean field"
    )]
    TooManyStates {
        /// The chains.
        chains: usize,
        /// The states of each.
        states: usize,
        /// The most that can be had.
        most: usize,
    },
    /// A setting out of its range.
    #[error("{setting} is {value}, but must be {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// The sweeps over a sequence failed.
    #[error("the sweeps over sequence {sequence} failed: {source}")]
    Sweeps {
        /// The sequence, from 0.
        sequence: usize,
        /// Why.
        source: Box<CoordinateError<HmmError>>,
    },
}

/// Holds a list to its length.
pub(crate) fn check_length(
    what: &'static str,
    axes: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), HmmError> {
    match found == expected {
        true => Ok(()),
        false => Err(HmmError::Length { what, axes, expected, found }),
    }
}

/// Holds all numbers of a list to what they must be.
pub(crate) fn check_numbers(
    what: &'static str,
    numbers: &[f64],
    expected: &'static str,
    is_right: impl Fn(f64) -> bool,
) -> Result<(), HmmError> {
    match numbers.iter().position(|number| !is_right(*number)) {
        Some(index) => Err(HmmError::Number { what, index, value: numbers[index], expected }),
        None => Ok(()),
    }
}

/// Holds each row to a sum of 1, up to `tolerance`.
pub(crate) fn check_sums(
    what: &'static str,
    numbers: &[f64],
    length: usize,
    tolerance: f64,
) -> Result<(), HmmError> {
    let sums = numbers.chunks(length).map(|row| row.iter().sum::<f64>());
    match sums.enumerate().find(|(_, sum)| (sum - 1.0).abs() > tolerance) {
        Some((row, sum)) => Err(HmmError::Sum { what, row, sum }),
        None => Ok(()),
    }
}
