//! The code of a kernel, with as few registers as it needs.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId, Op};
use crate::kernel::{Instruction, Kernel};
use crate::view::View;

/// A kernel with the number of its registers.
pub(crate) struct Fused {
    pub kernel: Kernel,
    pub registers: usize,
}

/// The kernel of elementwise nodes of one shape; `view` tells where an operand from elsewhere lies, and `stored` which slot a
/// node's numbers go to, if others than the kernel want them.
pub(crate) fn fuse(
    graph: &Graph,
    nodes: &[NodeId],
    view: impl Fn(NodeId) -> View,
    stored: impl Fn(NodeId) -> Option<usize>,
) -> Fused {
    let shape = graph.shape(nodes[0]);
    let mut kernel = Kernel { len: shape.iter().product(), views: Vec::new(), code: Vec::new() };
    let mut values: HashMap<NodeId, usize> = HashMap::new();
    for id in nodes {
        for operand in graph.nodes()[*id].op.operands() {
            let fresh = values.len();
            values.entry(operand).or_insert_with(|| {
                kernel.code.push(Instruction::Load { view: kernel.views.len(), to: fresh });
                kernel.views.push(view(operand).expanded(shape).into());
                fresh
            });
        }
        let to = values.len();
        kernel.code.push(match graph.nodes()[*id].op {
            Op::Unary(op, x) => Instruction::Unary { op, from: values[&x], to },
            Op::Binary(op, a, b) => Instruction::Binary { op, a: values[&a], b: values[&b], to },
            _ => unreachable!("elementwise nodes alone are fused"),
        });
        values.insert(*id, to);
        if let Some(slot) = stored(*id) {
            kernel.code.push(Instruction::Store { from: to, slot });
        }
    }
    let registers = allocate(&mut kernel.code, values.len());
    Fused { kernel, registers }
}

/// Lets values share registers, one after the other; the result of an instruction never lies where an operand of it does. Returns
/// the number of registers.
fn allocate(code: &mut [Instruction], values: usize) -> usize {
    let mut last = vec![0; values];
    for (position, instruction) in code.iter().enumerate() {
        sources(instruction).for_each(|value| last[value] = position);
    }
    let (mut register, mut free, mut count) = (vec![0; values], Vec::new(), 0);
    for (position, instruction) in code.iter_mut().enumerate() {
        let read: Vec<usize> = sources(instruction).collect();
        if let Some(value) = target(instruction) {
            register[value] = free.pop().unwrap_or_else(|| {
                count += 1;
                count - 1
            });
        }
        rename(instruction, &register);
        let mut dead: Vec<usize> =
            read.into_iter().filter(|value| last[*value] == position).collect();
        dead.dedup();
        free.extend(dead.into_iter().map(|value| register[value]));
    }
    count
}

fn sources(instruction: &Instruction) -> impl Iterator<Item = usize> + use<> {
    let [a, b] = match *instruction {
        Instruction::Load { .. } => [None, None],
        Instruction::Store { from, .. } | Instruction::Unary { from, .. } => [Some(from), None],
        Instruction::Binary { a, b, .. } => [Some(a), Some(b)],
    };
    a.into_iter().chain(b)
}

fn target(instruction: &Instruction) -> Option<usize> {
    match *instruction {
        Instruction::Store { .. } => None,
        Instruction::Load { to, .. }
        | Instruction::Unary { to, .. }
        | Instruction::Binary { to, .. } => Some(to),
    }
}

fn rename(instruction: &mut Instruction, register: &[usize]) {
    let new = |value: &mut usize| *value = register[*value];
    match instruction {
        Instruction::Load { to, .. } => new(to),
        Instruction::Store { from, .. } => new(from),
        Instruction::Unary { from, to, .. } => [from, to].into_iter().for_each(new),
        Instruction::Binary { a, b, to, .. } => [a, b, to].into_iter().for_each(new),
    }
}
