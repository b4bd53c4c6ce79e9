//! Shapes under the axis-0 rule.

use crate::{DistError, Operand};

/// The shape that all parameters of a distribution broadcast to; scalars are `[1, .., 1]`.
///
/// # Errors
/// [`DistError::Broadcast`] where two sizes of an axis differ and neither is 1.
pub fn broadcast<const D: usize>(
    distribution: &'static str,
    parameters: &[(&'static str, &Operand<D>)],
) -> Result<[usize; D], DistError> {
    let mut shape = [1; D];
    for (_, parameter) in parameters {
        for (size, other) in shape.iter_mut().zip(parameter.dims()) {
            if *size == 1 {
                *size = other;
            } else if other != 1 && other != *size {
                return Err(mismatch(distribution, parameters));
            }
        }
    }
    Ok(shape)
}

fn mismatch<const D: usize>(
    distribution: &'static str,
    parameters: &[(&'static str, &Operand<D>)],
) -> DistError {
    let shapes: Vec<_> =
        parameters.iter().map(|(name, operand)| format!("{name} {:?}", operand.dims())).collect();
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
