//! Fits from several starts.

use plotters::prelude::*;

use super::PictureError;
use super::axis::Axis;
use super::canvas::{Area, Fault, GUIDE, SMALL, chart, line, svg};
use super::range::{Range, extent, is_drawn, widened};
use crate::{Agreement, Bound};

/// The bound of each fit, with two standard errors either way.
///
/// # Errors
/// [`PictureError::Empty`] without a finite bound, and [`PictureError::Drawing`].
///
/// # Example
/// ```
/// use elbo_report::{Agreement, Bound, pictures::restarts};
///
/// let bounds = vec![Bound { mean: -31.2, standard_error: 0.1 }, Bound { mean: -31.3, standard_error: 0.1 }];
/// let agreement = Agreement { bounds, distance: 0.05, least: "mu".into() };
/// assert_eq!(restarts(&agreement).unwrap().matches("<circle").count(), 2);
/// ```
pub fn restarts(agreement: &Agreement) -> Result<String, PictureError> {
    let picture = "restarts";
    let means = agreement.bounds.iter().map(|bound| bound.mean);
    extent(means).ok_or(PictureError::Empty { picture })?;
    let ends = agreement.bounds.iter().flat_map(|bound| <[f64; 2]>::from(interval(bound)));
    let range = extent(ends).ok_or(PictureError::Empty { picture })?;
    svg(picture, SMALL, |area| draw(area, &agreement.bounds, widened(range)))
}

/// Two standard errors either way, as far as they can be drawn.
fn interval(bound: &Bound) -> (f64, f64) {
    let error = 2.0 * bound.standard_error;
    let (low, high) = (bound.mean - error, bound.mean + error);
    match is_drawn(low) && is_drawn(high) {
        true => (low, high),
        false => (bound.mean, bound.mean),
    }
}

fn draw(area: &Area, bounds: &[Bound], range: Range) -> Result<(), Fault> {
    let x = Axis::whole("fit", widened(0.0..(bounds.len() - 1) as f64));
    let mut chart = chart(area, &x, &Axis::new("ELBO (nats)", range))?;
    let drawn = bounds.iter().enumerate().filter(|(_, bound)| is_drawn(bound.mean));
    for (fit, bound) in drawn {
        let (fit, (low, high)) = (fit as f64, interval(bound));
        line(&mut chart, "", [(fit, low), (fit, high)], GUIDE)?;
        chart.draw_series([Circle::new((fit, bound.mean), 4, GUIDE.filled())])?;
    }
    Ok(())
}
