//! The sets on which densities are positive.

use std::fmt;

use crate::{Above, Below, Exp, Identity, Interval, StickBreaking, Transform};

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
    /// 0 or 1.
    Boolean,
    /// The integers `0, 1, .., count - 1`.
    Category {
        /// The number of categories.
        count: usize,
    },
}

impl Support {
    /// Whether `value` lies in the set, or for a set of vectors may be a part of one; NaN and infinities
    /// never do.
    pub fn contains(&self, value: f64) -> bool {
        value.is_finite()
            && match *self {
                Self::Real => true,
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

    /// The length of a vector of the set; none for a set of numbers.
    pub fn event_count(&self) -> Option<usize> {
        match *self {
            Self::Simplex { count } | Self::OneHot { count } | Self::Partition { count, .. } => {
                Some(count)
            }
            _ => None,
        }
    }

    /// Whether a vector of numbers that each may be a part of one lies in the set: they add up, to 1e-4 of
    /// the sum. Numbers by themselves always do.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// let simplex = Support::Simplex { count: 3 };
    /// assert!(simplex.adds_up(&[0.2, 0.3, 0.5]));
    /// assert!(!simplex.adds_up(&[0.2, 0.3, 0.6]));
    /// ```
    pub fn adds_up(&self, event: &[f64]) -> bool {
        let sum = match *self {
            Self::Simplex { .. } | Self::OneHot { .. } => 1.0,
            Self::Partition { total, .. } => total,
            _ => return true,
        };
        (event.iter().sum::<f64>() - sum).abs() <= 1e-4 * sum
    }

    /// The shape, on the real line, of values of `shape`: a simplex has one number fewer than its vectors.
    pub fn real_shape(&self, shape: &[usize]) -> Vec<usize> {
        let mut shape = shape.to_vec();
        if let (Self::Simplex { .. }, Some(last)) = (self, shape.last_mut()) {
            *last = last.saturating_sub(1);
        }
        shape
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
        if self.event_count().is_some() || other.event_count().is_some() {
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

    /// The bijection from the real line onto this set; none for a discrete or an empty one.
    pub fn from_real<const D: usize>(&self) -> Option<Box<dyn Transform<D>>> {
        match *self {
            Self::Real => Some(Box::new(Identity)),
            Self::Positive | Self::NonNegative => Some(Box::new(Exp)),
            Self::UnitInterval => Some(Box::new(Interval::new(0.0, 1.0))),
            Self::Interval { low, high } if low < high => Some(Box::new(Interval::new(low, high))),
            Self::Simplex { count } if count > 1 => Some(Box::new(StickBreaking)),
            Self::Simplex { .. } | Self::OneHot { .. } | Self::Partition { .. } => None,
            Self::AtLeast { low } => Some(Box::new(Above::new(low))),
            Self::AtMost { high } => Some(Box::new(Below::new(high))),
            Self::Interval { .. }
            | Self::Boolean
            | Self::Category { .. }
            | Self::Integers { .. } => None,
        }
    }

    /// The greatest lower and the least upper bound. All sets of one kind, of real numbers or of
    /// integers, are without gaps.
    fn bounds(&self) -> (f64, f64) {
        match *self {
            Self::Real => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Positive | Self::NonNegative => (0.0, f64::INFINITY),
            Self::UnitInterval | Self::Boolean | Self::Simplex { .. } | Self::OneHot { .. } => {
                (0.0, 1.0)
            }
            Self::Partition { total, .. } => (0.0, total),
            Self::Interval { low, high } | Self::Integers { low, high } => (low, high),
            Self::AtLeast { low } => (low, f64::INFINITY),
            Self::AtMost { high } => (f64::NEG_INFINITY, high),
            Self::Category { count } => (0.0, count as f64 - 1.0),
        }
    }

    /// Whether the lower bound belongs to the set. (A finite upper bound always does.)
    fn has_low(&self) -> bool {
        !matches!(self, Self::Real | Self::Positive | Self::AtMost { .. })
    }
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
            Self::Boolean => f.pad("{0, 1}"),
            Self::Category { count } => f.pad(&format!("{{0..{count}}}")),
        }
    }
}
