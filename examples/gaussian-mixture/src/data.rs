//! Points in the plane.

use std::fs;
use std::path::{Path, PathBuf};

use elbo::prelude::*;

/// What can be wrong with a file of points.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PointsError {
    /// The file cannot be read.
    #[error("{} could not be read: {source}; give a text file of two numbers a line", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line that is no point.
    #[error(
        "line {line} of {} is {found:?}, but a point is two finite numbers with a comma or spaces between them; mend the line, or leave it out",
        path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What it says.
        found: String,
    },
    /// Too few points.
    #[error(
        "{} points were given for {components} components; give at least as many points",
        found
    )]
    Few {
        /// The points.
        found: usize,
        /// The components.
        components: usize,
    },
}

/// The centres, standard deviations and weights that the default points are drawn from.
pub const TRUTH: [([f64; 2], [f64; 2], f64); 3] =
    [([-4.0, 0.0], [1.0, 2.0], 0.5), ([3.0, 3.0], [2.0, 0.5], 0.3), ([2.0, -4.0], [0.7, 0.7], 0.2)];

/// `count` points from the mixture [`TRUTH`].
pub fn drawn(count: usize, seed: u64) -> Vec<[f64; 2]> {
    let mut noise = Noise::new(seed, &Device::flex()).site("points");
    let numbers = |noise: Tensor<2>| noise.into_data().iter::<f64>().collect::<Vec<_>>();
    let choices = numbers(noise.uniform([count, 1]));
    let normals = numbers(noise.normal([count, 2]));
    let point = |(u, e): (&f64, &[f64])| {
        let mut below = 0.0;
        let chosen = TRUTH.iter().find(|(_, _, weight)| {
            below += weight;
            *u < below
        });
        let (centre, scale, _) = chosen.unwrap_or(&TRUTH[0]);
        [0, 1].map(|axis| centre[axis] + scale[axis] * e[axis])
    };
    choices.iter().zip(normals.chunks(2)).map(point).collect()
}

/// The points of a text file, one a line.
///
/// # Errors
/// [`PointsError::Read`] and [`PointsError::Line`].
pub fn read(path: &Path) -> Result<Vec<[f64; 2]>, PointsError> {
    let text = fs::read_to_string(path)
        .map_err(|source| PointsError::Read { path: path.to_path_buf(), source })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let point = |(index, line): (usize, &str)| {
        let words = line.split(|c: char| c == ',' || c.is_whitespace());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::parse).collect();
        match words[..] {
            [Ok(x), Ok(y)] if f64::is_finite(x) && f64::is_finite(y) => Ok([x, y]),
            _ => Err(PointsError::Line {
                path: path.to_path_buf(),
                line: index + 1,
                found: line.to_string(),
            }),
        }
    };
    lines.map(point).collect()
}

/// Points on a device, all or a part of them.
#[derive(Clone, Debug)]
pub struct Points {
    /// `[1, N, 2]`
    pub x: Tensor<3>,
    /// The number of all.
    pub total: usize,
}

impl Points {
    /// All points.
    pub fn all(points: &[[f64; 2]], place: &Place) -> Self {
        let x = place.tensor(points.concat(), [1, points.len(), 2]);
        Self { x, total: points.len() }
    }

    /// Parts of at most `size` points.
    pub fn batches(&self, size: usize) -> Vec<Self> {
        self.x.clone().split(size, 1).into_iter().map(|x| Self { x, total: self.total }).collect()
    }
}
