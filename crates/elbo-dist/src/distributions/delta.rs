use burn::tensor::{Float, Tensor};

use crate::operands::operands;
use crate::{Distribution, Moments, Noise, Operand, Support};

/// All mass at one value.
///
/// `log p(x) = 0` at the value, and `-∞` elsewhere
///
/// # Shapes
/// `value` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Delta, Distribution};
///
/// let x = Tensor::<2>::from_floats([[2.0, 3.0]], &Device::flex());
/// let log_prob = Delta::new(2.0).log_prob(x).into_data().try_to_vec::<f32>().unwrap();
/// assert_eq!(log_prob, [0.0, f32::NEG_INFINITY]);
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, section 2.3.6.
#[derive(Clone, Debug)]
pub struct Delta<const D: usize> {
    value: Operand<D>,
}

impl<const D: usize> Delta<D> {
    /// All mass at `value`.
    pub fn new(value: impl Into<Operand<D>>) -> Self {
        Self { value: value.into() }
    }
}

impl<const D: usize> Distribution<D> for Delta<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Delta", value: Real);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        noise.place().zeros(shape) + self.value.on(&noise.place().zeros([1; D]))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let distance = (value - &self.value).inner();
        let elsewhere = distance.clone().equal_elem(0.0).bool_not();
        distance.zeros_like().mask_fill(elsewhere, f64::NEG_INFINITY)
    }
}

impl<const D: usize> Moments<D> for Delta<D> {
    fn mean(&self) -> Operand<D> {
        self.value.clone()
    }

    fn variance(&self) -> Operand<D> {
        Operand::Scalar(0.0)
    }
}
