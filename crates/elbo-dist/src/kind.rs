//! The kinds of value that a site can have.

use burn::tensor::kind::Basic;
use burn::tensor::{Float, Int, Tensor, TensorData};

use crate::Place;

/// The kind of a site's value: `Float` or `Int`.
pub trait ValueKind: Basic + 'static {
    /// `Float` or `Int`, for messages.
    const NAME: &'static str;

    /// The value as floating-point numbers.
    fn to_float<const D: usize>(value: Tensor<D, Self>) -> Tensor<D>;

    /// A value of these numbers, in row-major order.
    fn from_numbers<const D: usize>(
        values: Vec<f64>,
        shape: [usize; D],
        place: &Place,
    ) -> Tensor<D, Self>;

    /// A value of zeros.
    fn zeros<const D: usize>(shape: [usize; D], place: &Place) -> Tensor<D, Self>;

    /// The value as a constant: no gradient flows into it.
    fn constant<const D: usize>(value: Tensor<D, Self>) -> Tensor<D, Self>;

    /// A value that carries gradients, if this kind can.
    fn with_gradient<const D: usize>(value: Tensor<D>) -> Option<Tensor<D, Self>>;
}

impl ValueKind for Float {
    const NAME: &'static str = "Float";

    fn to_float<const D: usize>(value: Tensor<D>) -> Tensor<D> {
        value
    }

    fn from_numbers<const D: usize>(
        values: Vec<f64>,
        shape: [usize; D],
        place: &Place,
    ) -> Tensor<D> {
        place.tensor(values, shape)
    }

    fn zeros<const D: usize>(shape: [usize; D], place: &Place) -> Tensor<D> {
        place.zeros(shape)
    }

    fn constant<const D: usize>(value: Tensor<D>) -> Tensor<D> {
        value.inner()
    }

    fn with_gradient<const D: usize>(value: Tensor<D>) -> Option<Tensor<D>> {
        Some(value)
    }
}

impl ValueKind for Int {
    const NAME: &'static str = "Int";

    fn to_float<const D: usize>(value: Tensor<D, Int>) -> Tensor<D> {
        value.float()
    }

    fn from_numbers<const D: usize>(
        values: Vec<f64>,
        shape: [usize; D],
        place: &Place,
    ) -> Tensor<D, Int> {
        let values = values.into_iter().map(|x| x as i64).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(values, shape), place.device())
    }

    fn zeros<const D: usize>(shape: [usize; D], place: &Place) -> Tensor<D, Int> {
        Tensor::zeros(shape, place.device())
    }

    fn constant<const D: usize>(value: Tensor<D, Int>) -> Tensor<D, Int> {
        value.inner()
    }

    fn with_gradient<const D: usize>(_: Tensor<D>) -> Option<Tensor<D, Int>> {
        None
    }
}
