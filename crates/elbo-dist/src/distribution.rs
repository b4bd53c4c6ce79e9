//! The trait that every distribution implements.

use std::any::Any;

use burn::tensor::Tensor;

use crate::parameter::check_all;
use crate::tensor_map::Constants;
use crate::{
    DistError, Iid, Noise, Parameter, Support, TensorMap, ValueKind, broadcast, checked_shape,
    with_particles,
};

/// A distribution over rank-`D` tensors.
///
/// # Shapes
/// Parameters, values and `log_prob` all have rank `D` and broadcast; axis 0 is 1 or `S`
/// particles. An axis that belongs to one event (the categories of a [`Categorical`]) has size 1
/// in `log_prob`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Exponential, Noise};
///
/// let wait = Exponential::<2>::new(2.0).iid([1, 3]);
/// assert_eq!(wait.shape().unwrap(), [1, 3]);
/// let draws = wait.sample(5, &mut Noise::new(0, &Device::flex())).unwrap();
/// assert_eq!(draws.dims(), [5, 3]);
/// ```
///
/// [`Categorical`]: crate::Categorical
pub trait Distribution<const D: usize>: Clone + Send + Sync + 'static {
    /// The kind of value: `Float` or `Int`.
    type Kind: ValueKind;

    /// Whether draws carry gradients to the parameters. If not, draws are constants and a
    /// gradient estimator has to make up for it.
    const REPARAMETERIZED: bool;

    /// The name that tables and messages show.
    fn name(&self) -> &'static str;

    /// The parameters, for checks and messages.
    fn parameters(&self) -> Vec<Parameter<'_>>;

    /// The values that have positive density.
    fn support(&self) -> Support;

    /// The distribution of one element, for a search by type: [`known_kl`](crate::known_kl) and
    /// [`known_entropy`](crate::known_entropy).
    fn erased(&self) -> &dyn Any {
        self
    }

    /// How many of the last axes belong to one event, and so take no independent copies: none for a
    /// distribution of numbers, 1 for one of vectors, 2 for one of matrices.
    fn event_rank(&self) -> usize {
        0
    }

    /// Whether the density has an integral, so that draws make sense.
    fn is_proper(&self) -> bool {
        true
    }

    /// The same distribution with what `map` makes of each of its parameters.
    fn with_tensors(self, map: &mut impl TensorMap) -> Self;

    /// The same distribution with constant parameters: no gradient flows into them.
    fn detach(self) -> Self {
        self.with_tensors(&mut Constants)
    }

    /// Draws of exactly `shape`, which [`Distribution::shape`] broadcasts to.
    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D, Self::Kind>;

    /// The log-density or log-mass of `value`, elementwise over independent elements.
    ///
    /// # Panics
    /// Where Burn does: if shapes do not broadcast, or devices or types differ. In a program the
    /// trace checks them first and reports a typed error.
    fn log_prob(&self, value: Tensor<D, Self::Kind>) -> Tensor<D>;

    /// The shape of one draw.
    ///
    /// # Errors
    /// [`DistError::Broadcast`] if the parameters do not broadcast with each other, and what makes the
    /// distribution itself impossible, such as [`DistError::Interval`].
    fn shape(&self) -> Result<[usize; D], DistError> {
        broadcast(self.name(), &self.parameters())
    }

    /// The largest size of each axis among the parameters, whether or not they broadcast.
    fn outline(&self) -> [usize; D] {
        self.parameters().iter().fold([1; D], |outline, parameter| {
            let sizes = parameter.value.sizes();
            std::array::from_fn(|axis| outline[axis].max(sizes[axis]))
        })
    }

    /// Checks that every parameter lies in its domain, which reads tensors to the host.
    ///
    /// # Errors
    /// [`DistError::Parameter`] with the first element that does not.
    fn check(&self) -> Result<(), DistError> {
        check_all(self.name(), &self.parameters())
    }

    /// `particles` draws along axis 0, from parameters that are read and checked first.
    ///
    /// # Errors
    /// [`DistError::Parameter`], [`DistError::Broadcast`], [`DistError::Improper`], [`DistError::Rank`], or [`DistError::Particles`] if the parameters already have a
    /// number of particles that is neither 1 nor `particles`.
    ///
    /// # Panics
    /// Where Burn does: if a parameter has another device or type than the noise's place.
    fn sample(
        &self,
        particles: usize,
        noise: &mut Noise,
    ) -> Result<Tensor<D, Self::Kind>, DistError> {
        let shape = checked_shape(self)?;
        self.check()?;
        if !self.is_proper() {
            return Err(DistError::Improper { distribution: self.name() });
        }
        if shape[0] != 1 && shape[0] != particles {
            let (distribution, found) = (self.name(), shape[0]);
            return Err(DistError::Particles { distribution, asked: particles, found });
        }
        Ok(self.draw(with_particles(shape, particles), noise))
    }

    /// Independent copies of this distribution that fill `shape`.
    fn iid(self, shape: [usize; D]) -> Iid<Self, D> {
        Iid::new(self, shape)
    }
}
