//! A picture of marginals over time.

use std::path::{Path, PathBuf};

use plotters::prelude::*;

use crate::error::check_length;
use crate::{HmmError, Sizes};

/// A picture that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Marginals that do not have the sizes of the others.
    #[error(transparent)]
    Marginals(#[from] HmmError),
    /// The drawing failed.
    #[error("{} could not be drawn: {message}; see that its folder is there and can be written", path.display())]
    Drawing {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
}

/// The height of a state, in pixels.
const STATE: i32 = 12;
/// The height of the space between strips, and of a line of text.
const GAP: i32 = 14;
/// The width of the names.
const NAMES: i32 = 150;
/// The width of all steps.
const STEPS: i32 = 720;

/// Writes marginals `[T, M, L]` as SVG: for each chain a strip of each name, with a row a state and a column a step, darker where the state is more
/// likely.
///
/// # Errors
/// A [`PictureError`].
pub fn heat_map(
    path: &Path,
    sizes: Sizes,
    strips: &[(&str, Vec<f64>)],
) -> Result<(), PictureError> {
    let steps = strips.first().map_or(0, |(_, q)| q.len() / sizes.width().max(1));
    for (_, q) in strips {
        let expected = steps * sizes.width();
        check_length("the marginals", "steps x chains x states", q.len(), expected)?;
    }
    draw(path, sizes, strips, steps).map_err(|error| PictureError::Drawing {
        path: path.to_path_buf(),
        message: error.to_string(),
    })
}

fn draw(
    path: &Path,
    sizes: Sizes,
    strips: &[(&str, Vec<f64>)],
    steps: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let strip = STATE * sizes.states as i32 + GAP;
    let height = GAP + sizes.chains as i32 * (strips.len() as i32 * strip + GAP);
    let size = ((NAMES + STEPS + GAP) as u32, height as u32);
    let root = SVGBackend::new(path, size).into_drawing_area();
    root.fill(&WHITE)?;
    let mut top = GAP;
    for chain in 0..sizes.chains {
        for (name, marginals) in strips {
            let text = format!("chain {}, {name}", chain + 1);
            root.draw(&Text::new(text, (GAP, top), ("sans-serif", GAP).into_font()))?;
            for (t, q) in marginals.chunks(sizes.width()).enumerate() {
                for (state, q) in q[sizes.of(chain)].iter().enumerate() {
                    let (left, right) = (column(t, steps), column(t + 1, steps));
                    let y = top + STATE * state as i32;
                    let cell = Rectangle::new([(left, y), (right, y + STATE)], shade(*q).filled());
                    root.draw(&cell)?;
                }
            }
            top += strip;
        }
        top += GAP;
    }
    root.present()?;
    Ok(())
}

/// Where a step begins.
fn column(step: usize, steps: usize) -> i32 {
    NAMES + (step * STEPS as usize / steps.max(1)) as i32
}

/// From nearly white for 0 to dark blue for 1.
fn shade(q: f64) -> RGBColor {
    let mix = |light: f64, dark: f64| (light + (dark - light) * q.clamp(0.0, 1.0)).round() as u8;
    RGBColor(mix(238.0, 20.0), mix(242.0, 70.0), mix(248.0, 140.0))
}

/// The states `[T][M]` as marginals `[T, M, L]` that are certain.
///
/// # Example
/// ```
/// use factorial_hmm::{Sizes, one_hot};
///
/// assert_eq!(one_hot(Sizes::new(2, 2), &[vec![0, 1]]), [1.0, 0.0, 0.0, 1.0]);
/// ```
pub fn one_hot(sizes: Sizes, path: &[Vec<usize>]) -> Vec<f64> {
    let certain = |state: &usize| {
        let mut states = vec![0.0; sizes.states];
        states[*state] = 1.0;
        states
    };
    path.iter().flatten().flat_map(certain).collect()
}
