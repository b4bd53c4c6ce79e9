//! Several numbers against each other.

use plotters::prelude::*;

use super::PictureError;
use super::axis::Axis;
use super::canvas::{Area, Fault, GUIDE, TRUTH, chart, svg};
use super::histogram::Histogram;
use super::range::{Range, heights, trimmed, widened};
use crate::Sample;

/// The most numbers.
const MOST: usize = 4;

/// The side of the panel of a pair.
const SIDE: u32 = 210;

/// The most draws of a panel, beyond which more only cover each other.
const POINTS: usize = 300;

/// The parts of the axis of a panel on the diagonal.
const BINS: usize = 24;

/// The draws of each two of the first four numbers against each other: the guide's, and the reference's.
///
/// # Errors
/// [`PictureError::Empty`] without two numbers that have finite draws, and [`PictureError::Drawing`].
///
/// # Example
/// ```
/// use elbo_report::{Sample, pictures::pairs};
///
/// let number = |name: &str, posterior: &[f64]| {
///     let (name, posterior) = (name.to_string(), posterior.to_vec());
///     Sample { name, posterior, prior: vec![], reference: vec![] }
/// };
/// let svg = pairs(&[number("mu", &[1.0, 2.0, 3.0]), number("tau", &[0.1, 0.5, 0.4])]).unwrap();
/// assert_eq!(svg.matches("<circle").count(), 3); // a panel of three draws, and two histograms
/// ```
pub fn pairs(samples: &[Sample]) -> Result<String, PictureError> {
    let picture = "pairs of numbers";
    let drawn = samples.iter().filter_map(|sample| Some((sample, widened(range(sample)?))));
    let drawn: Vec<_> = drawn.take(MOST).collect();
    let side = SIDE * drawn.len() as u32;
    match drawn.len() {
        0 | 1 => Err(PictureError::Empty { picture }),
        _ => svg(picture, (side, side), |area| draw(area, &drawn)),
    }
}

fn range(sample: &Sample) -> Option<Range> {
    trimmed(&sample.posterior)
}

/// A number and its axis.
type Drawn<'a> = (&'a Sample, Range);

fn draw(area: &Area, drawn: &[Drawn]) -> Result<(), Fault> {
    let k = drawn.len();
    for (cell, area) in area.split_evenly((k, k)).iter().enumerate() {
        let (row, column) = (cell / k, cell % k);
        match row.cmp(&column) {
            std::cmp::Ordering::Greater => scatter(area, &drawn[column], &drawn[row])?,
            std::cmp::Ordering::Equal => diagonal(area, &drawn[row])?,
            std::cmp::Ordering::Less => {} // the pair is below the diagonal
        }
    }
    Ok(())
}

fn diagonal(area: &Area, (sample, range): &Drawn) -> Result<(), Fault> {
    let histogram = Histogram::new(&sample.posterior, range.clone(), BINS);
    let x = Axis::small(&sample.name, range.clone());
    let mut chart = chart(area, &x, &Axis::small("", heights(histogram.largest())))?;
    histogram.bars(&mut chart, "", GUIDE)
}

fn scatter(area: &Area, x: &Drawn, y: &Drawn) -> Result<(), Fault> {
    let ((across, x_range), (up, y_range)) = (x, y);
    let x = Axis::small(&across.name, x_range.clone());
    let mut chart = chart(area, &x, &Axis::small(&up.name, y_range.clone()))?;
    let sets =
        [(&across.posterior, &up.posterior, GUIDE), (&across.reference, &up.reference, TRUTH)];
    for (xs, ys, colour) in sets {
        let seen = |(x, y): &(f64, f64)| x_range.contains(x) && y_range.contains(y);
        let points = xs.iter().copied().zip(ys.iter().copied()).filter(seen).take(POINTS);
        let dots = points.map(|point| Circle::new(point, 2, colour.mix(0.4).filled()));
        chart.draw_series(dots)?;
    }
    Ok(())
}
