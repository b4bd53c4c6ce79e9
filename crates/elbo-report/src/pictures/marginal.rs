//! One number.

use super::PictureError;
use super::axis::Axis;
use super::canvas::{Area, Fault, GUIDE, PRIOR, SMALL, TRUTH, chart, legend, line, svg};
use super::histogram::Histogram;
use super::range::{Range, heights, trimmed, widened};
use crate::Sample;

/// The parts of the axis.
const BINS: usize = 40;

/// The draws of one number by the guide, with those of the prior and of the reference as outlines.
///
/// The axis is as wide as the guide's draws and the reference's, but for a hundredth in the tails.
///
/// # Errors
/// [`PictureError::Empty`] without a finite draw of the guide, and [`PictureError::Drawing`].
///
/// # Example
/// ```
/// use elbo_report::{Sample, pictures::marginal};
///
/// let posterior = vec![1.0, 2.0, 2.0, 3.0];
/// let mu = Sample { name: "mu".into(), posterior, prior: vec![0.0, 2.5], reference: vec![] };
/// let svg = marginal(&mu).unwrap();
/// assert!(svg.starts_with("<svg width=\"420\" height=\"260\"") && svg.contains("prior"));
/// ```
pub fn marginal(sample: &Sample) -> Result<String, PictureError> {
    let picture = "a number";
    let guide = trimmed(&sample.posterior).ok_or(PictureError::Empty { picture })?;
    let range = match trimmed(&sample.reference) {
        Some(reference) => guide.start.min(reference.start)..guide.end.max(reference.end),
        None => guide,
    };
    svg(picture, SMALL, |area| draw(area, sample, &widened(range)))
}

fn draw(area: &Area, sample: &Sample, range: &Range) -> Result<(), Fault> {
    let bins = |values: &[f64]| Histogram::new(values, range.clone(), BINS);
    let guide = bins(&sample.posterior);
    let outlines = [("prior", &sample.prior, PRIOR), ("reference", &sample.reference, TRUTH)];
    let outlines = outlines.into_iter().filter(|(_, values, _)| !values.is_empty());
    let outlines: Vec<_> =
        outlines.map(|(name, values, colour)| (name, bins(values), colour)).collect();
    let tops = outlines.iter().map(|(_, histogram, _)| histogram.largest());
    let top = tops.fold(guide.largest(), f64::max);
    let x = Axis::new(&sample.name, range.clone());
    let mut chart = chart(area, &x, &Axis::new("share of draws", heights(top)))?;
    guide.bars(&mut chart, "guide", GUIDE)?;
    for (name, histogram, colour) in &outlines {
        line(&mut chart, name, histogram.outline(), *colour)?;
    }
    legend(&mut chart)
}
