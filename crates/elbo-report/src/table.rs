//! A report as text.

use std::fmt;

use comfy_table::{Table, presets};

use crate::shown::shown;
use crate::{Check, NumberRow, Report};

/// The heads of the columns of checks.
pub(crate) const CHECK_HEADS: [&str; 3] = ["check", "verdict", "found"];

/// The heads of the columns of numbers.
pub(crate) const NUMBER_HEADS: [&str; 9] =
    ["number", "mean", "sd", "mcse", "5%", "50%", "95%", "corrected mean", "corrected sd"];

/// A table with a head and aligned columns, without borders at its sides.
///
/// # Example
/// ```
/// let table = elbo_report::table(&["site", "mean"], [vec!["mu".into(), "4.4".into()]]);
/// assert!(table.starts_with(" site  mean"));
/// ```
pub fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(heads.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// The cells of a number.
pub(crate) fn cells(row: &NumberRow) -> Vec<String> {
    let NumberRow { name, mean, sd, mcse, q05, median, q95, corrected_mean, corrected_sd } = row;
    let numbers = [mean, sd, mcse, q05, median, q95, corrected_mean, corrected_sd];
    std::iter::once(name.clone()).chain(numbers.map(|number| shown(*number))).collect()
}

fn check_table(checks: &[Check]) -> String {
    let row =
        |check: &Check| vec![check.name.clone(), check.verdict.to_string(), check.found.clone()];
    table(&CHECK_HEADS, checks.iter().map(row))
}

fn write_checks(f: &mut fmt::Formatter<'_>, checks: &[Check]) -> fmt::Result {
    writeln!(f, "\n{}", check_table(checks))?;
    for check in checks.iter().filter(|check| !check.advice.is_empty()) {
        writeln!(f, " {}: {}", check.name, check.advice)?;
    }
    Ok(())
}

/// The report as text: the verdict, what was checked, what to do about it, and the numbers.
///
/// # Example
/// ```
/// use elbo_report::{Bound, Importance, Report};
///
/// let bound = Bound { mean: -31.2, standard_error: 0.01 };
/// let importance = Importance { draws: 1000, k_hat: 0.9, effective_size: 400.0, divergence: 0.4 };
/// let text = Report::new("Eight schools", bound, importance).to_string();
/// assert!(text.starts_with("Eight schools: warn\n"));
/// assert!(text.contains("-31.200 ± 0.010 nats"));
/// assert!(text.contains("k-hat: The guide misses part of the posterior."));
/// ```
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.title, self.verdict())?;
        write_checks(f, &self.checks())?;
        if !self.predicted.is_empty() {
            write_checks(f, &self.model_checks())?;
        }
        if !self.numbers.is_empty() {
            writeln!(f, "\n{}", table(&NUMBER_HEADS, self.numbers.iter().map(cells)))?;
        }
        Ok(())
    }
}
