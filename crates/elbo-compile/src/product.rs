//! Products of matrices.
//!
//! Those of a variational fit are narrow: a few particles times a table of data. Such products are bound by reading the table, and
//! plain loops over its rows read it as fast as it can be read.

use crate::reduce::fold;
use crate::view::View;

/// The columns that are summed before the next ones, so that they stay in the nearest cache.
const COLUMNS: usize = 512;

/// The numbers that are multiplied side by side.
const LANES: usize = 64;

/// A product `C = A B`.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    a: View,
    b: View,
    to: usize,
    form: Form,
}

/// By which loops.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// Each row of `C` is a sum of rows of `B`.
    Rows,
    /// Each element is the product of a row of `A` and a column of `B`, both of which lie together.
    Dots,
    /// Each element for itself.
    Elements,
}

impl Product {
    pub fn new(a: View, b: View, to: usize) -> Self {
        let lies = |view: &View, axis: usize| view.strides[axis] == 1 || view.shape[axis] == 1;
        let form = match () {
            () if lies(&a, 1) && lies(&b, 0) => Form::Dots,
            () if lies(&b, 1) && b.shape[1] > 1 => Form::Rows,
            // The transposed product, which is as long in memory.
            () if lies(&a, 0) && b.shape[1] == 1 => {
                let (a, b) = (b.transposed(), a.transposed());
                return Self { a, b, to, form: Form::Rows };
            }
            () => Form::Elements,
        };
        Self { a, b, to, form }
    }

    #[inline(always)]
    pub fn run(&self, slots: &mut [Vec<f32>]) {
        let mut to = std::mem::take(&mut slots[self.to]);
        let (a, b) = (&slots[self.a.slot][self.a.offset..], &slots[self.b.slot][self.b.offset..]);
        match self.form {
            Form::Rows => self.rows(a, b, &mut to),
            Form::Dots => self.dots(a, b, &mut to),
            Form::Elements => self.elements(a, b, &mut to),
        }
        slots[self.to] = to;
    }

    /// Sizes `[m, k, n]` of `[m, k]` times `[k, n]`.
    fn sizes(&self) -> [usize; 3] {
        [self.a.shape[0], self.a.shape[1], self.b.shape[1]]
    }

    #[inline(always)]
    fn rows(&self, a: &[f32], b: &[f32], to: &mut [f32]) {
        let [m, k, n] = self.sizes();
        let (row, over) = (self.b.strides[0], &self.a.strides);
        for start in (0..n).step_by(COLUMNS) {
            let width = COLUMNS.min(n - start);
            for i in 0..m {
                let sums = &mut to[i * n + start..][..width];
                sums.fill(0.0);
                let weight = |l: usize| a[i * over[0] + l * over[1]];
                let part = |l: usize| &b[l * row + start..][..width];
                let fours = k / 4 * 4;
                for l in (0..fours).step_by(4) {
                    let weights = [weight(l), weight(l + 1), weight(l + 2), weight(l + 3)];
                    let left = part(l).iter().zip(part(l + 1));
                    let right = part(l + 2).iter().zip(part(l + 3));
                    for (sum, ((x, y), (z, w))) in sums.iter_mut().zip(left.zip(right)) {
                        let left = weights[0] * x + weights[1] * y;
                        *sum += left + (weights[2] * z + weights[3] * w);
                    }
                }
                for l in fours..k {
                    let (weight, part) = (weight(l), part(l));
                    sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += weight * part);
                }
            }
        }
    }

    #[inline(always)]
    fn dots(&self, a: &[f32], b: &[f32], to: &mut [f32]) {
        let [m, k, n] = self.sizes();
        for j in 0..n {
            let column = &b[j * self.b.strides[1]..][..k];
            for i in 0..m {
                to[i * n + j] = dot(&a[i * self.a.strides[0]..][..k], column);
            }
        }
    }

    fn elements(&self, a: &[f32], b: &[f32], to: &mut [f32]) {
        let [m, k, n] = self.sizes();
        let (a_over, b_over) = (&self.a.strides, &self.b.strides);
        for (at, to) in to[..m * n].iter_mut().enumerate() {
            let (i, j) = (at / n, at % n);
            let term =
                |l: usize| a[i * a_over[0] + l * a_over[1]] * b[l * b_over[0] + j * b_over[1]];
            *to = (0..k).map(term).sum();
        }
    }
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    sums.iter_mut().zip(rest).for_each(|(sum, (a, b))| *sum += a * b);
    fold(sums)
}
