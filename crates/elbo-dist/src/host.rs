//! Elementwise functions on Burn's device `flex`, several elements at a time.

use std::array;
use std::ops::Range;

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Device, Tensor, TensorData};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::{Elementwise, Input};

/// The elements that one thread computes at a time.
const CHUNK: usize = 1 << 14;

/// The elements that are read before anything is computed: as many as stay in the innermost cache.
const BLOCK: usize = 128;

/// Up to so many elements, several at a time is not worth the preparation.
const FEW: usize = 16;

/// The results that are wanted; `None` if an input is elsewhere or of double precision, or shapes do not broadcast.
pub(crate) fn wanted<const D: usize, const N: usize, const M: usize>(
    inputs: [Input<'_, D>; N],
    wants: [bool; M],
    functions: impl Elementwise<N, M>,
) -> Option<[Option<Tensor<D>>; M]> {
    let inputs = Inputs::of(inputs)?;
    let count = inputs.count();
    let mut results = wants.map(|want| vec![0.0; if want { count } else { 0 }]);
    if count <= FEW {
        let views = inputs.sources.each_ref().map(Source::view);
        for i in 0..count {
            let values = functions.at(array::from_fn(|input| views[input].at(i)));
            for (value, result) in values.into_iter().zip(&mut results) {
                result.get_mut(i).into_iter().for_each(|number| *number = value as f32);
            }
        }
    } else {
        let mut chunks = results.each_mut().map(|result| result.chunks_mut(CHUNK));
        let parts: Vec<[&mut [f32]; M]> = (0..count.div_ceil(CHUNK))
            .map(|_| chunks.each_mut().map(|chunks| chunks.next().unwrap_or_default()))
            .collect();
        for_each_chunk(count, parts, |(range, results)| {
            let (views, functions) = (inputs.sources.each_ref().map(Source::view), &functions);
            pulp::Arch::new().dispatch(Write { views, functions, range, results });
        });
    }
    let mut results = results.into_iter();
    Some(wants.map(|want| results.next().filter(|_| want).map(|numbers| inputs.tensor(numbers))))
}

/// The sum of a function's values, by lanes and chunks whose order no processor changes.
pub(crate) fn sum<const D: usize, const N: usize>(
    inputs: [Input<'_, D>; N],
    function: impl Fn([f64; N]) -> f64 + Sync,
) -> Option<f64> {
    let inputs = Inputs::of(inputs)?;
    let count = inputs.count();
    let mut sums = vec![0.0; count.div_ceil(CHUNK)];
    for_each_chunk(count, sums.iter_mut().collect(), |(range, sum)| {
        let (views, function) = (inputs.sources.each_ref().map(Source::view), &function);
        *sum = pulp::Arch::new().dispatch(Add { views, function, range });
    });
    Some(sums.iter().sum())
}

/// Writes the values of functions.
struct Write<'a, F, const N: usize, const M: usize> {
    views: [View<'a>; N],
    functions: &'a F,
    range: Range<usize>,
    results: [&'a mut [f32]; M],
}

impl<F, const N: usize, const M: usize> pulp::WithSimd for Write<'_, F, N, M>
where
    F: Elementwise<N, M>,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { views, functions, range, mut results } = self;
        let (mut read, mut computed) = ([[0.0; BLOCK]; N], [[0.0_f32; BLOCK]; M]);
        for first in range.clone().step_by(BLOCK) {
            let size = BLOCK.min(range.end - first);
            for (view, block) in views.iter().zip(&mut read) {
                view.read(first, &mut block[..size]);
            }
            for i in 0..size {
                let values = functions.at(array::from_fn(|input| read[input][i]));
                for (value, block) in values.into_iter().zip(&mut computed) {
                    block[i] = value as f32;
                }
            }
            for (block, result) in computed.iter().zip(&mut results) {
                if !result.is_empty() {
                    let start = first - range.start;
                    result[start..start + size].copy_from_slice(&block[..size]);
                }
            }
        }
    }
}

/// Adds up the values of a function.
struct Add<'a, F, const N: usize> {
    views: [View<'a>; N],
    function: &'a F,
    range: Range<usize>,
}

impl<F: Fn([f64; N]) -> f64, const N: usize> pulp::WithSimd for Add<'_, F, N> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        let Self { views, function, range } = self;
        let (mut read, mut lanes) = ([[0.0; BLOCK]; N], [0.0; LANES]);
        for first in range.clone().step_by(BLOCK) {
            let size = BLOCK.min(range.end - first);
            for (view, block) in views.iter().zip(&mut read) {
                view.read(first, &mut block[..size]);
            }
            let whole = size - size % LANES;
            for start in (0..whole).step_by(LANES) {
                for (lane, sum) in lanes.iter_mut().enumerate() {
                    *sum += function(array::from_fn(|input| read[input][start + lane]));
                }
            }
            for i in whole..size {
                lanes[i - whole] += function(array::from_fn(|input| read[input][i]));
            }
        }
        lanes.iter().sum()
    }
}

/// The sums that go on beside each other.
const LANES: usize = 8;

/// Does `work` with each chunk's elements and its own `part`, by several threads where there are several.
fn for_each_chunk<T: Send>(count: usize, parts: Vec<T>, work: impl Fn((Range<usize>, T)) + Sync) {
    let range = |chunk: usize| chunk * CHUNK..count.min((chunk + 1) * CHUNK);
    match parts.len() {
        0..=2 => parts.into_iter().enumerate().for_each(|(i, part)| work((range(i), part))),
        _ => parts.into_par_iter().enumerate().for_each(|(i, part)| work((range(i), part))),
    }
}

/// Where all elements are read.
struct Inputs<const D: usize, const N: usize> {
    sources: [Source; N],
    shape: [usize; D],
}

impl<const D: usize, const N: usize> Inputs<D, N> {
    fn of(inputs: [Input<'_, D>; N]) -> Option<Self> {
        let shape =
            inputs.iter().try_fold([1; D], |shape, input| broadcast(shape, input.dims()))?;
        let sources = inputs.map(|input| Source::of(input, shape));
        if sources.iter().any(Option::is_none) {
            return None;
        }
        let sources = sources.map(|source| source.expect("none is missing"));
        Some(Self { sources, shape })
    }

    fn count(&self) -> usize {
        self.shape.iter().product()
    }

    fn tensor(&self, numbers: Vec<f32>) -> Tensor<D> {
        Tensor::from_data(TensorData::new(numbers, self.shape), (&Device::flex(), DType::F32))
    }
}

/// The shape that both broadcast to.
fn broadcast<const D: usize>(one: [usize; D], other: [usize; D]) -> Option<[usize; D]> {
    let shape = array::from_fn(|axis| if one[axis] == 1 { other[axis] } else { one[axis] });
    let fits = |dims: [usize; D]| dims.iter().zip(&shape).all(|(a, b)| *a == 1 || a == b);
    (fits(one) && fits(other)).then_some(shape)
}

/// Where an input's elements are read.
enum Source {
    /// The same everywhere.
    Number(f64),
    /// In turn, and from the beginning again.
    Elements(FloatTensor<Flex>),
}

impl Source {
    fn of<const D: usize>(input: Input<'_, D>, shape: [usize; D]) -> Option<Self> {
        let tensor = match input {
            Input::Number(number) => return Some(Self::Number(number)),
            Input::Tensor(tensor) if tensor.dtype() == DType::F32 => tensor.clone().inner(),
            Input::Tensor(_) => return None,
        };
        let dims = tensor.dims();
        let axis = dims.iter().position(|size| *size != 1).unwrap_or(D);
        let tensor = if dims[axis..] == shape[axis..] { tensor } else { tensor.expand(shape) };
        let primitive = tensor.try_into_primitive::<Flex>().ok()?;
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
enum View<'a> {
    Number(f64),
    Elements(&'a [f32]),
}

impl View<'_> {
    fn at(&self, i: usize) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Elements(elements) => f64::from(elements[i % elements.len()]),
        }
    }

    /// The elements from the place `first` on.
    #[inline(always)]
    fn read(&self, first: usize, block: &mut [f64]) {
        let elements = match self {
            Self::Number(number) => return block.fill(*number),
            Self::Elements(elements) => elements,
        };
        let mut at = first % elements.len();
        let mut rest = block;
        while !rest.is_empty() {
            let (part, others) = rest.split_at_mut(rest.len().min(elements.len() - at));
            for (number, element) in part.iter_mut().zip(&elements[at..]) {
                *number = f64::from(*element);
            }
            (rest, at) = (others, 0);
        }
    }
}
