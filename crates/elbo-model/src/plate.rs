//! Plates: axes along which a program's elements are independent.

use std::fmt;
use std::sync::Arc;

/// A plate: elements that are independent given what lies outside, of which a batch is at hand.
///
/// The outermost plate lies on axis 1, a plate inside it on axis 2, and so on.
#[derive(Clone, Debug, PartialEq)]
pub struct Plate {
    /// The plate's name.
    pub name: Arc<str>,
    /// Its axis.
    pub axis: usize,
    /// The elements that there are.
    pub total: usize,
    /// The elements at hand.
    pub batch: usize,
}

impl Plate {
    /// `total / batch`, the factor that makes a sum over the batch an unbiased estimate of the sum
    /// over all elements.
    ///
    /// ```
    /// use elbo_model::Plate;
    ///
    /// let plate = Plate { name: "images".into(), axis: 1, total: 100, batch: 32 };
    /// assert_eq!(plate.scale(), 3.125);
    /// ```
    pub fn scale(&self) -> f64 {
        self.total as f64 / self.batch as f64
    }

    /// The factor of a sum inside `plates`: the product of their scales.
    pub fn scale_of(plates: &[Self]) -> f64 {
        plates.iter().map(Self::scale).product()
    }

    /// Whether only a part of the elements is at hand.
    pub fn is_subsampled(&self) -> bool {
        self.batch < self.total
    }
}

/// `schools (8)`, or `rows (3 of 60)` where only a part of the elements is at hand.
impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, total, batch, .. } = self;
        if self.is_subsampled() {
            write!(f, "{name} ({batch} of {total})")
        } else {
            write!(f, "{name} ({total})")
        }
    }
}

/// A random part of a plate's elements.
///
/// ```
/// use elbo_model::Subsample;
///
/// let last_batch = Subsample { total: 1000, batch: 104 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subsample {
    /// The elements that there are.
    pub total: usize,
    /// The elements at hand.
    pub batch: usize,
}

/// The size of a plate: a number, or a [`Subsample`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlateSize(pub(crate) Subsample);

impl From<usize> for PlateSize {
    fn from(total: usize) -> Self {
        Self(Subsample { total, batch: total })
    }
}

impl From<Subsample> for PlateSize {
    fn from(subsample: Subsample) -> Self {
        Self(subsample)
    }
}
