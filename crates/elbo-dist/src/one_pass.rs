//! Functions of several tensors, element by element, in one pass over the host's memory.

use std::array;

use burn::tensor::Tensor;

#[cfg(feature = "flex")]
use crate::host::{sum, wanted, written_over};
#[cfg(feature = "flex")]
pub(crate) use crate::inputs::is_on_host;
use crate::{Operand, Slope, linearized};

/// What is read: a number for all elements, or a number an element.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a, const D: usize> {
    /// The same everywhere.
    Number(f64),
    /// A tensor, of which only the values count.
    Tensor(&'a Tensor<D>),
}

impl<const D: usize> Input<'_, D> {
    #[cfg_attr(not(feature = "flex"), allow(dead_code, reason = "nothing is read on the host"))]
    pub(crate) fn dims(&self) -> [usize; D] {
        match self {
            Self::Number(_) => [1; D],
            Self::Tensor(tensor) => tensor.dims(),
        }
    }
}

impl<const D: usize> From<f64> for Input<'_, D> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<'a, const D: usize> From<&'a Tensor<D>> for Input<'a, D> {
    fn from(tensor: &'a Tensor<D>) -> Self {
        Self::Tensor(tensor)
    }
}

impl<'a, const D: usize> From<&'a Operand<D>> for Input<'a, D> {
    fn from(operand: &'a Operand<D>) -> Self {
        match operand {
            Operand::Scalar(number) => Self::Number(*number),
            Operand::Tensor(tensor) => Self::Tensor(tensor),
        }
    }
}

/// `M` functions of `N` numbers.
///
/// Closures implement it. Functions of a few operations are computed several elements at a time only if they are a type of their own whose
/// method is always inlined.
///
/// # Example
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Elementwise, one_pass};
///
/// /// `x + y` and `x - y`.
/// struct SumAndDifference;
///
/// impl Elementwise<2, 2> for SumAndDifference {
///     type Number = f32;
///
///     #[inline(always)]
///     fn at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
///         [x + y, x - y]
///     }
/// }
///
/// let x = Tensor::<1>::from_floats([3.0, 4.0], &Device::flex());
/// let [sum, difference] = one_pass([(&x).into(), 1.0.into()], SumAndDifference).unwrap();
/// assert_eq!(sum.into_data().try_to_vec::<f32>().unwrap(), [4.0, 5.0]);
/// assert_eq!(difference.into_data().try_to_vec::<f32>().unwrap(), [2.0, 3.0]);
/// # }
/// ```
pub trait Elementwise<const N: usize, const M: usize>: Sync {
    /// What is computed in: `f64`, as closures do, or `f32`.
    type Number: Number;

    /// The values at `x`.
    fn at(&self, x: [Self::Number; N]) -> [Self::Number; M];
}

/// `f64` or `f32`.
pub trait Number: Copy + Default + From<f32> + Send + Sync + sealed::Sealed {
    /// The nearest number.
    fn nearest(number: f64) -> Self;

    /// The nearest number of single precision.
    fn single(self) -> f32;
}

impl Number for f64 {
    #[inline(always)]
    fn nearest(number: f64) -> Self {
        number
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self as f32
    }
}

impl Number for f32 {
    #[inline(always)]
    fn nearest(number: f64) -> Self {
        number as f32
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for f32 {}
}

impl<F: Fn([f64; N]) -> [f64; M] + Sync, const N: usize, const M: usize> Elementwise<N, M> for F {
    type Number = f64;

    #[inline(always)]
    fn at(&self, x: [f64; N]) -> [f64; M] {
        self(x)
    }
}

/// Several functions of the elements of several tensors, which are read once, in single precision on Burn's device `flex`
/// with the feature of that name; `None` elsewhere, and for shapes that do not broadcast: operations on tensors are the way
/// there.
///
/// Each operation on tensors reads and writes the host's memory, which takes longer than the arithmetic. What closures compute is of
/// double precision, and rounded once.
///
/// # Shapes
/// Inputs broadcast; all results have the broadcast shape.
///
/// # Example
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::one_pass;
///
/// let x = Tensor::<2>::from_floats([[3.0, 4.0]], &Device::flex());
/// let [sum, product] =
///     one_pass([(&x).into(), 2.0.into()], |[x, y]: [f64; 2]| [x + y, x * y]).unwrap();
/// assert_eq!(sum.into_data().try_to_vec::<f32>().unwrap(), [5.0, 6.0]);
/// assert_eq!(product.into_data().try_to_vec::<f32>().unwrap(), [6.0, 8.0]);
/// # }
/// ```
pub fn one_pass<const D: usize, const N: usize, const M: usize>(
    inputs: [Input<'_, D>; N],
    functions: impl Elementwise<N, M>,
) -> Option<[Tensor<D>; M]> {
    let results = wanted(inputs, [true; M], functions)?;
    Some(results.map(|result| result.expect("all are wanted")))
}

/// The functions of [`one_pass`], whose results take the place of the first inputs, `targets`: in the same memory where nothing
/// else holds it. Only the values of the targets count: the results are on no graph. All targets have one shape, to which the others
/// broadcast.
///
/// # Errors
/// The targets as they were, where [`one_pass`] is `None`.
///
/// # Example
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::one_pass_over;
///
/// let sum = Tensor::<1>::from_floats([3.0, 4.0], &Device::flex());
/// let x = Tensor::<1>::from_floats([1.0, 2.0], &Device::flex());
/// let [sum] = one_pass_over([sum], [(&x).into()], |[sum, x]: [f64; 2]| [sum + x]).unwrap();
/// assert_eq!(sum.into_data().try_to_vec::<f32>().unwrap(), [4.0, 6.0]);
/// # }
/// ```
pub fn one_pass_over<const D: usize, const N: usize, const K: usize, const M: usize>(
    targets: [Tensor<D>; M],
    others: [Input<'_, D>; K],
    functions: impl Elementwise<N, M>,
) -> Result<[Tensor<D>; M], [Tensor<D>; M]> {
    written_over(targets, others, functions)
}

/// The sum over all elements of a function of several tensors, where [`one_pass`] reads them, of double precision; the same on
/// every processor.
///
/// # Example
/// ```
/// # #[cfg(feature = "flex")] {
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::sum_in_one_pass;
///
/// let x = Tensor::<2>::from_floats([[3.0, 4.0]], &Device::flex());
/// assert_eq!(sum_in_one_pass([(&x).into()], |[x]| x * x), Some(25.0));
/// # }
/// ```
pub fn sum_in_one_pass<const D: usize, const N: usize>(
    inputs: [Input<'_, D>; N],
    function: impl Fn([f64; N]) -> f64 + Sync,
) -> Option<f64> {
    sum(inputs, function)
}

/// A function of several tensors together with its derivatives, in [`one_pass`]: one node of the graph, tied to what is tracked.
pub(crate) fn one_node<const D: usize, const N: usize, const M: usize>(
    inputs: [Input<'_, D>; N],
    value_and_slopes: impl Elementwise<N, M>,
) -> Option<Tensor<D>> {
    const { assert!(M <= N + 1, "a value, and the slopes of the first inputs") };
    let parents: [Option<&Tensor<D>>; M] =
        array::from_fn(|i| match inputs.get(i.wrapping_sub(1)) {
            Some(Input::Tensor(tensor)) if tensor.is_tracked() => Some(*tensor),
            _ => None,
        });
    let wants = array::from_fn(|i| i == 0 || parents[i].is_some());
    let mut results = wanted(inputs, wants, value_and_slopes)?.into_iter();
    let value = results.next().flatten()?;
    let slopes = results.zip(&parents[1..]);
    let ties = slopes.filter_map(|(slope, parent)| Some(((*parent)?.clone(), Slope::from(slope?))));
    Some(linearized(value, ties.collect()))
}

/// What the host computes where its device is not compiled in.
#[cfg(not(feature = "flex"))]
mod nowhere {
    use super::*;

    pub(super) fn wanted<const D: usize, const N: usize, const M: usize>(
        _: [Input<'_, D>; N],
        _: [bool; M],
        _: impl Elementwise<N, M>,
    ) -> Option<[Option<Tensor<D>>; M]> {
        None
    }

    pub(super) fn written_over<const D: usize, const N: usize, const K: usize, const M: usize>(
        targets: [Tensor<D>; M],
        _: [Input<'_, D>; K],
        _: impl Elementwise<N, M>,
    ) -> Result<[Tensor<D>; M], [Tensor<D>; M]> {
        Err(targets)
    }

    pub(super) fn sum<const D: usize, const N: usize>(
        _: [Input<'_, D>; N],
        _: impl Fn([f64; N]) -> f64 + Sync,
    ) -> Option<f64> {
        None
    }

    pub(crate) fn is_on_host<const D: usize>(_: &Tensor<D>) -> bool {
        false
    }
}
#[cfg(not(feature = "flex"))]
pub(crate) use nowhere::is_on_host;
#[cfg(not(feature = "flex"))]
use nowhere::{sum, wanted, written_over};
