//! Elementwise functions on Burn's device `flex`, several elements at a time.

use std::array;
use std::ops::Range;

use burn::backend::Flex;
use burn::tensor::Tensor;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::inputs::{Inputs, View, all, copy, primitive};
use crate::{Elementwise, Input, Number};

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
    let inputs = Inputs::of([1; D], inputs)?;
    let count = inputs.count();
    let mut results = wants.map(|want| vec![0.0; if want { count } else { 0 }]);
    let places = results.each_mut().map(Vec::as_mut_slice);
    write(count, inputs.views().map(Some), places, &functions);
    let mut results = results.into_iter();
    Some(wants.map(|want| results.next().filter(|_| want).map(|numbers| inputs.tensor(numbers))))
}

/// The values in the place of the first inputs, which are `targets`; the targets again where [`wanted`] is `None`.
pub(crate) fn written_over<const D: usize, const N: usize, const K: usize, const M: usize>(
    targets: [Tensor<D>; M],
    inputs: [Input<'_, D>; K],
    functions: impl Elementwise<N, M>,
) -> Result<[Tensor<D>; M], [Tensor<D>; M]> {
    const { assert!(0 < M && N == M + K, "the first inputs are the targets") };
    let shape = targets[0].dims();
    if targets.iter().any(|target| target.dims() != shape) {
        return Err(targets);
    }
    let inputs = Inputs::of(shape, inputs).filter(|inputs| inputs.shape == shape);
    let found = targets.each_ref().map(|target| primitive(target, shape));
    let (Some(inputs), Some(found)) = (inputs, all(found)) else { return Err(targets) };
    drop(targets); // or else the numbers would have two owners, and be copied
    let mut found = found.map(|target| target.to_contiguous());
    let others = inputs.views();
    let views = array::from_fn(|input| Some(others[input.checked_sub(M)?]));
    write(inputs.count(), views, found.each_mut().map(|target| target.storage_mut()), &functions);
    Ok(found.map(Tensor::from_primitive::<Flex>))
}

/// Writes the values of functions; an input without a view is read in the place where the result of its number is written.
fn write<const N: usize, const M: usize>(
    count: usize,
    views: [Option<View<'_>>; N],
    results: [&mut [f32]; M],
    functions: &impl Elementwise<N, M>,
) {
    if count <= FEW {
        return pulp::Arch::new().dispatch(WriteFew { views, functions, count, results });
    }
    let mut chunks = results.map(|result| result.chunks_mut(CHUNK));
    let parts = (0..count.div_ceil(CHUNK))
        .map(|_| chunks.each_mut().map(|chunks| chunks.next().unwrap_or_default()))
        .collect();
    for_each_chunk(count, parts, |(range, results)| {
        pulp::Arch::new().dispatch(Write { views, functions, range, results });
    });
}

/// Writes the values of functions, one element at a time.
struct WriteFew<'a, F, const N: usize, const M: usize> {
    views: [Option<View<'a>>; N],
    functions: &'a F,
    count: usize,
    results: [&'a mut [f32]; M],
}

impl<F, const N: usize, const M: usize> pulp::WithSimd for WriteFew<'_, F, N, M>
where
    F: Elementwise<N, M>,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { views, functions, count, mut results } = self;
        for i in 0..count {
            let values = functions.at(array::from_fn(|input| match views[input] {
                Some(view) => view.at(i),
                None => results[input][i].into(),
            }));
            for (value, result) in values.into_iter().zip(&mut results) {
                result.get_mut(i).into_iter().for_each(|number| *number = value.single());
            }
        }
    }
}

/// The sum of a function's values, by lanes and chunks whose order no processor changes.
pub(crate) fn sum<const D: usize, const N: usize>(
    inputs: [Input<'_, D>; N],
    function: impl Fn([f64; N]) -> f64 + Sync,
) -> Option<f64> {
    let inputs = Inputs::of([1; D], inputs)?;
    let count = inputs.count();
    let mut sums = vec![0.0; count.div_ceil(CHUNK)];
    for_each_chunk(count, sums.iter_mut().collect(), |(range, sum)| {
        let (views, function) = (inputs.views(), &function);
        *sum = pulp::Arch::new().dispatch(Add { views, function, range });
    });
    Some(sums.iter().sum())
}

/// Writes the values of functions.
struct Write<'a, F, const N: usize, const M: usize> {
    views: [Option<View<'a>>; N],
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
        let mut read = [[F::Number::default(); BLOCK]; N];
        let mut computed = [[0.0; BLOCK]; M];
        for first in range.clone().step_by(BLOCK) {
            let size = BLOCK.min(range.end - first);
            let start = first - range.start;
            for (input, (view, block)) in views.iter().zip(&mut read).enumerate() {
                match view {
                    Some(view) => view.read(first, &mut block[..size]),
                    None => copy(&results[input][start..start + size], &mut block[..size]),
                }
            }
            for i in 0..size {
                let values = functions.at(array::from_fn(|input| read[input][i]));
                for (value, block) in values.into_iter().zip(&mut computed) {
                    block[i] = value.single();
                }
            }
            for (block, result) in computed.iter().zip(&mut results) {
                if !result.is_empty() {
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
