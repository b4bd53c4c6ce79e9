//! The course of a fit.

use plotters::prelude::*;

use super::PictureError;
use super::axis::Axis;
use super::canvas::{Area, Fault, GUIDE, PRIOR, WIDE, chart, svg};
use super::range::{Range, is_drawn, widened};
use crate::Course;

/// The most points.
const POINTS: usize = 1000;

/// The part of the bounds that lies below the axis: the first steps would flatten the rest.
const FIRST: usize = 50;

/// The bound over the steps, with a line where the learning rate changed.
///
/// The lower end is the 2% quantile, onto which smaller ones are put.
///
/// # Errors
/// [`PictureError::Empty`] without a finite bound, and [`PictureError::Drawing`].
///
/// # Example
/// ```
/// use elbo_report::{Course, pictures::trace};
///
/// let (bounds, levels) = (vec![-9.0, -4.0, -3.5, -3.2], vec![(0, 0.1), (20, 0.01)]);
/// let end = "settled".to_string();
/// let course = Course { has_settled: true, end, steps: 40, every: 10, bounds, levels };
/// assert!(trace(&course).unwrap().contains("ELBO (nats)"));
/// ```
pub fn trace(course: &Course) -> Result<String, PictureError> {
    let picture = "the course of the fit";
    let mut sorted: Vec<f64> = course.bounds.iter().copied().filter(|x| is_drawn(*x)).collect();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / FIRST), sorted.last()) {
        (Some(low), Some(high)) => {
            svg(picture, WIDE, |area| draw(area, course, widened(*low..*high)))
        }
        _ => Err(PictureError::Empty { picture }),
    }
}

fn draw(area: &Area, course: &Course, y: Range) -> Result<(), Fault> {
    let every = course.every as f64;
    let end = (course.bounds.len() as f64 * every).max(1.0);
    let (low, high) = (y.start, y.end);
    let x = Axis::whole("step", 0.0..end);
    let mut chart = chart(area, &x, &Axis::new("ELBO (nats)", y))?;
    let inside = course.levels.iter().filter(|level| level.0 > 0 && (level.0 as f64) < end);
    for (step, _) in inside {
        let boundary = [(*step as f64, low), (*step as f64, high)];
        chart.draw_series(LineSeries::new(boundary, PRIOR))?;
    }
    let row = course.bounds.len().div_ceil(POINTS);
    let points =
        course.bounds.chunks(row).enumerate().filter_map(|(i, bounds)| {
            Some(((i * row) as f64 * every, mean(bounds)?.clamp(low, high)))
        });
    chart.draw_series(LineSeries::new(points, GUIDE.stroke_width(2)))?;
    Ok(())
}

/// The mean of those that can be drawn; none without.
fn mean(bounds: &[f64]) -> Option<f64> {
    let n = bounds.iter().filter(|x| is_drawn(**x)).count() as f64;
    let parts = bounds.iter().filter(|x| is_drawn(**x)).map(|x| x / n);
    (n > 0.0).then(|| parts.sum())
}
