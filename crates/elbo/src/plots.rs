//! Pictures of fits and of images.

use std::path::Path;

use image::{GrayImage, ImageError, Luma};
use plotters::prelude::*;

/// A picture that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// There is nothing to draw.
    #[error("there is nothing to draw; give at least one finite value")]
    Empty,
    /// The picture would be too large.
    #[error(
        "the picture would have {width} by {height} pixels; show fewer images or a smaller zoom"
    )]
    Size {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
    },
    /// The drawing failed.
    #[error("{path} could not be drawn: {message}")]
    Drawing {
        /// The file.
        path: String,
        /// What went wrong.
        message: String,
    },
    /// The image could not be written.
    #[error("{path} could not be written: {source}")]
    Image {
        /// The file.
        path: String,
        /// What went wrong.
        source: ImageError,
    },
}

/// Writes the curve of a bound over steps as SVG, with its moving average over a fiftieth of them.
///
/// The lower end is the 2% quantile, so that the first steps do not flatten the rest.
///
/// # Errors
/// [`PlotError::Empty`] and [`PlotError::Drawing`].
///
/// # Example
/// ```
/// let path = std::env::temp_dir().join("elbo-doc-curve.svg");
/// elbo::plots::bound_curve(&path, &[-9.0, -4.0, -3.5, -3.2]).unwrap();
/// assert!(std::fs::read_to_string(&path).unwrap().contains("ELBO (nats)"));
/// std::fs::remove_file(path).unwrap();
/// ```
pub fn bound_curve(path: &Path, bounds: &[f64]) -> Result<(), PlotError> {
    // Larger ones only say that the fit had not begun, and their distance overflows.
    let drawn = |bound: &f64| bound.abs() < 1e300;
    let mut sorted: Vec<f64> = bounds.iter().copied().filter(drawn).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (sorted.get(sorted.len() / 50), sorted.last()) else {
        return Err(PlotError::Empty);
    };
    // Ticks need a range that is wide beside the rounding of its ends.
    let margin = 0.05 * (high - low).max(1e-6 * low.abs().max(high.abs())).max(1e-6);
    let range = low - margin..high + margin;
    draw_curve(path, bounds, range).map_err(|error| PlotError::Drawing {
        path: path.display().to_string(),
        message: error.to_string(),
    })
}

fn draw_curve(
    path: &Path,
    bounds: &[f64],
    range: std::ops::Range<f64>,
) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::new(path, (720, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(14)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0..bounds.len(), range.clone())?;
    chart.configure_mesh().x_desc("step").y_desc("ELBO (nats)").draw()?;
    let clamped = |x: f64| x.clamp(range.start, range.end);
    let numbers = || bounds.iter().enumerate().filter(|(_, bound)| !bound.is_nan());
    let raw = numbers().map(|(step, bound)| (step, clamped(*bound)));
    chart.draw_series(LineSeries::new(raw, RGBColor(170, 196, 224)))?;
    let window = (bounds.len() / 50).max(1);
    let shown: Vec<_> = numbers().map(|(step, bound)| (step, clamped(*bound))).collect();
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(shown.iter().scan(0.0, |sum, (_, bound)| {
            *sum += bound - range.start;
            Some(*sum)
        }))
        .collect();
    let smooth = (window..sums.len()).map(|end| {
        let mean = (sums[end] - sums[end - window]) / window as f64;
        (shown[end - 1].0, clamped(range.start + mean))
    });
    chart.draw_series(LineSeries::new(smooth, RGBColor(20, 70, 140).stroke_width(2)))?;
    root.present()?;
    Ok(())
}

/// One of the charts of [`panels`].
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    /// What the horizontal axis shows.
    pub x: &'a str,
    /// What the vertical axis shows.
    pub y: &'a str,
    /// Lines by name.
    pub series: Vec<(String, Vec<(f64, f64)>)>,
}

/// Writes charts side by side as SVG, the series of one place in one colour, which the first chart names.
///
/// # Errors
/// [`PlotError::Empty`] and [`PlotError::Drawing`].
///
/// # Example
/// ```
/// use elbo::plots::{Panel, panels};
///
/// let path = std::env::temp_dir().join("elbo-doc-panels.svg");
/// let line = vec![("plain".to_string(), vec![(0.0, -9.0), (10.0, -4.0)])];
/// panels(&path, &[Panel { x: "step", y: "ELBO (nats)", series: line }]).unwrap();
/// assert!(std::fs::read_to_string(&path).unwrap().contains("plain"));
/// std::fs::remove_file(path).unwrap();
/// ```
pub fn panels(path: &Path, panels: &[Panel]) -> Result<(), PlotError> {
    let ends = |panel: &Panel, of: fn(&(f64, f64)) -> f64| {
        let numbers = panel.series.iter().flat_map(|(_, points)| points.iter().map(of));
        let (low, high) = numbers
            .filter(|x| x.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let margin = 0.05 * (high - low).max(1e-6 * low.abs().max(high.abs())).max(1e-6);
        (low <= high).then_some(low - margin..high + margin)
    };
    let ranges: Option<Vec<_>> = panels
        .iter()
        .map(|panel| Some((ends(panel, |point| point.0)?, ends(panel, |point| point.1)?)))
        .collect();
    let ranges = ranges.filter(|ranges| !ranges.is_empty()).ok_or(PlotError::Empty)?;
    draw_panels(path, panels, &ranges).map_err(|error| PlotError::Drawing {
        path: path.display().to_string(),
        message: error.to_string(),
    })
}

type Range = std::ops::Range<f64>;

fn draw_panels(
    path: &Path,
    panels: &[Panel],
    ranges: &[(Range, Range)],
) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::new(path, (560 * panels.len() as u32, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let areas = root.split_evenly((1, panels.len()));
    for (position, ((panel, (x, y)), area)) in panels.iter().zip(ranges).zip(areas).enumerate() {
        let mut chart = ChartBuilder::on(&area)
            .margin(14)
            .x_label_area_size(36)
            .y_label_area_size(64)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart.configure_mesh().x_desc(panel.x).y_desc(panel.y).draw()?;
        for (index, (name, points)) in panel.series.iter().enumerate() {
            let colour = Palette99::pick(index).mix(1.0);
            let shown = points.iter().filter(|point| point.1.is_finite()).copied();
            let line = LineSeries::new(shown, colour.stroke_width(2));
            chart.draw_series(line)?.label(name.as_str()).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2))
            });
        }
        if position > 0 {
            continue; // the first chart names the colours of all
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    root.present()?;
    Ok(())
}

/// The most pixels of a picture.
const LARGEST: usize = 1 << 28;

/// How [`image_grid`] lays images out; a 0 counts as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The pixels in a row of an image.
    pub width: usize,
    /// The images side by side.
    pub columns: usize,
    /// The side of the square that shows a pixel.
    pub zoom: usize,
}

/// Writes grey images as one PNG, a grey line after each column and row of them.
///
/// Pixels are numbers from 0 (black) to 1 (white), by rows.
///
/// # Errors
/// [`PlotError::Empty`], [`PlotError::Size`] and [`PlotError::Image`].
///
/// # Example
/// ```
/// use elbo::plots::{Grid, image_grid};
///
/// let path = std::env::temp_dir().join("elbo-doc-grid.png");
/// let checkers = [vec![0.0, 1.0, 1.0, 0.0]];
/// image_grid(&path, &checkers, Grid { width: 2, columns: 1, zoom: 4 }).unwrap();
/// assert!(path.is_file());
/// std::fs::remove_file(path).unwrap();
/// ```
pub fn image_grid(path: &Path, images: &[Vec<f64>], grid: Grid) -> Result<(), PlotError> {
    let [width, columns, zoom] = [grid.width, grid.columns, grid.zoom].map(|size| size.max(1));
    let height = images.iter().map(|image| image.len() / width).max().unwrap_or(0);
    if height == 0 {
        return Err(PlotError::Empty);
    }
    let columns = columns.min(images.len());
    let rows = images.len().div_ceil(columns);
    let cell = |size: usize| size.saturating_mul(zoom).saturating_add(1);
    let (cell_w, cell_h) = (cell(width), cell(height));
    let [total_w, total_h] = [cell_w.saturating_mul(columns), cell_h.saturating_mul(rows)];
    if total_w.saturating_mul(total_h) > LARGEST {
        return Err(PlotError::Size { width: total_w, height: total_h });
    }
    let pixel = |x: u32, y: u32| {
        let (x, y) = (x as usize, y as usize);
        let (column, row) = (x / cell_w, y / cell_h);
        let (inner_x, inner_y) = (x % cell_w / zoom, y % cell_h / zoom);
        let image = images.get(row * columns + column);
        let value = image.and_then(|image| image.get(inner_y * width + inner_x));
        match value {
            Some(value) if inner_x < width => Luma([(value.clamp(0.0, 1.0) * 255.0) as u8]),
            _ => Luma([96]),
        }
    };
    GrayImage::from_fn(total_w as u32, total_h as u32, pixel)
        .save(path)
        .map_err(|source| PlotError::Image { path: path.display().to_string(), source })
}
