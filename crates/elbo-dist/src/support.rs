//! The sets on which densities are positive.

use std::cmp::Ordering;
use std::fmt;

use crate::{
    Above, Below, CorrCholesky, Exp, Identity, Interval, LowerCholesky, Ordered, PositiveDefinite,
    Stereographic, StickBreaking, Transform, ZeroSum,
};

/// The set of values that a distribution gives positive density.
///
/// ```
/// use elbo_dist::Support;
///
/// assert!(Support::UnitInterval.contains(0.5));
/// assert!(!Support::Positive.contains(0.0));
/// assert_eq!(Support::Interval { low: -1.0, high: 2.0 }.to_string(), "[-1, 2]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Support {
    /// All real numbers.
    Real,
    /// Numbers above 0.
    Positive,
    /// Numbers at or above 0.
    NonNegative,
    /// Numbers from 0 to 1, both included.
    UnitInterval,
    /// Numbers from `low` to `high`, both included.
    Interval {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// Numbers at or above `low`.
    AtLeast {
        /// The lower end.
        low: f64,
    },
    /// Numbers at or below `high`.
    AtMost {
        /// The upper end.
        high: f64,
    },
    /// The integers from `low` to `high`, both included; `high` may be infinite.
    Integers {
        /// The least.
        low: f64,
        /// The greatest.
        high: f64,
    },
    /// Vectors of `count` numbers from 0 to 1 that add up to 1, along the last axis.
    Simplex {
        /// The length of a vector.
        count: usize,
    },
    /// Vectors of `count` zeros but for a single 1, along the last axis.
    OneHot {
        /// The length of a vector.
        count: usize,
    },
    /// Vectors of `count` whole numbers that add up to `total`, along the last axis.
    Partition {
        /// The length of a vector.
        count: usize,
        /// The sum.
        total: f64,
    },
    /// Vectors of `count` numbers, each above the one before it, along the last axis.
    Ordered {
        /// The length of a vector.
        count: usize,
    },
    /// Vectors of `count` numbers that add up to 0, along the last axis.
    ZeroSum {
        /// The length of a vector.
        count: usize,
    },
    /// Vectors of `count` numbers and length 1, along the last axis.
    UnitVector {
        /// The number of elements.
        count: usize,
    },
    /// Lower triangular matrices of `size` rows with a positive diagonal, along the last two axes.
    LowerCholesky {
        /// The number of rows.
        size: usize,
    },
    /// Those whose rows have length 1: the Cholesky factors of correlation matrices.
    CorrCholesky {
        /// The number of rows.
        size: usize,
    },
    /// Symmetric positive definite matrices of `size` rows, along the last two axes.
    PositiveDefinite {
        /// The number of rows.
        size: usize,
    },
    /// 0 or 1.
    Boolean,
    /// The integers `0, 1, .., count - 1`.
    Category {
        /// The number of categories.
        count: usize,
    },
}

impl Support {
    /// Whether `value` lies in the set, or for a set of vectors or matrices may be a part of one; NaN and
    /// infinities never do.
    pub fn contains(&self, value: f64) -> bool {
        value.is_finite()
            && match *self {
                Self::Real | Self::Ordered { .. } | Self::ZeroSum { .. } => true,
                Self::LowerCholesky { .. } | Self::PositiveDefinite { .. } => true,
                Self::UnitVector { .. } | Self::CorrCholesky { .. } => {
                    value.abs() <= 1.0 + EVENT_ERROR
                }
                Self::Positive => value > 0.0,
                Self::NonNegative => value >= 0.0,
                Self::UnitInterval | Self::Simplex { .. } => (0.0..=1.0).contains(&value),
                Self::Interval { low, high } => (low..=high).contains(&value),
                Self::AtLeast { low } => value >= low,
                Self::AtMost { high } => value <= high,
                Self::Integers { low, high } => {
                    (low..=high).contains(&value) && value.fract() == 0.0
                }
                Self::Boolean | Self::OneHot { .. } => value == 0.0 || value == 1.0,
                Self::Partition { total, .. } => {
                    (0.0..=total).contains(&value) && value.fract() == 0.0
                }
                Self::Category { count } => {
                    value >= 0.0 && value < count as f64 && value.fract() == 0.0
                }
            }
    }

    /// The shape of one event of the set: `[]` of numbers, `[count]` of vectors, `[size, size]` of matrices.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// assert_eq!(Support::Simplex { count: 3 }.event_shape(), [3]);
    /// assert_eq!(Support::CorrCholesky { size: 4 }.event_shape(), [4, 4]);
    /// ```
    pub fn event_shape(&self) -> Vec<usize> {
        match *self {
            Self::Simplex { count }
            | Self::OneHot { count }
            | Self::Partition { count, .. }
            | Self::Ordered { count }
            | Self::ZeroSum { count }
            | Self::UnitVector { count } => vec![count],
            Self::LowerCholesky { size }
            | Self::CorrCholesky { size }
            | Self::PositiveDefinite { size } => vec![size, size],
            _ => Vec::new(),
        }
    }

    /// Whether numbers that each may be a part of an event make one, in row-major order: sums, lengths and
    /// symmetry hold to 1e-4 of their size. Numbers by themselves always do.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// let simplex = Support::Simplex { count: 3 };
    /// assert!(simplex.contains_event(&[0.2, 0.3, 0.5]));
    /// assert!(!simplex.contains_event(&[0.2, 0.3, 0.6]));
    /// ```
    pub fn contains_event(&self, event: &[f64]) -> bool {
        let sum = event.iter().sum::<f64>();
        let near = |x: f64, to: f64, size: f64| (x - to).abs() <= EVENT_ERROR * size;
        let length = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
        match *self {
            Self::Simplex { .. } | Self::OneHot { .. } => near(sum, 1.0, 1.0),
            Self::Partition { total, .. } => near(sum, total, total),
            Self::Ordered { .. } => event.windows(2).all(|pair| pair[0] < pair[1]),
            Self::ZeroSum { .. } => near(sum, 0.0, event.iter().map(|x| x.abs()).sum()),
            Self::UnitVector { .. } => near(length(event), 1.0, 1.0),
            Self::LowerCholesky { size } => is_lower(event, size),
            Self::CorrCholesky { size } => {
                is_lower(event, size) && event.chunks(size).all(|row| near(length(row), 1.0, 1.0))
            }
            Self::PositiveDefinite { size } => is_positive_definite(event, size),
            _ => true,
        }
    }

    /// The shape, on the real line, of values of `shape`: a simplex has one number fewer than its vectors.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// assert_eq!(Support::Simplex { count: 3 }.real_shape(&[1, 3]), [1, 2]);
    /// assert_eq!(Support::CorrCholesky { size: 3 }.real_shape(&[1, 3, 3]), [1, 1, 3]);
    /// ```
    pub fn real_shape(&self, shape: &[usize]) -> Vec<usize> {
        match self.from_real::<3>() {
            Some(transform) => transform.inverse_shape(shape),
            None => shape.to_vec(),
        }
    }

    /// Whether every value of `other` lies in this set too.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// assert!(Support::NonNegative.includes(&Support::Positive));
    /// assert!(!Support::Positive.includes(&Support::Real));
    /// ```
    pub fn includes(&self, other: &Support) -> bool {
        if !self.event_shape().is_empty() || !other.event_shape().is_empty() {
            return self == other;
        }
        let (low, high) = self.bounds();
        let (other_low, other_high) = other.bounds();
        let above = low < other_low || low == other_low && (self.has_low() || !other.has_low());
        above && other_high <= high && (other.is_discrete() || !self.is_discrete())
    }

    /// Whether the values are isolated points, so that no gradient flows through a draw.
    pub fn is_discrete(&self) -> bool {
        matches!(
            self,
            Self::Boolean
                | Self::Category { .. }
                | Self::Integers { .. }
                | Self::OneHot { .. }
                | Self::Partition { .. }
        )
    }

    /// The bijection from the real line onto this set; none for a discrete or an empty one, and none where
    /// nothing is free, as in a simplex of one part.
    pub fn from_real<const D: usize>(&self) -> Option<Box<dyn Transform<D>>> {
        match *self {
            Self::Real => Some(Box::new(Identity)),
            Self::Positive | Self::NonNegative => Some(Box::new(Exp)),
            Self::UnitInterval => Some(Box::new(Interval::new(0.0, 1.0))),
            Self::Interval { low, high } if low < high => Some(Box::new(Interval::new(low, high))),
            Self::Simplex { count } if count > 1 => Some(Box::new(StickBreaking)),
            Self::Ordered { count } if count > 0 => Some(Box::new(Ordered)),
            Self::ZeroSum { count } if count > 1 => Some(Box::new(ZeroSum)),
            Self::UnitVector { count } if count > 1 => Some(Box::new(Stereographic)),
            Self::LowerCholesky { size } if size > 0 => Some(Box::new(LowerCholesky)),
            Self::CorrCholesky { size } if size > 1 => Some(Box::new(CorrCholesky)),
            Self::PositiveDefinite { size } if size > 0 => Some(Box::new(PositiveDefinite)),
            Self::AtLeast { low } => Some(Box::new(Above::new(low))),
            Self::AtMost { high } => Some(Box::new(Below::new(high))),
            _ => None,
        }
    }

    /// A number that, everywhere in a value, makes one inside the set; none where equal numbers cannot.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// assert_eq!(Support::Simplex { count: 4 }.inner_point(), Some(0.25));
    /// assert_eq!(Support::Ordered { count: 4 }.inner_point(), None);
    /// ```
    pub fn inner_point(&self) -> Option<f64> {
        match *self {
            Self::Positive | Self::NonNegative => Some(1.0),
            Self::UnitInterval => Some(0.5),
            Self::Interval { low, high } => Some((low + high) / 2.0),
            Self::Simplex { count } => Some(1.0 / count as f64),
            Self::AtLeast { low } => Some(low + 1.0),
            Self::AtMost { high } => Some(high - 1.0),
            Self::Integers { low, .. } => Some(low),
            Self::UnitVector { count } => Some((count as f64).sqrt().recip()),
            Self::Real | Self::ZeroSum { .. } | Self::Boolean | Self::Category { .. } => Some(0.0),
            Self::OneHot { .. }
            | Self::Partition { .. }
            | Self::Ordered { .. }
            | Self::LowerCholesky { .. }
            | Self::CorrCholesky { .. }
            | Self::PositiveDefinite { .. } => None,
        }
    }

    /// The numbers of this set from `low` to `high`; a set of vectors as it is.
    pub(crate) fn between(self, low: f64, high: f64) -> Self {
        if !self.event_shape().is_empty() {
            return self;
        }
        let (least, most) = self.bounds();
        let (low, high) = (low.max(least), high.min(most));
        match (low.is_finite(), high.is_finite()) {
            _ if (low, high) == (least, most) => self,
            _ if self.is_discrete() => Self::Integers { low: low.ceil(), high: high.floor() },
            (true, true) => Self::Interval { low, high },
            (true, false) => Self::AtLeast { low },
            (false, true) => Self::AtMost { high },
            (false, false) => Self::Real,
        }
    }

    /// The greatest lower and the least upper bound of a set of numbers. All sets of one kind, of real
    /// numbers or of integers, are without gaps.
    fn bounds(&self) -> (f64, f64) {
        match *self {
            Self::Real => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Positive | Self::NonNegative => (0.0, f64::INFINITY),
            Self::UnitInterval | Self::Boolean => (0.0, 1.0),
            Self::Interval { low, high } | Self::Integers { low, high } => (low, high),
            Self::AtLeast { low } => (low, f64::INFINITY),
            Self::AtMost { high } => (f64::NEG_INFINITY, high),
            Self::Category { count } => (0.0, count as f64 - 1.0),
            _ => unreachable!("vectors and matrices have no bounds"),
        }
    }

    /// Whether the lower bound belongs to the set. (A finite upper bound always does.)
    fn has_low(&self) -> bool {
        !matches!(self, Self::Real | Self::Positive | Self::AtMost { .. })
    }
}

/// By how much the sums and lengths of an event may be off, relative to their size.
const EVENT_ERROR: f64 = 1e-4;

/// Whether a matrix is 0 above a positive diagonal.
fn is_lower(matrix: &[f64], size: usize) -> bool {
    matrix.iter().enumerate().all(|(at, x)| match (at / size).cmp(&(at % size)) {
        Ordering::Less => *x == 0.0,
        Ordering::Equal => *x > 0.0,
        Ordering::Greater => true,
    })
}

/// Whether a matrix is symmetric, and each pivot of its elimination positive.
fn is_positive_definite(matrix: &[f64], size: usize) -> bool {
    let at = |i: usize, j: usize| matrix[i * size + j];
    let apart = |i: usize, j: usize| (at(i, j) - at(j, i)).abs();
    let scale = |i: usize, j: usize| EVENT_ERROR * (at(i, i) * at(j, j)).abs().sqrt();
    if (0..size).any(|i| (0..i).any(|j| apart(i, j) > scale(i, j))) {
        return false;
    }
    let mut rest = matrix.to_vec();
    (0..size).all(|k| {
        let pivot = rest[k * size + k];
        for i in k + 1..size {
            let ratio = rest[i * size + k] / pivot;
            (k + 1..size).for_each(|j| rest[i * size + j] -= ratio * rest[k * size + j]);
        }
        pivot > 0.0
    })
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real => f.pad("real"),
            Self::Positive => f.pad("positive"),
            Self::NonNegative => f.pad("non-negative"),
            Self::UnitInterval => f.pad("[0, 1]"),
            Self::Interval { low, high } => f.pad(&format!("[{low}, {high}]")),
            Self::AtMost { high } => f.pad(&format!("(-∞, {high}]")),
            Self::AtLeast { low } => f.pad(&format!("[{low}, ∞)")),
            Self::Integers { low, high } if high.is_infinite() => {
                f.pad(&format!("{{{low}, {}, ..}}", low + 1.0))
            }
            Self::Integers { low, high } => f.pad(&format!("{{{low}..={high}}}")),
            Self::Simplex { count } => f.pad(&format!("simplex of {count}")),
            Self::OneHot { count } => f.pad(&format!("one of {count}")),
            Self::Partition { count, total } => f.pad(&format!("{count} that add up to {total}")),
            Self::Ordered { count } => f.pad(&format!("{count} in increasing order")),
            Self::ZeroSum { count } => f.pad(&format!("{count} that add up to 0")),
            Self::UnitVector { count } => f.pad(&format!("unit vectors of {count}")),
            Self::LowerCholesky { size } => f.pad(&format!("factors of {size} by {size}")),
            Self::CorrCholesky { size } => {
                f.pad(&format!("factors of {size} by {size} correlations"))
            }
            Self::PositiveDefinite { size } => {
                f.pad(&format!("positive definite {size} by {size}"))
            }
            Self::Boolean => f.pad("{0, 1}"),
            Self::Category { count } => f.pad(&format!("{{0..{count}}}")),
        }
    }
}
