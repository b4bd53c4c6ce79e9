//! Where true values lay.

use super::PictureError;
use super::axis::Axis;
use super::canvas::{Area, Fault, GUIDE, SMALL, TRUTH, chart, line, svg};
use super::histogram::Histogram;
use super::range::heights;
use crate::Calibrated;

/// The parts of the axis; a line shows what each is to hold.
const BINS: usize = 10;

/// The shares of draws below the true value over fits of simulated data, with a line where all parts hold as many.
///
/// # Errors
/// [`PictureError::Empty`] without a share between 0 and 1, and [`PictureError::Drawing`].
///
/// # Example
/// ```
/// use elbo_report::{Calibrated, pictures::shares};
///
/// let mu = Calibrated { name: "mu".into(), shares: vec![0.15, 0.45, 0.95] };
/// assert!(shares(&mu).unwrap().contains("mu: share of draws below"));
/// ```
pub fn shares(calibrated: &Calibrated) -> Result<String, PictureError> {
    let picture = "shares of draws";
    // A share of 1 belongs to the last part.
    let inside = calibrated.shares.iter().map(|share| share.min(1.0 - f64::EPSILON));
    let histogram = Histogram::new(&inside.collect::<Vec<_>>(), 0.0..1.0, BINS);
    match histogram.largest() > 0.0 {
        true => svg(picture, SMALL, |area| draw(area, &calibrated.name, &histogram)),
        false => Err(PictureError::Empty { picture }),
    }
}

fn draw(area: &Area, name: &str, histogram: &Histogram) -> Result<(), Fault> {
    let (even, name) = (1.0 / BINS as f64, format!("{name}: share of draws below"));
    let y = Axis::new("share of fits", heights(histogram.largest()));
    let mut chart = chart(area, &Axis::new(&name, 0.0..1.0), &y)?;
    histogram.bars(&mut chart, "", GUIDE)?;
    line(&mut chart, "", [(0.0, even), (1.0, even)], TRUTH)
}
