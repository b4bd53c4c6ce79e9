//! The confusion of tags as a picture.

use std::path::Path;

use plotters::prelude::*;

use crate::{Measures, Row, Tag};

/// The side of a cell, in pixels.
const CELL: i32 = 40;

/// The room for names at the left and at the top.
const MARGIN: i32 = 70;

/// A picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be drawn: {reason}; check that its folder is there and can be written to", path.display())]
pub struct PictureError {
    /// The file.
    pub path: std::path::PathBuf,
    /// What went wrong.
    pub reason: String,
}

/// Draws which tags are taken for which: rows are the tags that are there, columns what is predicted, and the darker a cell the larger its share
/// of its row, on a scale of square roots so that rare confusions show.
///
/// # Errors
/// [`PictureError`] if the file cannot be written.
pub fn confusion_svg(path: &Path, measures: &Measures) -> Result<(), PictureError> {
    let failed = |reason: String| PictureError { path: path.into(), reason };
    draw(path, &measures.confusion).map_err(|error| failed(error.to_string()))
}

fn draw(path: &Path, confusion: &Row<Row<u32>>) -> Result<(), Box<dyn std::error::Error>> {
    let side = (MARGIN + CELL * confusion.len() as i32 + 10) as u32;
    let root = SVGBackend::new(path, (side, side)).into_drawing_area();
    root.fill(&WHITE)?;
    for tag in Tag::all() {
        let middle = MARGIN + CELL * tag.index() as i32 + CELL / 2 - 5;
        let small = ("sans-serif", 11).into_font();
        root.draw(&Text::new(tag.name(), (8, middle), small.clone()))?;
        root.draw(&Text::new(tag.name(), (middle - 14, MARGIN - 16), small))?;
    }
    for (row, counts) in confusion.iter().enumerate() {
        let total = counts.iter().sum::<u32>().max(1);
        for (column, count) in counts.iter().enumerate() {
            let share = f64::from(*count) / f64::from(total);
            let corner = (MARGIN + CELL * column as i32, MARGIN + CELL * row as i32);
            cell(&root, corner, share, *count)?;
        }
    }
    root.present()?;
    Ok(())
}

fn cell<B: DrawingBackend>(
    root: &DrawingArea<B, plotters::coord::Shift>,
    (x, y): (i32, i32),
    share: f64,
    count: u32,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let light = (255.0 * (1.0 - share.sqrt())) as u8;
    let color = RGBColor(light, light.saturating_add(light / 8), 255 - (255 - light) / 3);
    root.draw(&Rectangle::new([(x, y), (x + CELL - 1, y + CELL - 1)], color.filled()))?;
    if count > 0 {
        let ink = if share > 0.3 { WHITE } else { BLACK };
        let style = ("sans-serif", 10).into_font().color(&ink);
        root.draw(&Text::new(count.to_string(), (x + 4, y + CELL / 2 - 5), style))?;
    }
    Ok(())
}
