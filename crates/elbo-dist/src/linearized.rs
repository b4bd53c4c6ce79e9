//! One node of the graph for a value whose derivatives are known.
#![cfg_attr(
    not(any(feature = "flex", feature = "cube")),
    allow(dead_code, reason = "the graphs of other devices have no such nodes")
)]

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DispatchKindConversion, TensorMetadata};
use burn::tensor::{DispatchTensor, Shape, Tensor};

use crate::Operand;

/// A value that was computed without a graph, tied to what it was computed from by its derivatives.
///
/// `∂ value / ∂ parentᵢ = slopeᵢ`, element by element, or of a sum: an axis along which a parent and its slope are longer than the value
/// was summed over, and one along which the value is longer than a parent was broadcast.
///
/// A composition of ten operations takes ten nodes, each with a cost of its own forwards and backwards; this is one on the devices of
/// the features `flex` and `cube`, and three a parent on others, where parents must be finite.
///
/// # Shapes
/// Of equal rank. A slope broadcasts with the value, and with the parent.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::linearized;
///
/// let x = Tensor::<2>::from_floats([[3.0, 4.0]], &Device::flex()).autodiff().require_grad();
/// let plain = x.clone().inner();
/// let square = plain.clone().square().sum_dim(1); // [1, 1]
/// let tied = linearized(square, vec![(x.clone(), (plain * 2.0).into())]);
/// let gradient = x.grad(&tied.backward()).unwrap();
/// assert_eq!(gradient.into_data().try_to_vec::<f32>().unwrap(), [6.0, 8.0]);
/// ```
pub fn linearized<const D: usize>(
    value: Tensor<D>,
    mut parents: Vec<(Tensor<D>, Slope<D>)>,
) -> Tensor<D> {
    parents.retain(|(parent, _)| parent.is_tracked());
    if parents.is_empty() {
        return value;
    }
    if parents.len() > MOST {
        let rest = parents.split_off(MOST - 1);
        let tied = linearized(value.clone(), parents);
        return linearized(value, [vec![(tied, Slope::Number(1.0))], rest].concat());
    }
    #[cfg(feature = "flex")]
    if let Some(node) = node_on::<burn::backend::Flex, D>(&value, &parents) {
        return node;
    }
    #[cfg(feature = "cube")]
    if let Some(node) = node_on::<burn::backend::Cube, D>(&value, &parents) {
        return node;
    }
    surrogate(value, parents)
}

/// How fast a value changes with what it was computed from.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a few an evaluation; a box would cost an allocation")]
pub enum Slope<const D: usize> {
    /// By one number everywhere.
    Number(f64),
    /// By a number an element.
    Tensor(Tensor<D>),
}

impl<const D: usize> From<Tensor<D>> for Slope<D> {
    fn from(slope: Tensor<D>) -> Self {
        Self::Tensor(slope)
    }
}

/// The most parents of one node.
const MOST: usize = 8;

/// The same by operations that any device records.
fn surrogate<const D: usize>(value: Tensor<D>, parents: Vec<(Tensor<D>, Slope<D>)>) -> Tensor<D> {
    let shape = value.dims();
    let tied = parents.into_iter().map(|(parent, slope)| {
        let constant = parent.clone().inner();
        let moved = parent - constant;
        let mut moved = match slope {
            Slope::Number(number) => moved * number,
            Slope::Tensor(slope) => moved * slope,
        };
        // What is summed over may have one slope for all elements.
        for (axis, size) in shape.into_iter().enumerate() {
            if size == 1 && moved.dims()[axis] > 1 {
                moved = moved.sum_dim(axis);
            }
        }
        moved
    });
    tied.fold(value, |sum, moved| moved + sum)
}

/// The node on a backend, if all tensors are there.
fn node_on<B, const D: usize>(
    value: &Tensor<D>,
    parents: &[(Tensor<D>, Slope<D>)],
) -> Option<Tensor<D>>
where
    B: Backend,
    DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B>>,
{
    let value = value.clone().try_into_primitive::<B>().ok()?;
    let (mut nodes, mut slopes) = (Vec::new(), Vec::new());
    for (parent, slope) in parents {
        let parent = parent.clone().try_into_primitive::<Autodiff<B>>().ok()?;
        let slope = match slope {
            Slope::Number(number) => Factor::Number(*number),
            Slope::Tensor(slope) => Factor::Tensor(slope.clone().try_into_primitive::<B>().ok()?),
        };
        slopes.push((slope, parent.primitive().shape()));
        nodes.push(parent.node());
    }
    let node = match nodes.len() {
        1 => recorded::<B, 1>(nodes, slopes, value),
        2 => recorded::<B, 2>(nodes, slopes, value),
        3 => recorded::<B, 3>(nodes, slopes, value),
        4 => recorded::<B, 4>(nodes, slopes, value),
        5 => recorded::<B, 5>(nodes, slopes, value),
        6 => recorded::<B, 6>(nodes, slopes, value),
        7 => recorded::<B, 7>(nodes, slopes, value),
        8 => recorded::<B, MOST>(nodes, slopes, value),
        _ => return None,
    };
    Some(Tensor::from_primitive::<Autodiff<B>>(node))
}

/// A slope, and the shape of its parent.
type SlopeOf<B> = (Factor<FloatTensor<B>>, Shape);

/// A [`Slope`] on a backend.
#[derive(Clone, Debug)]
enum Factor<T> {
    Number(f64),
    Tensor(T),
}

fn recorded<B: Backend, const N: usize>(
    nodes: Vec<NodeGuard>,
    slopes: Vec<SlopeOf<B>>,
    value: FloatTensor<B>,
) -> FloatTensor<Autodiff<B>> {
    let nodes: [NodeGuard; N] = nodes.try_into().expect("as many as were counted");
    let slopes: [SlopeOf<B>; N] = slopes.try_into().expect("one a node");
    match Linear.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(node) => node.finish(slopes, value),
        OpsKind::UnTracked(node) => node.finish(value),
    }
}

/// A linear map back.
#[derive(Debug)]
struct Linear;

impl<B: Backend, const N: usize> Backward<B, N> for Linear {
    type State = [SlopeOf<B>; N];

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        for (parent, (slope, shape)) in ops.parents.into_iter().zip(ops.state) {
            if let Some(parent) = parent {
                let gradient = gradient.clone();
                let moved = match slope {
                    Factor::Number(1.0) => gradient,
                    Factor::Number(number) => B::float_mul_scalar(gradient, number.into()),
                    Factor::Tensor(slope) => B::float_mul(gradient, slope),
                };
                gradients.register::<B>(parent.id, shaped::<B>(moved, &shape));
            }
        }
    }
}

/// The sum over the axes along which a shape was broadcast, and the same for all elements of those that were summed over.
fn shaped<B: Backend>(mut x: FloatTensor<B>, shape: &Shape) -> FloatTensor<B> {
    for axis in 0..shape.num_dims() {
        if shape[axis] == 1 && x.shape()[axis] > 1 {
            x = B::float_sum_dim(x, axis);
        }
    }
    match x.shape() == *shape {
        true => x,
        false => B::float_expand(x, shape.clone()),
    }
}

/// What a value that is computed without a graph depends on.
#[derive(Debug)]
pub(crate) struct Ties<const D: usize>(Vec<(Tensor<D>, Slope<D>)>);

impl<const D: usize> Ties<D> {
    /// On a tensor, if it is tracked.
    pub fn to(tensor: &Tensor<D>, slope: impl FnOnce() -> Tensor<D>) -> Self {
        Self(Vec::new()).and(tensor, slope)
    }

    /// On another tensor, too.
    pub fn and(mut self, tensor: &Tensor<D>, slope: impl FnOnce() -> Tensor<D>) -> Self {
        if tensor.is_tracked() {
            self.0.push((tensor.clone(), slope().into()));
        }
        self
    }

    /// On a parameter, too.
    pub fn and_operand(self, operand: &Operand<D>, slope: impl FnOnce() -> Tensor<D>) -> Self {
        match operand {
            Operand::Tensor(tensor) => self.and(tensor, slope),
            Operand::Scalar(_) => self,
        }
    }

    /// The value, tied.
    pub fn tie(self, value: Tensor<D>) -> Tensor<D> {
        linearized(value, self.0)
    }
}
