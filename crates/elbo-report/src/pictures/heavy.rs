//! The tails of the weights of the elements of a plate.

use plotters::prelude::*;

use super::PictureError;
use super::axis::Axis;
use super::canvas::{Area, Fault, GUIDE, LIMIT, TRUTH, WIDE, chart, line, svg};
use super::range::widened;
use crate::LocalImportance;
use crate::checks::{HOPELESS, RELIABLE};

/// The most points.
const POINTS: usize = 800;

/// The ends of the vertical axis, onto which larger and smaller ones are put.
const ENDS: (f64, f64) = (-1.0, 2.0);

/// The shape of the tail of the weights of each element, with lines at 0.7 and 1.
///
/// Of many elements, each point is the largest of some in a row. What lies beyond the axis is put onto its end.
///
/// # Errors
/// [`PictureError::Empty`] without elements, and [`PictureError::Drawing`].
///
/// # Example
/// ```
/// use elbo_report::{LocalImportance, pictures::k_hats};
///
/// let (k_hats_, effective_sizes) = (vec![0.2, 0.8, f64::INFINITY], vec![900.0, 300.0, 1.0]);
/// let plate = "schools".to_string();
/// let local = LocalImportance { plate, draws: 1000, k_hats: k_hats_, effective_sizes };
/// assert_eq!(k_hats(&local).unwrap().matches("<circle").count(), 3);
/// ```
pub fn k_hats(local: &LocalImportance) -> Result<String, PictureError> {
    let picture = "k-hats";
    match local.k_hats.is_empty() {
        true => Err(PictureError::Empty { picture }),
        false => svg(picture, WIDE, |area| draw(area, local)),
    }
}

fn draw(area: &Area, local: &LocalImportance) -> Result<(), Fault> {
    let last = (local.k_hats.len() - 1) as f64;
    let (name, range) = (format!("element of {}", local.plate), widened(0.0..last));
    let (left, right) = (range.start, range.end);
    let y = Axis::new("k-hat", widened(ENDS.0..ENDS.1));
    let mut chart = chart(area, &Axis::whole(&name, range), &y)?;
    for (limit, colour) in [(RELIABLE, TRUTH), (HOPELESS, LIMIT)] {
        line(&mut chart, "", [(left, limit), (right, limit)], colour)?;
    }
    let row = local.k_hats.len().div_ceil(POINTS);
    let points = local.k_hats.chunks(row).enumerate();
    let dots = points.map(|(i, k_hats)| ((i * row) as f64, largest(k_hats)));
    chart.draw_series(dots.map(|point| Circle::new(point, 3, GUIDE.mix(0.7).filled())))?;
    Ok(())
}

/// The largest, on the axis; what is not a number is the largest of all.
fn largest(k_hats: &[f64]) -> f64 {
    let seen = k_hats.iter().map(|k_hat| match k_hat.is_nan() {
        true => ENDS.1,
        false => k_hat.clamp(ENDS.0, ENDS.1),
    });
    seen.fold(ENDS.0, f64::max)
}
