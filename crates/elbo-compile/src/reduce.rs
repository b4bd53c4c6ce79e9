//! Sums over an axis, and parts among zeros.

use crate::view::View;

/// The numbers that are added side by side, so that rounding errors do not pile up and vectors are filled.
const LANES: usize = 64;

/// The sum over an axis.
#[derive(Clone, Debug)]
pub(crate) struct Sum {
    from: usize,
    to: usize,
    /// The sizes of the axes before it, of itself and of those after it.
    outer: usize,
    size: usize,
    inner: usize,
}

impl Sum {
    pub fn new(from: &View, axis: usize, to: usize) -> Self {
        let outer = from.shape[..axis].iter().product();
        let inner = from.shape[axis + 1..].iter().product();
        Self { from: from.slot, to, outer, size: from.shape[axis], inner }
    }

    #[inline(always)]
    pub fn run(&self, slots: &mut [Vec<f32>]) {
        let Self { outer, size, inner, .. } = *self;
        let apart = slots.get_disjoint_mut([self.from, self.to]);
        let [from, to] = apart.expect("a result does not lie where its operand does");
        for row in 0..outer {
            let from = &from[row * size * inner..][..size * inner];
            let to = &mut to[row * inner..][..inner];
            if inner == 1 {
                to[0] = sum(from);
                continue;
            }
            to.fill(0.0);
            for part in from.chunks_exact(inner) {
                to.iter_mut().zip(part).for_each(|(to, part)| *to += part);
            }
        }
    }
}

#[inline(always)]
fn sum(numbers: &[f32]) -> f32 {
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter_mut().zip(rest).for_each(|(sum, number)| *sum += number);
    fold(sums)
}

/// The sum of lanes, by halves.
#[inline(always)]
pub(crate) fn fold<const N: usize>(mut sums: [f32; N]) -> f32 {
    let mut width = N / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

/// A tensor among zeros.
#[derive(Clone, Debug)]
pub(crate) struct Pad {
    from: usize,
    to: usize,
    /// The elements of `to`.
    len: usize,
    /// The elements that lie together.
    run: usize,
    /// Where each run begins in `to`.
    starts: Vec<usize>,
}

impl Pad {
    pub fn new(from: &View, starts: &[usize], to: View) -> Self {
        let run = from.shape.last().copied().unwrap_or(1).max(1);
        let len = to.shape.iter().product();
        let (slot, part) = (to.slot, to.sliced(starts, &from.shape));
        let count: usize = from.shape.iter().product();
        let starts = (0..count).step_by(run).map(|number| part.at(number)).collect();
        Self { from: from.slot, to: slot, len, run, starts }
    }

    #[inline(always)]
    pub fn run(&self, slots: &mut [Vec<f32>]) {
        let apart = slots.get_disjoint_mut([self.from, self.to]);
        let [from, to] = apart.expect("a result does not lie where its operand does");
        to[..self.len].fill(0.0);
        for (part, start) in from.chunks_exact(self.run).zip(&self.starts) {
            to[*start..][..self.run].copy_from_slice(part);
        }
    }
}
