//! What a run checks before it computes.

use burn::tensor::{DType, Device, Tensor};
use elbo_dist::{
    DistError, Distribution, Place, Support, ValueKind, checked_shape, unravel, with_particles,
};

use crate::{ModelError, Plate, Trace, Value};

impl Trace {
    /// The shape of a latent site: its distribution's, with the plates' elements on their axes.
    pub(crate) fn shape_in_plates<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
    ) -> Result<[usize; D], ModelError> {
        let shape = checked_shape(distribution).map_err(at_site(name))?;
        let shape = self.in_plates(shape, distribution.event_rank());
        self.check_parameters(name, distribution)?;
        self.check_plates(name, shape)?;
        Ok(shape)
    }

    /// `shape` with the plates' elements on those of their axes that have size 1, but for the axes of an event.
    pub(crate) fn in_plates<const D: usize>(
        &self,
        mut shape: [usize; D],
        event_rank: usize,
    ) -> [usize; D] {
        for plate in self.plates.iter().filter(|plate| plate.axis + event_rank < D) {
            if shape[plate.axis] == 1 {
                shape[plate.axis] = plate.batch;
            }
        }
        shape
    }

    /// Checks that a site has elements, its plates' on their axes.
    pub(crate) fn check_plates<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
    ) -> Result<(), ModelError> {
        check_elements(name, shape)?;
        let fault = |plate: &&Plate| shape.get(plate.axis) != Some(&plate.batch);
        let Some(Plate { name: plate, axis, batch, .. }) = self.plates.iter().find(fault) else {
            return Ok(());
        };
        let (site, plate, axis) = (name.to_string(), plate.to_string(), *axis);
        if axis >= D {
            return Err(ModelError::PlateRank { site, plate, axis, rank: D });
        }
        let (expected, shape) = (*batch, shape.to_vec());
        Err(ModelError::PlateSize { site, plate, axis, expected, shape })
    }

    /// Checks the value of a latent site against the site's shape.
    pub(crate) fn check_value<const D: usize>(
        &self,
        name: &str,
        distribution: &str,
        shape: [usize; D],
        value: [usize; D],
    ) -> Result<(), ModelError> {
        let fits = self.fits(value[0]) && self.fits(shape[0]) && value[1..] == shape[1..];
        if fits { Ok(()) } else { Err(shape_error(name, distribution, shape, value)) }
    }

    /// Checks data against the shape of their distribution, which may be the smaller except along
    /// one event; returns the shape that both broadcast to.
    pub(crate) fn check_data<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
        value: [usize; D],
    ) -> Result<[usize; D], ModelError> {
        let mut shape = checked_shape(distribution).map_err(at_site(name))?;
        let independent = D - distribution.event_rank();
        let covers =
            |axis: usize| value[axis] == shape[axis] || shape[axis] == 1 && axis < independent;
        if !(value[0] == 1 && self.fits(shape[0]) && (1..D).all(covers)) {
            // Data are shared by all particles.
            let expected = if value[0] == 1 { shape } else { with_particles(shape, 1) };
            return Err(shape_error(name, distribution.name(), expected, value));
        }
        shape[1..].copy_from_slice(&value[1..]);
        Ok(shape)
    }

    /// Checks that axis 0 of what the program computed has the size 1 or S.
    pub(crate) fn check_particles<const D: usize>(
        &self,
        name: &str,
        what: &str,
        shape: [usize; D],
    ) -> Result<(), ModelError> {
        check_elements(name, shape)?;
        let expected = with_particles(shape, self.particles);
        if self.fits(shape[0]) { Ok(()) } else { Err(shape_error(name, what, expected, shape)) }
    }

    /// Checks that the tensors among a distribution's parameters lie where the program runs, and
    /// that numbers lie in their domains; tensors too, which reads them to the host, in a run that
    /// validates.
    pub(crate) fn check_parameters<const D: usize, P: Distribution<D>>(
        &self,
        name: &str,
        distribution: &P,
    ) -> Result<(), ModelError> {
        for parameter in distribution.parameters() {
            match parameter.value.home() {
                Some((device, dtype)) => self.check_at(name, parameter.name, &device, dtype)?,
                None => {
                    let checked = parameter.check(distribution.name());
                    let held = parameter.check_precision(distribution.name(), self.place());
                    checked.and(held).map_err(at_site(name))?;
                }
            }
        }
        if self.validated { distribution.check().map_err(at_site(name)) } else { Ok(()) }
    }

    /// Checks that a tensor lies where the program runs; integers have no precision to differ in.
    pub(crate) fn check_place<const D: usize, K: ValueKind>(
        &self,
        name: &str,
        part: &str,
        tensor: &Tensor<D, K>,
    ) -> Result<(), ModelError> {
        self.check_at(name, part, &tensor.device(), tensor.dtype())
    }

    pub(crate) fn check_at(
        &self,
        name: &str,
        part: &str,
        device: &Device,
        dtype: DType,
    ) -> Result<(), ModelError> {
        check_place(self.place(), name, part, device, dtype)
    }

    fn fits(&self, particles: usize) -> bool {
        particles == 1 || particles == self.particles
    }
}

/// Checks that a shape has elements: every axis but that of the particles is longer than 0.
pub(crate) fn check_elements<const D: usize>(
    name: &str,
    shape: [usize; D],
) -> Result<(), ModelError> {
    if shape[1..].contains(&0) {
        return Err(ModelError::Empty { site: name.to_string(), shape: shape.to_vec() });
    }
    Ok(())
}

/// Checks that a tensor on `device` lies at `place`; only floating-point numbers have a precision.
pub(crate) fn check_place(
    place: &Place,
    name: &str,
    part: &str,
    device: &Device,
    dtype: DType,
) -> Result<(), ModelError> {
    let same_precision = !dtype.is_float() || dtype == place.dtype();
    if device == place.device() && same_precision {
        return Ok(());
    }
    Err(ModelError::Place {
        site: name.to_string(),
        part: part.to_string(),
        expected: format!("{:?} on {:?}", place.dtype(), place.device()),
        found: format!("{dtype:?} on {:?}", device.clone().inner()),
    })
}

/// Checks plates written by hand: each has elements, and the k-th lies on axis k.
pub(crate) fn check_plates(site: &str, plates: &[Plate]) -> Result<(), ModelError> {
    for (position, plate) in plates.iter().enumerate() {
        check_size(plate)?;
        if plate.axis != position + 1 {
            let (site, plate_name) = (site.to_string(), plate.name.to_string());
            let (axis, expected) = (plate.axis, position + 1);
            return Err(ModelError::PlateAxis { site, plate: plate_name, axis, expected });
        }
    }
    Ok(())
}

/// Checks that a plate holds at least one element and at most all of them.
pub(crate) fn check_size(plate: &Plate) -> Result<(), ModelError> {
    let Plate { name, total, batch, .. } = plate;
    if (1..=*total).contains(batch) {
        return Ok(());
    }
    Err(ModelError::PlateTotal { plate: name.to_string(), batch: *batch, total: *total })
}

/// Checks that values lie in their distribution's support, which reads them to the host.
pub(crate) fn check_inside<const D: usize, P: Distribution<D>>(
    name: &str,
    distribution: &P,
    value: &Tensor<D, P::Kind>,
) -> Result<(), ModelError> {
    let support = distribution.support();
    let value = Value::new(P::Kind::constant(value.clone()));
    let outside = value.find(|x| !support.contains(x)).or_else(|| {
        let numbers = value.to_vec();
        let count = support.event_shape().iter().product();
        let event = numbers.chunks(count).position(|event| !support.contains_event(event))?;
        Some((unravel(event * count, value.shape()), numbers[event * count]))
    });
    match outside {
        None => Ok(()),
        Some((index, value)) => Err(ModelError::OutsideSupport {
            site: name.to_string(),
            distribution: distribution.name().to_string(),
            support,
            value,
            index,
        }),
    }
}

/// Checks that a guide's draws lie in the support of the program's distribution, and are discrete
/// or continuous as that is: a density and a mass do not compare.
pub(crate) fn check_support(
    name: &str,
    expected: Support,
    found: Option<Support>,
) -> Result<(), ModelError> {
    match found {
        Some(found)
            if !expected.includes(&found) || expected.is_discrete() != found.is_discrete() =>
        {
            Err(ModelError::SupportMismatch { site: name.to_string(), expected, found })
        }
        _ => Ok(()),
    }
}

/// Wraps a distribution's error with the site's name.
pub(crate) fn at_site(name: &str) -> impl FnOnce(DistError) -> ModelError {
    let site = name.to_string();
    move |source| ModelError::Distribution { site, source }
}

/// The error for a value, or a tensor of the program's own, whose shape is not the expected one.
pub(crate) fn shape_error(
    site: &str,
    distribution: &str,
    expected: impl Into<Vec<usize>>,
    found: impl Into<Vec<usize>>,
) -> ModelError {
    ModelError::Shape {
        site: site.to_string(),
        distribution: distribution.to_string(),
        expected: expected.into(),
        found: found.into(),
    }
}
