//! A picture of points and components.

use std::error::Error;
use std::f64::consts::TAU;
use std::path::Path;

use plotters::prelude::*;

use crate::Component;

/// Writes the points with an ellipse of two standard deviations a component, as SVG.
///
/// # Errors
/// If there are no points, or the file cannot be written.
pub fn ellipses(
    path: &Path,
    points: &[[f64; 2]],
    components: &[Component],
) -> Result<(), Box<dyn Error>> {
    let range = |axis: usize| {
        let numbers = points.iter().map(|point| point[axis]);
        let (low, high) = numbers
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let margin = 0.1 * (high - low).max(1e-6);
        low - margin..high + margin
    };
    if points.is_empty() {
        return Err("there are no points to draw".into());
    }
    let root = SVGBackend::new(path, (640, 560)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(14)
        .x_label_area_size(32)
        .y_label_area_size(40)
        .build_cartesian_2d(range(0), range(1))?;
    chart.configure_mesh().draw()?;
    let dots = points.iter().map(|[x, y]| Circle::new((*x, *y), 2, BLACK.mix(0.4).filled()));
    chart.draw_series(dots)?;
    for (index, component) in components.iter().enumerate() {
        let colour = Palette99::pick(index).mix(1.0);
        let point = |turn: u32| {
            let angle = TAU * f64::from(turn) / 90.0;
            let [x, y] = component.mean;
            let [a, b] = component.scale;
            (x + 2.0 * a * angle.cos(), y + 2.0 * b * angle.sin())
        };
        chart.draw_series(LineSeries::new((0..=90).map(point), colour.stroke_width(3)))?;
    }
    root.present()?;
    Ok(())
}
