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
