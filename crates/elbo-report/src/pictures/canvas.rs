//! What all pictures are drawn on.

use std::io;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;

use super::PictureError;
use super::axis::{Axis, Scale};
use crate::shown::writable;

/// What can go wrong.
pub(super) type Fault = DrawingAreaErrorKind<io::Error>;

/// A part of a picture.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Axes to draw on.
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;

/// The size of a picture beside others.
pub(super) const SMALL: (u32, u32) = (420, 260);

/// The size of a picture that has a row of its own.
pub(super) const WIDE: (u32, u32) = (640, 300);

/// The guide's colour; all stand out from white and from black.
pub(super) const GUIDE: RGBColor = RGBColor(46, 120, 190);

/// The prior's colour.
pub(super) const PRIOR: RGBColor = RGBColor(130, 130, 130);

/// The colour of what the guide is compared with.
pub(super) const TRUTH: RGBColor = RGBColor(214, 118, 20);

/// The colour of a limit.
pub(super) const LIMIT: RGBColor = RGBColor(205, 60, 60);

/// The picture that `draw` draws, as SVG.
pub(super) fn svg(
    picture: &'static str,
    size: (u32, u32),
    draw: impl FnOnce(&Area) -> Result<(), Fault>,
) -> Result<String, PictureError> {
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
    let drawn = draw(&root).and_then(|()| root.present());
    drop(root);
    let failed = |fault: Fault| PictureError::Drawing { picture, message: fault.to_string() };
    drawn.map(|()| writable(&text)).map_err(failed)
}

/// Empty axes on `area`.
pub(super) fn chart<'a, 'b>(
    area: &'a Area<'b>,
    x: &Axis,
    y: &Axis,
) -> Result<Chart<'a, 'b>, Fault> {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(22) // for half of the last label
        .x_label_area_size(36)
        .y_label_area_size(60)
        .build_cartesian_2d(x.scale.clone(), y.scale.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .axis_style(BLACK.mix(0.5))
        .x_desc(x.name)
        .y_desc(y.name)
        .draw()?;
    Ok(chart)
}

/// A line, named in the legend unless the name is empty.
pub(super) fn line(
    chart: &mut Chart,
    name: &str,
    points: impl IntoIterator<Item = (f64, f64)>,
    colour: RGBColor,
) -> Result<(), Fault> {
    let style = colour.stroke_width(2);
    let series = chart.draw_series(LineSeries::new(points, style))?;
    if !name.is_empty() {
        let sample = move |(x, y)| PathElement::new([(x, y), (x + 14, y)], style);
        series.label(name).legend(sample);
    }
    Ok(())
}

/// The names of the series.
pub(super) fn legend<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>) -> Result<(), Fault> {
    chart.configure_series_labels().position(SeriesLabelPosition::UpperRight).draw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_that_fails_names_the_picture() {
        let error = svg("a fault", SMALL, |_| Err(Fault::LayoutError)).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the picture of a fault could not be drawn: "), "{text}");
    }
}
