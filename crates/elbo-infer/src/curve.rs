//! The course of a bound in bounded memory.

use serde::{Deserialize, Serialize};

/// The most points of a curve.
const MOST: usize = 1024;

/// The bounds of any number of steps as at most 1,024 means over equally many steps each.
///
/// # Example
/// ```
/// let mut curve = elbo_infer::Curve::default();
/// (0..3000).for_each(|step| curve.push(f64::from(step)));
/// assert_eq!((curve.every(), curve.points().len()), (4, 750));
/// assert_eq!(curve.points()[0], 1.5); // the mean of steps 0 to 3
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    every: u64,
    points: Vec<f64>,
    sum: f64,
    pending: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self { every: 1, points: Vec::new(), sum: 0.0, pending: 0 }
    }
}

impl Curve {
    /// Adds the bound of the next step.
    pub fn push(&mut self, bound: f64) {
        self.sum += bound;
        self.pending += 1;
        if self.pending < self.every {
            return;
        }
        self.points.push(self.sum / self.every as f64);
        (self.sum, self.pending) = (0.0, 0);
        if self.points.len() == MOST {
            self.points = self.points.chunks(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
            self.every *= 2;
        }
    }

    /// The steps of which a point is the mean.
    pub fn every(&self) -> u64 {
        self.every
    }

    /// The means, without the last steps, if they are fewer than a point takes.
    pub fn points(&self) -> &[f64] {
        &self.points
    }
}
