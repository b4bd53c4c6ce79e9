//! Shapes under the axis-0 rule.

use burn::tensor::Tensor;

use crate::{DistError, Distribution, Operand, Parameter};

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
    parameters.iter().try_fold([1; D], |shape, parameter| {
        merged(distribution, shape, &parameter.value.sizes(), D - event, parameters)
    })
}

/// The shape of a base with these parameters beside its own: they broadcast, but not along the axes of an event.
pub(crate) fn beside<const D: usize>(
    distribution: &'static str,
    mut base: [usize; D],
    event: usize,
    own: &[Parameter<'_>],
) -> Result<[usize; D], DistError> {
    for parameter in own {
        let sizes = parameter.value.sizes();
        base = merged(distribution, base, &sizes, D - event, own)?;
        let events = base[D - event..].iter().zip(&sizes[D - event..]);
        if events.into_iter().any(|(size, other)| *other != 1 && other != size) {
            return Err(mismatch(distribution, own.iter().copied()));
        }
    }
    Ok(base)
}

/// `shape` with the first `axes` sizes of what broadcasts to it there.
pub(crate) fn merged<const D: usize>(
    distribution: &'static str,
    mut shape: [usize; D],
    other: &[usize],
    axes: usize,
    parameters: &[Parameter<'_>],
) -> Result<[usize; D], DistError> {
    for (size, other) in shape[..axes].iter_mut().zip(other) {
        match (*size, *other) {
            (1, other) => *size = other,
            (size, other) if other == 1 || other == size => {}
            _ => return Err(mismatch(distribution, parameters.iter().copied())),
        }
    }
    Ok(shape)
}

/// Checks that a base is a distribution of numbers.
pub(crate) fn of_numbers<const D: usize>(
    distribution: &'static str,
    base: &impl Distribution<D>,
) -> Result<(), DistError> {
    match base.event_rank() {
        0 => Ok(()),
        _ => Err(DistError::NotNumbers { distribution, base: base.name() }),
    }
}

/// The tensors one after the other along `axis`, each expanded to the shape that all broadcast to.
pub(crate) fn joined<const D: usize>(tensors: Vec<Tensor<D>>, axis: usize) -> Tensor<D> {
    let shape = tensors.iter().fold([1; D], |shape, tensor| widest(shape, tensor.dims()));
    Tensor::cat(tensors.into_iter().map(|tensor| tensor.expand(shape)).collect(), axis)
}

/// Checks that a parameter has one number an event, and so size 1 on its last `event` axes.
pub(crate) fn one_an_event<const D: usize>(
    distribution: &'static str,
    parameter: &'static str,
    value: &Operand<D>,
    event: usize,
) -> Result<(), DistError> {
    match value.dims()[D - event..].iter().all(|size| *size == 1) {
        true => Ok(()),
        false => {
            let shape = value.dims().to_vec();
            Err(DistError::OneAnEvent { distribution, parameter, shape })
        }
    }
}

/// The rows of a parameter whose last two axes must have one size.
pub(crate) fn rows_of_square<const D: usize>(
    distribution: &'static str,
    parameter: &'static str,
    matrix: &Operand<D>,
) -> Result<usize, DistError> {
    let dims = matrix.dims();
    match dims[D - 2] == dims[D - 1] && dims[D - 1] > 0 {
        true => Ok(dims[D - 1]),
        false => Err(DistError::NotSquare { distribution, parameter, shape: dims.to_vec() }),
    }
}

/// `shape`, if its last axis has an element.
pub(crate) fn with_categories<const D: usize>(
    distribution: &'static str,
    shape: [usize; D],
) -> Result<[usize; D], DistError> {
    match shape[D - 1] {
        0 => Err(DistError::NoCategories { distribution, shape: format!("{shape:?}") }),
        _ => Ok(shape),
    }
}

/// The shape of the index of a category, for parameters with one number a category along the last axis.
pub(crate) fn shape_of_index<const D: usize>(
    distribution: &'static str,
    parameters: &[Parameter<'_>],
) -> Result<[usize; D], DistError> {
    let mut shape = with_categories(distribution, broadcast(distribution, parameters)?)?;
    shape[D - 1] = 1;
    Ok(shape)
}

/// `shape` with `steps` on `axis`, of which there is at least one.
pub(crate) fn with_steps<const D: usize>(
    distribution: &'static str,
    mut shape: [usize; D],
    axis: usize,
    steps: usize,
) -> Result<[usize; D], DistError> {
    shape[axis] = steps;
    match steps {
        0 => Err(DistError::Steps { distribution, steps, shape: shape.to_vec() }),
        _ => Ok(shape),
    }
}

/// The larger size of each axis.
pub(crate) fn widest<const D: usize>(one: [usize; D], other: [usize; D]) -> [usize; D] {
    std::array::from_fn(|axis| one[axis].max(other[axis]))
}

/// The error of parameters that do not broadcast.
pub(crate) fn mismatch<'a>(
    distribution: &'static str,
    parameters: impl IntoIterator<Item = Parameter<'a>>,
) -> DistError {
    DistError::Broadcast { distribution, shapes: listed(parameters) }
}

/// The error of parameters of events whose sizes do not go together.
pub(crate) fn sizes_apart<'a>(
    distribution: &'static str,
    parameters: impl IntoIterator<Item = Parameter<'a>>,
) -> DistError {
    DistError::Sizes { distribution, shapes: listed(parameters) }
}

/// `loc [1, 8], scale [1, 7]`
fn listed<'a>(parameters: impl IntoIterator<Item = Parameter<'a>>) -> String {
    let shape = |p: Parameter| format!("{} {:?}", p.name, p.value.sizes());
    parameters.into_iter().map(shape).collect::<Vec<_>>().join(", ")
}

/// The shape of one draw, of a rank that has room for an event beside the particles.
///
/// # Errors
/// [`DistError::Rank`], and those of [`Distribution::shape`].
///
/// ```
/// use elbo_dist::{LkjCholesky, checked_shape};
///
/// let shape = checked_shape(&LkjCholesky::<3>::new(2, 1.0)).unwrap();
/// assert_eq!(shape, [1, 2, 2]);
/// assert!(checked_shape(&LkjCholesky::<2>::new(2, 1.0)).is_err());
/// ```
pub fn checked_shape<const D: usize>(
    distribution: &impl Distribution<D>,
) -> Result<[usize; D], DistError> {
    let (event_rank, name) = (distribution.event_rank(), distribution.name());
    match event_rank < D {
        true => distribution.shape(),
        false => Err(DistError::Rank { distribution: name, event_rank, rank: D }),
    }
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
