//! The picture of bounds.

use std::error::Error;
use std::ops::Range;
use std::path::Path;

use plotters::prelude::*;

use crate::Curve;

/// A picture that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// There is nothing to draw.
    #[error("there is no bound after a pass to draw; give a curve of at least one")]
    Empty,
    /// The drawing failed.
    #[error("{path} could not be drawn: {message}; give a path that can be written")]
    Drawing {
        /// The file.
        path: String,
        /// What went wrong.
        message: String,
    },
}

/// Writes bounds over passes as SVG, from the first pass on: before it nothing is known of topics, and the rest would be flat beside it.
///
/// # Errors
/// [`PlotError::Empty`] and [`PlotError::Drawing`].
pub fn draw_bounds(path: &Path, curves: &[Curve]) -> Result<(), PlotError> {
    let shown = || curves.iter().flat_map(|curve| &curve.points).filter(|point| point.0 > 0);
    let passes = shown().map(|point| point.0).max().ok_or(PlotError::Empty)?;
    let ends = shown()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, (_, b)| (ends.0.min(*b), ends.1.max(*b)));
    // Ticks need a range that is wide beside the rounding of its ends.
    let margin = 0.05 * (ends.1 - ends.0).max(1e-6 * ends.0.abs()).max(1e-6);
    let range = ends.0 - margin..ends.1 + margin;
    draw(path, curves, passes, range).map_err(|error| PlotError::Drawing {
        path: path.display().to_string(),
        message: error.to_string(),
    })
}

fn draw(
    path: &Path,
    curves: &[Curve],
    passes: usize,
    range: Range<f64>,
) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, (720, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(14)
        .x_label_area_size(36)
        .y_label_area_size(90)
        .build_cartesian_2d(1..passes.max(2), range)?;
    chart.configure_mesh().x_desc("pass").y_desc("ELBO (nats)").draw()?;
    for (index, curve) in curves.iter().enumerate() {
        let color = COLORS[index % COLORS.len()];
        let points = curve.points.iter().copied().filter(|point| point.0 > 0);
        let line = chart.draw_series(LineSeries::new(points, color.stroke_width(2)))?;
        let key = move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], color);
        line.label(&curve.method).legend(key);
    }
    chart.configure_series_labels().position(SeriesLabelPosition::LowerRight).draw()?;
    root.present()?;
    Ok(())
}

const COLORS: [RGBColor; 3] = [RGBColor(20, 70, 140), RGBColor(200, 90, 20), RGBColor(60, 130, 60)];
