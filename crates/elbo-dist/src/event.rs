//! The events of sets: their shapes, their members, and their maps from the real line.

use std::cmp::Ordering;

use crate::{
    Above, Below, CorrCholesky, Exp, Identity, Interval, LowerCholesky, Ordered, PositiveDefinite,
    Stereographic, StickBreaking, Support, Transform, ZeroSum,
};

impl Support {
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

    /// That shape as the last axes of a shape of rank `D`, with 1 on the axes before; none if there is no room.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// assert_eq!(Support::Simplex { count: 3 }.one_event(), Some([1, 1, 3]));
    /// assert_eq!(Support::CorrCholesky { size: 2 }.one_event::<1>(), None);
    /// ```
    pub fn one_event<const D: usize>(&self) -> Option<[usize; D]> {
        let event = self.event_shape();
        let mut shape = [1; D];
        shape[D.checked_sub(event.len())?..].copy_from_slice(&event);
        Some(shape)
    }

    /// Whether numbers that each may be a part of an event make one, in row-major order: sums of parts, lengths and
    /// symmetry hold to 1e-4 of their size, sums of counts exactly. Numbers by themselves always do.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// let simplex = Support::Simplex { count: 3 };
    /// assert!(simplex.contains_event(&[0.2, 0.3, 0.5]));
    /// assert!(!simplex.contains_event(&[0.2, 0.3, 0.6]));
    /// ```
    pub fn contains_event(&self, event: &[f64]) -> bool {
        if !self.event_shape().is_empty() && event.len() != self.inner_event().len() {
            return false;
        }
        let sum = event.iter().sum::<f64>();
        let near = |x: f64, to: f64, size: f64| (x - to).abs() <= EVENT_ERROR * size;
        let length = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
        match *self {
            Self::Simplex { .. } => near(sum, 1.0, 1.0),
            Self::OneHot { .. } => sum == 1.0,
            Self::Partition { total, .. } => sum == total,
            Self::Ordered { .. } => event.windows(2).all(|pair| pair[0] < pair[1]),
            Self::ZeroSum { .. } => near(sum, 0.0, event.iter().map(|x| x.abs()).sum()),
            Self::UnitVector { .. } => near(length(event), 1.0, 1.0),
            Self::LowerCholesky { size } => is_lower(event, size),
            Self::CorrCholesky { size } => {
                is_lower(event, size)
                    && event.chunks(size.max(1)).all(|row| near(length(row), 1.0, 1.0))
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

    /// An event inside the set, in row-major order: one number of a set of numbers. It stands in for values that a mask
    /// hides.
    ///
    /// ```
    /// use elbo_dist::Support;
    ///
    /// assert_eq!(Support::Simplex { count: 4 }.inner_event(), [0.25; 4]);
    /// assert_eq!(Support::LowerCholesky { size: 2 }.inner_event(), [1.0, 0.0, 0.0, 1.0]);
    /// ```
    pub fn inner_event(&self) -> Vec<f64> {
        let first = |value: f64, count: usize| {
            (0..count).map(|k| if k == 0 { value } else { 0.0 }).collect::<Vec<_>>()
        };
        match *self {
            Self::Positive | Self::NonNegative => vec![1.0],
            Self::UnitInterval => vec![0.5],
            Self::Interval { low, high } => vec![(low + high) / 2.0],
            Self::AtLeast { low } => vec![low + 1.0],
            Self::AtMost { high } => vec![high - 1.0],
            Self::Integers { low, .. } => vec![low],
            Self::Real | Self::Boolean | Self::Category { .. } => vec![0.0],
            Self::Simplex { count } => vec![1.0 / count as f64; count],
            Self::ZeroSum { count } => vec![0.0; count],
            Self::Ordered { count } => (0..count).map(|k| k as f64).collect(),
            Self::OneHot { count } | Self::UnitVector { count } => first(1.0, count),
            Self::Partition { count, total } => first(total, count),
            Self::LowerCholesky { size }
            | Self::CorrCholesky { size }
            | Self::PositiveDefinite { size } => {
                (0..size * size).map(|at| f64::from(u8::from(at % (size + 1) == 0))).collect()
            }
        }
    }
}

/// By how much the sums and lengths of an event may be off, relative to their size.
pub(crate) const EVENT_ERROR: f64 = 1e-4;

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
