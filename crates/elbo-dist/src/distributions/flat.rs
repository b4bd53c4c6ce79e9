use burn::tensor::{Float, Tensor};

use crate::{DistError, Distribution, Noise, Parameter, Support, TensorMap};

/// The improper flat distribution on a support: a constant density, whose integral is infinite but on bounded
/// sets.
///
/// `log p(x) = 0`
///
/// It serves as a prior that says nothing. What a program needs to run before there is a posterior, a first
/// value to learn shapes from, is a standard normal mapped onto the support; [`Distribution::sample`] and
/// predictions from the prior are errors.
///
/// # Shapes
/// Values of any shape that ends in an event of the support; `log_prob` has size 1 on the axes of the event.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Flat, Support};
///
/// let x = Tensor::<2>::from_floats([[-3.0, 1e6]], &Device::flex());
/// let flat = Flat::new(Support::Real);
/// assert_eq!(flat.log_prob(x).into_data().try_to_vec::<f32>().unwrap(), [0.0, 0.0]);
/// ```
///
/// # References
/// Gelman et al. (2013), *Bayesian Data Analysis*, section 2.8.
#[derive(Clone, Copy, Debug)]
pub struct Flat {
    support: Support,
}

impl Flat {
    /// The flat distribution on `support`.
    pub fn new(support: Support) -> Self {
        Self { support }
    }
}

impl<const D: usize> Distribution<D> for Flat {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "Flat"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    fn event_rank(&self) -> usize {
        self.support.event_shape().len()
    }

    fn support(&self) -> Support {
        self.support
    }

    fn with_tensors(self, _: &mut impl TensorMap) -> Self {
        self
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let Some(map) = self.support.from_real::<D>() else {
            return noise.place().zeros(shape);
        };
        let real = self.support.real_shape(&shape);
        let z = noise.normal(std::array::from_fn(|axis| real[axis]));
        map.forward_and_log_det(z).0
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let zero = value.inner().zeros_like();
        (0..Distribution::<D>::event_rank(self)).fold(zero, |x, axis| x.narrow(D - 1 - axis, 0, 1))
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let (distribution, event_rank) = ("Flat", self.support.event_shape().len());
        self.support.one_event().ok_or(DistError::Rank { distribution, event_rank, rank: D })
    }

    fn is_proper(&self) -> bool {
        false
    }
}
