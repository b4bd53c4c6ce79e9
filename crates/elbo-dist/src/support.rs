//! The sets on which densities are positive.

use std::fmt;

use crate::event::EVENT_ERROR;

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

/// The most values that can be told one by one.
const MOST_VALUES: f64 = 1e6;

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
                Self::Interval { low, high } => down(low) <= value && value <= up(high),
                Self::AtLeast { low } => value >= down(low),
                Self::AtMost { high } => value <= up(high),
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

    /// All values, if there are finitely many of which each is a number or has a single 1: a number each, or a vector.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// assert_eq!(Support::Boolean.values().unwrap(), [[0.0], [1.0]]);
    /// assert_eq!(Support::OneHot { count: 2 }.values().unwrap(), [[1.0, 0.0], [0.0, 1.0]]);
    /// assert!(Support::Real.values().is_none());
    /// ```
    pub fn values(&self) -> Option<Vec<Vec<f64>>> {
        match *self {
            Self::OneHot { count } => {
                let hot = |k: usize| (0..count).map(|j| f64::from(u8::from(j == k))).collect();
                Some((0..count).map(hot).collect())
            }
            Self::Boolean | Self::Category { .. } | Self::Integers { .. } => {
                let (low, high) = self.bounds();
                let count = (high - low + 1.0).floor();
                (count <= MOST_VALUES)
                    .then(|| (0..count as usize).map(|k| vec![low + k as f64]).collect())
            }
            _ => None,
        }
    }

    /// The least and the greatest number of a set of numbers; all of the line for a set of vectors.
    pub(crate) fn ends(&self) -> [f64; 2] {
        match self.event_shape().is_empty() {
            true => self.bounds().into(),
            false => [f64::NEG_INFINITY, f64::INFINITY],
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

/// An end, or the number that it becomes in single precision if that lies further out: as π does.
fn up(high: f64) -> f64 {
    high.max(f64::from(high as f32))
}

fn down(low: f64) -> f64 {
    low.min(f64::from(low as f32))
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
