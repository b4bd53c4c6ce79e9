//! What functions on the host read, on Burn's device `flex`.

use std::array;

use burn::backend::Flex;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Device, Shape, Tensor, TensorData};

use crate::{Input, Number};

/// Where all elements are read.
pub(crate) struct Inputs<const D: usize, const N: usize> {
    sources: [Source; N],
    pub shape: [usize; D],
}

impl<const D: usize, const N: usize> Inputs<D, N> {
    /// The inputs, and the shape to which they broadcast together with `shape`.
    pub fn of(shape: [usize; D], inputs: [Input<'_, D>; N]) -> Option<Self> {
        let shape = inputs.iter().try_fold(shape, |shape, input| broadcast(shape, input.dims()))?;
        Some(Self { sources: all(inputs.map(|input| Source::of(input, shape)))?, shape })
    }

    pub fn views(&self) -> [View<'_>; N] {
        self.sources.each_ref().map(Source::view)
    }

    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn tensor(&self, numbers: Vec<f32>) -> Tensor<D> {
        Tensor::from_data(TensorData::new(numbers, self.shape), (&Device::flex(), DType::F32))
    }
}

/// The shape that both broadcast to.
fn broadcast<const D: usize>(one: [usize; D], other: [usize; D]) -> Option<[usize; D]> {
    let shape = array::from_fn(|axis| if one[axis] == 1 { other[axis] } else { one[axis] });
    let fits = |dims: [usize; D]| dims.iter().zip(&shape).all(|(a, b)| *a == 1 || a == b);
    (fits(one) && fits(other)).then_some(shape)
}

/// What is found, if nothing is missing.
pub(crate) fn all<T, const N: usize>(found: [Option<T>; N]) -> Option<[T; N]> {
    let is_whole = found.iter().all(Option::is_some);
    is_whole.then(|| found.map(|part| part.expect("none is missing")))
}

/// The elements of a tensor of single precision on this device, as one of `shape`.
pub(crate) fn primitive<const D: usize>(
    tensor: &Tensor<D>,
    shape: [usize; D],
) -> Option<FloatTensor<Flex>> {
    if tensor.dtype() != DType::F32 {
        return None;
    }
    let primitive = tensor.clone().inner().try_into_primitive::<Flex>().ok()?;
    Some(match tensor.dims() == shape {
        true => primitive,
        false => Flex::float_expand(primitive, Shape::from(shape)),
    })
}

/// Whether the tensor lies on this device.
pub(crate) fn is_on_host<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.clone().inner().try_into_primitive::<Flex>().is_ok()
}

/// Where an input's elements are read.
pub(crate) enum Source {
    /// The same everywhere.
    Number(f64),
    /// In turn, and from the beginning again.
    Elements(FloatTensor<Flex>),
}

impl Source {
    fn of<const D: usize>(input: Input<'_, D>, shape: [usize; D]) -> Option<Self> {
        let tensor = match input {
            Input::Number(number) => return Some(Self::Number(number)),
            Input::Tensor(tensor) => tensor,
        };
        let dims = tensor.dims();
        let axis = dims.iter().position(|size| *size != 1).unwrap_or(D);
        let is_in_turn = dims[axis..] == shape[axis..];
        let primitive = primitive(tensor, if is_in_turn { dims } else { shape })?;
        let is_ready = primitive.as_slice::<f32>().is_some();
        Some(Self::Elements(if is_ready { primitive } else { primitive.to_contiguous() }))
    }

    fn view(&self) -> View<'_> {
        match self {
            Self::Number(number) => View::Number(*number),
            Self::Elements(tensor) => match tensor.as_slice().expect("it was made so") {
                [number] => View::Number(f64::from(*number)),
                elements => View::Elements(elements),
            },
        }
    }
}

/// What a [`Source`] holds.
#[derive(Clone, Copy)]
pub(crate) enum View<'a> {
    Number(f64),
    Elements(&'a [f32]),
}

impl View<'_> {
    pub fn at<T: Number>(&self, i: usize) -> T {
        match self {
            Self::Number(number) => T::nearest(*number),
            Self::Elements(elements) => elements[i % elements.len()].into(),
        }
    }

    /// The elements from the place `first` on.
    #[inline(always)]
    pub fn read<T: Number>(&self, first: usize, block: &mut [T]) {
        let elements = match self {
            Self::Number(number) => return block.fill(T::nearest(*number)),
            Self::Elements(elements) => elements,
        };
        let mut at = first % elements.len();
        let mut rest = block;
        while !rest.is_empty() {
            let (part, others) = rest.split_at_mut(rest.len().min(elements.len() - at));
            copy(&elements[at..], part);
            (rest, at) = (others, 0);
        }
    }
}

/// Copies elements, as many as the block takes.
#[inline(always)]
pub(crate) fn copy<T: Number>(elements: &[f32], block: &mut [T]) {
    for (number, element) in block.iter_mut().zip(elements) {
        *number = (*element).into();
    }
}
