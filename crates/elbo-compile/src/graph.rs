//! The graph that is differentiated and planned: fewer operations than Burn's, on `f32` alone.

use std::sync::Arc;

/// The position of a node; a node's operands come before it.
pub(crate) type NodeId = usize;

/// An operation on each element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unary {
    Abs,
    Copy,
    Exp,
    Log,
    Neg,
    /// `x / c`
    Over(f32),
    Recip,
    /// `max(x, 0)`
    Relu,
    /// `c x`
    Scale(f32),
    /// `x + c`
    Shift(f32),
    Sign,
    Sqrt,
    /// 0 below 0, 1 above, and ½ at 0.
    Step,
    Tanh,
}

/// An operation on pairs of elements; axes of size 1 broadcast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}

/// How a node is computed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    Input,
    Constant(Arc<[f32]>),
    Unary(Unary, NodeId),
    Binary(Binary, NodeId, NodeId),
    /// The sum over an axis, which keeps size 1.
    Sum(NodeId, usize),
    /// The product of two matrices.
    Matmul(NodeId, NodeId),
    /// The same numbers in the same order.
    Reshape(NodeId),
    /// Axes of size 1 repeated.
    Expand(NodeId),
    /// A matrix with its axes swapped.
    Transpose(NodeId),
    /// The part that begins at these indices.
    Slice(NodeId, Vec<usize>),
    /// Zeros but for the part that begins at these indices.
    Pad(NodeId, Vec<usize>),
}

impl Op {
    /// The nodes that are computed before.
    pub fn operands(&self) -> Vec<NodeId> {
        match self {
            Self::Input | Self::Constant(_) => vec![],
            Self::Binary(_, a, b) | Self::Matmul(a, b) => vec![*a, *b],
            Self::Unary(_, x)
            | Self::Sum(x, _)
            | Self::Reshape(x)
            | Self::Expand(x)
            | Self::Transpose(x)
            | Self::Slice(x, _)
            | Self::Pad(x, _) => vec![*x],
        }
    }

    /// Whether each element is computed from those of the operands at the same place.
    pub fn is_elementwise(&self) -> bool {
        matches!(self, Self::Unary(..) | Self::Binary(..))
    }

    /// Whether the numbers lie in the operand's memory.
    pub fn is_view(&self) -> bool {
        match self {
            Self::Reshape(_) | Self::Expand(_) | Self::Transpose(_) | Self::Slice(..) => true,
            Self::Input | Self::Constant(_) | Self::Unary(..) | Self::Binary(..) => false,
            Self::Sum(..) | Self::Matmul(..) | Self::Pad(..) => false,
        }
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub op: Op,
    pub shape: Vec<usize>,
}

impl Node {
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Nodes in the order in which they can be computed; none is there twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
}

impl Graph {
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn shape(&self, id: NodeId) -> &[usize] {
        &self.nodes[id].shape
    }

    /// The node of an operation, the one that is there already if there is one.
    pub fn push(&mut self, op: Op, shape: Vec<usize>) -> NodeId {
        let node = Node { op, shape };
        let known = self.nodes.iter().position(|other| *other == node);
        known.unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        })
    }

    /// One number everywhere.
    pub fn filled(&mut self, number: f32, shape: Vec<usize>) -> NodeId {
        let one = self.push(Op::Constant([number].into()), vec![1; shape.len()]);
        self.expand(one, shape)
    }

    /// The number that a node is everywhere, if it was made so.
    fn uniform(&self, id: NodeId) -> Option<f32> {
        match &self.nodes[id].op {
            Op::Constant(numbers) if numbers.len() == 1 => Some(numbers[0]),
            Op::Expand(x) | Op::Reshape(x) | Op::Transpose(x) | Op::Slice(x, _) => self.uniform(*x),
            _ => None,
        }
    }

    pub fn unary(&mut self, op: Unary, x: NodeId) -> NodeId {
        let shape = self.shape(x).to_vec();
        match (op, self.uniform(x)) {
            (Unary::Scale(1.0) | Unary::Over(1.0), _) => x,
            (Unary::Shift(0.0), _) => x,
            (Unary::Neg, Some(number)) => self.filled(-number, shape),
            (Unary::Scale(factor), Some(number)) => self.filled(factor * number, shape),
            _ => self.push(Op::Unary(op, x), shape),
        }
    }

    /// With a number on one side, the operation on one operand that rounds the same.
    pub fn binary(&mut self, op: Binary, a: NodeId, b: NodeId) -> NodeId {
        let shape = broadcast(self.shape(a), self.shape(b));
        let (x, op) = match (op, self.uniform(a), self.uniform(b)) {
            (Binary::Add, Some(c), _) => (b, Unary::Shift(c)),
            (Binary::Add, _, Some(c)) => (a, Unary::Shift(c)),
            (Binary::Sub, _, Some(c)) => (a, Unary::Shift(-c)),
            (Binary::Sub, Some(c), _) => (self.unary(Unary::Neg, b), Unary::Shift(c)),
            (Binary::Mul, Some(c), _) => (b, Unary::Scale(c)),
            (Binary::Mul, _, Some(c)) => (a, Unary::Scale(c)),
            (Binary::Div, _, Some(c)) => (a, Unary::Over(c)),
            _ => return self.push(Op::Binary(op, a, b), shape),
        };
        let x = self.unary(op, x);
        self.expand(x, shape)
    }

    pub fn sum(&mut self, x: NodeId, axis: usize) -> NodeId {
        let mut shape = self.shape(x).to_vec();
        if std::mem::replace(&mut shape[axis], 1) == 1 {
            return x;
        }
        let x = self.solid(x);
        self.push(Op::Sum(x, axis), shape)
    }

    /// The sum over the axes along which `shape` has size 1.
    pub fn sum_to(&mut self, x: NodeId, shape: &[usize]) -> NodeId {
        (0..shape.len()).filter(|axis| shape[*axis] == 1).fold(x, |x, axis| self.sum(x, axis))
    }

    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let shape = vec![self.shape(a)[0], self.shape(b)[1]];
        self.push(Op::Matmul(a, b), shape)
    }

    pub fn transpose(&mut self, x: NodeId) -> NodeId {
        let shape = self.shape(x).iter().rev().copied().collect();
        match self.nodes[x].op {
            Op::Transpose(of) => of,
            _ => self.push(Op::Transpose(x), shape),
        }
    }

    pub fn reshape(&mut self, x: NodeId, shape: Vec<usize>) -> NodeId {
        if self.shape(x) == shape {
            return x;
        }
        let x = self.solid(x);
        self.push(Op::Reshape(x), shape)
    }

    /// `shape` may have more axes, in front.
    pub fn expand(&mut self, x: NodeId, shape: Vec<usize>) -> NodeId {
        let mut own = vec![1; shape.len() - self.shape(x).len()];
        own.extend(self.shape(x));
        let x = self.reshape(x, own);
        if self.shape(x) == shape { x } else { self.push(Op::Expand(x), shape) }
    }

    /// With the shape of another node.
    pub fn expand_to(&mut self, x: NodeId, like: NodeId) -> NodeId {
        self.expand(x, self.shape(like).to_vec())
    }

    pub fn slice(&mut self, x: NodeId, starts: Vec<usize>, shape: Vec<usize>) -> NodeId {
        if self.shape(x) == shape { x } else { self.push(Op::Slice(x, starts), shape) }
    }

    pub fn pad(&mut self, x: NodeId, starts: Vec<usize>, shape: Vec<usize>) -> NodeId {
        let x = self.solid(x);
        self.push(Op::Pad(x, starts), shape)
    }

    /// The same numbers, one after the other in memory.
    pub fn solid(&mut self, x: NodeId) -> NodeId {
        match self.nodes[x].op {
            Op::Expand(_) | Op::Transpose(_) | Op::Slice(..) => self.unary(Unary::Copy, x),
            _ => x,
        }
    }
}

/// The shape that two of equal rank broadcast to.
fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    a.iter().zip(b).map(|(a, b)| if *a == 1 { *b } else { *a }).collect()
}
