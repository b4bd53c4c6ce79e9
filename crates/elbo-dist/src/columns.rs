//! Columns of one tensor, whose gradients are gathered once.
#![cfg_attr(
    not(any(feature = "flex", feature = "cube")),
    allow(dead_code, unused_variables, reason = "the graphs of other devices have no such nodes")
)]

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, Backend, DispatchKindConversion, TensorMetadata};
use burn::tensor::{DispatchTensor, Shape, Slice, Tensor};

/// The columns of a tensor `[S, d]`, which are taken from left to right in parts, each with a shape of its own.
///
/// The gradient of a part is as large as the whole for Burn, which adds up as many as there are parts. Here each part writes its
/// columns of one gradient, on the devices of the features `flex` and `cube`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::Columns;
///
/// let z = Tensor::<2>::from_floats([[1.0, 2.0, 3.0]], &Device::flex()).autodiff().require_grad();
/// let mut columns = Columns::of(z.clone());
/// let (first, rest) = (columns.take([1, 1]), columns.take([1, 2, 1]));
/// let gradient = z.grad(&(first.sum() * 5.0 + (rest * 7.0).sum()).backward()).unwrap();
/// assert_eq!(gradient.into_data().try_to_vec::<f32>().unwrap(), [5.0, 7.0, 7.0]);
/// ```
#[derive(Debug)]
pub struct Columns {
    all: Tensor<2>,
    taken: usize,
    /// What the gradients of parts go through on their way.
    hub: Option<Tensor<1>>,
    gathered: Gathered,
}

/// The gradients that parts have written so far.
type Gathered = Arc<Mutex<Option<Tensor<2>>>>;

impl Columns {
    /// The columns of `all`, of which none is taken.
    pub fn of(all: Tensor<2>) -> Self {
        Self { all, taken: 0, hub: None, gathered: Gathered::default() }
    }

    /// The next columns, in a shape whose axis 0 is that of the whole.
    ///
    /// # Panics
    /// If there are not as many. Burn panics in a second backward pass through parts of the same columns.
    pub fn take<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        let (start, size) = (self.taken, shape[1..].iter().product());
        self.taken += size;
        if start == 0 && size == self.all.dims()[1] {
            let same = (&self.all as &dyn Any).downcast_ref::<Tensor<D>>();
            let same = same.filter(|all| all.dims() == shape);
            return same.cloned().unwrap_or_else(|| self.all.clone().reshape(shape));
        }
        let part = |all: Tensor<2>| all.narrow(1, start, size).reshape(shape);
        if self.all.is_tracked() {
            let value = part(self.all.clone().inner());
            #[cfg(feature = "flex")]
            if let Some(part) = self.tied_on::<burn::backend::Flex, D>(&value, start) {
                return part;
            }
            #[cfg(feature = "cube")]
            if let Some(part) = self.tied_on::<burn::backend::Cube, D>(&value, start) {
                return part;
            }
        }
        part(self.all.clone())
    }

    /// A part below the hub, if the whole is on this backend.
    fn tied_on<B, const D: usize>(&mut self, value: &Tensor<D>, start: usize) -> Option<Tensor<D>>
    where
        B: Backend,
        DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B>>,
    {
        let value = value.clone().try_into_primitive::<B>().ok()?;
        if self.hub.is_none() {
            self.hub = hub_on::<B>(&self.all, &self.gathered);
        }
        let hub = self.hub.clone()?.try_into_primitive::<Autodiff<B>>().ok()?;
        let place = Part { start, all: self.all.dims(), gathered: self.gathered.clone() };
        let part = match Take.prepare::<NoCheckpointing>([hub.node()]).compute_bound().stateful() {
            OpsKind::Tracked(node) => node.finish(place, value),
            OpsKind::UnTracked(node) => node.finish(value),
        };
        Some(Tensor::from_primitive::<Autodiff<B>>(part))
    }
}

/// A node above all parts, if the whole is on a backend.
fn hub_on<B>(all: &Tensor<2>, gathered: &Gathered) -> Option<Tensor<1>>
where
    B: Backend,
    DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B>>,
{
    let parent = all.clone().try_into_primitive::<Autodiff<B>>().ok()?;
    let value = Tensor::<1>::zeros([1], (&all.device().inner(), all.dtype()));
    let value = value.try_into_primitive::<B>().ok()?;
    let hub = match Hub.prepare::<NoCheckpointing>([parent.node()]).compute_bound().stateful() {
        OpsKind::Tracked(node) => node.finish(gathered.clone(), value),
        OpsKind::UnTracked(node) => node.finish(value),
    };
    Some(Tensor::from_primitive::<Autodiff<B>>(hub))
}

/// Where a part lies.
#[derive(Clone, Debug)]
struct Part {
    start: usize,
    all: [usize; 2],
    gathered: Gathered,
}

/// Hands on what the parts have written.
#[derive(Debug)]
struct Hub;

impl<B> Backward<B, 1> for Hub
where
    B: Backend,
    DispatchTensor: DispatchKindConversion<B>,
{
    type State = Gathered;

    fn backward(self, ops: Ops<Gathered, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        gradients.consume::<B>(&ops.node);
        let gathered = ops.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let ([Some(parent)], Some(gathered)) = (ops.parents, gathered) {
            let gathered = gathered.try_into_primitive::<B>().expect("written on this backend");
            gradients.register::<B>(parent.id, gathered);
        }
    }
}

/// Writes the columns of a part.
#[derive(Debug)]
struct Take;

impl<B> Backward<B, 1> for Take
where
    B: Backend,
    DispatchTensor: DispatchKindConversion<B>,
{
    type State = Part;

    fn backward(self, ops: Ops<Part, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let Part { start, all: [rows, columns], gathered } = ops.state;
        let size = gradient.shape().num_elements() / rows.max(1);
        let (device, dtype) = (gradient.device(), gradient.dtype());
        if let [Some(hub)] = ops.parents {
            let nothing = B::float_zeros(Shape::new([1]), &device, dtype.into());
            gradients.register::<B>(hub.id, nothing);
        }
        let gradient = B::float_reshape(gradient, Shape::new([rows, size]));
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let before = gathered.take().map(|all| all.try_into_primitive::<B>());
        let before = before.map(|all| all.expect("written on this backend"));
        let before = before
            .unwrap_or_else(|| B::float_zeros(Shape::new([rows, columns]), &device, dtype.into()));
        let place = [Slice::from(0..rows), Slice::from(start..start + size)];
        let after = B::float_slice_assign(before, &place, gradient);
        *gathered = Some(Tensor::from_primitive::<B>(after));
    }
}
