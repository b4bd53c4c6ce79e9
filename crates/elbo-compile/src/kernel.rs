//! Elementwise operations that run together, a block of elements at a time.

use crate::graph::{Binary, Unary};
use crate::math;
use crate::view::View;

/// The elements of a block: a dozen registers of them fit into the nearest cache.
pub(crate) const BLOCK: usize = 512;

/// The elements of the widest vector: loops run over multiples of it, beyond the last element if need be.
const LANES: usize = 16;

/// One number for each element of a block.
pub(crate) type Register = [f32; BLOCK];

/// What is done with a block; registers by their numbers.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    Load {
        view: usize,
        to: usize,
    },
    Store {
        from: usize,
        slot: usize,
    },
    Unary {
        op: Unary,
        from: usize,
        to: usize,
    },
    /// `to` is neither `a` nor `b`.
    Binary {
        op: Binary,
        a: usize,
        b: usize,
        to: usize,
    },
}

/// A fused chain of operations on elements.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    /// The number of elements.
    pub len: usize,
    pub views: Vec<Loaded>,
    pub code: Vec<Instruction>,
}

/// A view with the axes along which it is read.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    view: View,
    axes: Vec<[usize; 2]>,
}

impl From<View> for Loaded {
    fn from(view: View) -> Self {
        let axes = view.axes();
        Self { view, axes }
    }
}

impl Kernel {
    #[inline(always)]
    pub fn run(&self, slots: &mut [Vec<f32>], registers: &mut [Register]) {
        for start in (0..self.len).step_by(BLOCK) {
            let count = BLOCK.min(self.len - start);
            let lanes = count.next_multiple_of(LANES);
            for instruction in &self.code {
                match *instruction {
                    Instruction::Load { view, to } => {
                        let Loaded { view, axes } = &self.views[view];
                        load(view, axes, &slots[view.slot], start, &mut registers[to][..count]);
                    }
                    Instruction::Store { from, slot } => {
                        slots[slot][start..start + count]
                            .copy_from_slice(&registers[from][..count]);
                    }
                    Instruction::Unary { op, from, to } => {
                        let [x, y] = registers.get_disjoint_mut([from, to]).expect(APART);
                        unary(op, &x[..lanes], &mut y[..lanes]);
                    }
                    Instruction::Binary { op, a, b, to } if a == b => {
                        let [a, y] = registers.get_disjoint_mut([a, to]).expect(APART);
                        binary(op, &a[..lanes], &a[..lanes], &mut y[..lanes]);
                    }
                    Instruction::Binary { op, a, b, to } => {
                        let [a, b, y] = registers.get_disjoint_mut([a, b, to]).expect(APART);
                        binary(op, &a[..lanes], &b[..lanes], &mut y[..lanes]);
                    }
                }
            }
        }
    }
}

/// What the plan takes care of.
const APART: &str = "a result does not lie where its operands do";

/// The elements from number `start` on.
#[inline(always)]
fn load(view: &View, axes: &[[usize; 2]], from: &[f32], start: usize, mut to: &mut [f32]) {
    let [inner, stride] = axes[axes.len() - 1];
    let mut number = start;
    while !to.is_empty() {
        let offset = match axes.len() {
            1 => view.offset + number * stride,
            _ => view.at(number),
        };
        let count = (inner - number % inner).min(to.len());
        let (run, rest) = to.split_at_mut(count);
        match stride {
            0 => run.fill(from[offset]),
            1 => run.copy_from_slice(&from[offset..offset + count]),
            _ => {
                let strided = from[offset..].iter().step_by(stride);
                run.iter_mut().zip(strided).for_each(|(to, from)| *to = *from);
            }
        }
        (to, number) = (rest, number + count);
    }
}

#[inline(always)]
fn unary(op: Unary, x: &[f32], y: &mut [f32]) {
    match op {
        Unary::Abs => map(x, y, f32::abs),
        Unary::Copy => map(x, y, |x| x),
        Unary::Exp => map(x, y, math::exp),
        Unary::Log => map(x, y, math::log),
        Unary::Neg => map(x, y, |x| -x),
        Unary::Over(number) => map(x, y, |x| x / number),
        Unary::Recip => map(x, y, |x| 1.0 / x),
        Unary::Relu => map(x, y, |x| if x < 0.0 { 0.0 } else { x }),
        Unary::Scale(number) => map(x, y, |x| x * number),
        Unary::Shift(number) => map(x, y, |x| x + number),
        Unary::Sign => map(x, y, sign),
        Unary::Sqrt => map(x, y, f32::sqrt),
        Unary::Step => map(x, y, |x| sign(x) * 0.5 + 0.5),
        Unary::Tanh => map(x, y, math::tanh),
    }
}

#[inline(always)]
fn binary(op: Binary, a: &[f32], b: &[f32], y: &mut [f32]) {
    match op {
        Binary::Add => map_pairs(a, b, y, |a, b| a + b),
        Binary::Sub => map_pairs(a, b, y, |a, b| a - b),
        Binary::Mul => map_pairs(a, b, y, |a, b| a * b),
        Binary::Div => map_pairs(a, b, y, |a, b| a / b),
    }
}

/// -1, 0 or 1; NaN of NaN.
#[inline(always)]
fn sign(x: f32) -> f32 {
    let below = if x < 0.0 { -1.0 } else { x };
    if x > 0.0 { 1.0 } else { below }
}

#[inline(always)]
fn map(x: &[f32], y: &mut [f32], f: impl Fn(f32) -> f32) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = f(*x);
    }
}

#[inline(always)]
fn map_pairs(a: &[f32], b: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    for (y, (a, b)) in y.iter_mut().zip(a.iter().zip(b)) {
        *y = f(*a, *b);
    }
}
