//! Shapes under the axis-0 rule.

use crate::{DistError, Parameter};

/// The shape that all parameters of a distribution broadcast to; scalars are `[1, .., 1]`, and of a
/// parameter of higher rank, a matrix an event, the first `D` axes count.
///
/// # Errors
/// [`DistError::Broadcast`] where two sizes of an axis differ and neither is 1.
pub fn broadcast<const D: usize>(
    distribution: &'static str,
    parameters: &[Parameter<'_>],
) -> Result<[usize; D], DistError> {
    leading(distribution, parameters, 0)
}

/// [`broadcast`] but for the last `event` axes, on which parameters have sizes of their own: 1 there.
pub(crate) fn leading<const D: usize>(
    distribution: &'static str,
    parameters: &[Parameter<'_>],
    event: usize,
) -> Result<[usize; D], DistError> {
    let mut shape = [1; D];
    for parameter in parameters {
        for (size, other) in shape[..D - event].iter_mut().zip(parameter.value.sizes()) {
            if *size == 1 {
                *size = other;
            } else if other != 1 && other != *size {
                return Err(mismatch(distribution, parameters.iter().copied()));
            }
        }
    }
    Ok(shape)
}

/// The larger size of each axis.
pub(crate) fn widest<const D: usize>(one: [usize; D], other: [usize; D]) -> [usize; D] {
    std::array::from_fn(|axis| one[axis].max(other[axis]))
}

/// The error of parameters whose shapes do not go together.
pub(crate) fn mismatch<'a>(
    distribution: &'static str,
    parameters: impl IntoIterator<Item = Parameter<'a>>,
) -> DistError {
    let shape = |p: Parameter| format!("{} {:?}", p.name, p.value.sizes());
    let shapes: Vec<_> = parameters.into_iter().map(shape).collect();
    DistError::Broadcast { distribution, shapes: shapes.join(", ") }
}

/// `shape` with `particles` on axis 0.
///
/// ```
/// assert_eq!(elbo_dist::with_particles([1, 8], 4), [4, 8]);
/// ```
pub fn with_particles<const D: usize>(mut shape: [usize; D], particles: usize) -> [usize; D] {
    shape[0] = particles;
    shape
}

/// The row-major index of `position` in `shape`.
///
/// ```
/// assert_eq!(elbo_dist::unravel(5, &[2, 3]), [1, 2]);
/// ```
pub fn unravel(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, size) in index.iter_mut().zip(shape).rev() {
        *i = position % size;
        position /= size;
    }
    index
}
