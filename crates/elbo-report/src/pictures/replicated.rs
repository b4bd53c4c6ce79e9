//! A statistic of replicated data.

use super::PictureError;
use super::axis::Axis;
use super::canvas::{Area, Fault, GUIDE, SMALL, TRUTH, chart, legend, line, svg};
use super::histogram::Histogram;
use super::range::{Range, extent, heights, is_drawn, widened};
use crate::Predicted;

/// The parts of the axis.
const BINS: usize = 40;

/// A statistic of replicated data, with its value on the data as a line.
///
/// # Errors
/// [`PictureError::Empty`] without a finite value of replicated data, and [`PictureError::Drawing`].
///
/// # Example
/// ```
/// use elbo_report::{Predicted, Statistic, pictures::replicated};
///
/// let (site, statistic) = ("y".to_string(), Statistic::Mean);
/// let mean = Predicted { site, statistic, observed: 8.75, replicated: vec![7.0, 8.0, 9.5] };
/// assert!(replicated(&mean).unwrap().contains("observed"));
/// ```
pub fn replicated(predicted: &Predicted) -> Result<String, PictureError> {
    let picture = "replicated data";
    let values = predicted.replicated.iter().copied();
    extent(values.clone()).ok_or(PictureError::Empty { picture })?;
    let range =
        extent(values.chain([predicted.observed])).ok_or(PictureError::Empty { picture })?;
    svg(picture, SMALL, |area| draw(area, predicted, widened(range)))
}

fn draw(area: &Area, predicted: &Predicted, range: Range) -> Result<(), Fault> {
    let Predicted { site, statistic, observed, replicated } = predicted;
    let histogram = Histogram::new(replicated, range.clone(), BINS);
    let heights = heights(histogram.largest());
    let (name, top) = (format!("{statistic} of {site}"), heights.end);
    let y = Axis::new("share of draws", heights);
    let mut chart = chart(area, &Axis::new(&name, range), &y)?;
    histogram.bars(&mut chart, "replicated", GUIDE)?;
    if is_drawn(*observed) {
        line(&mut chart, "observed", [(*observed, 0.0), (*observed, top)], TRUTH)?;
    }
    legend(&mut chart)
}
