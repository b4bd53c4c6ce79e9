//! Sums along an axis, and the triangles of matrices.

use burn::tensor::{Int, Tensor, TensorData};

use crate::place::constant_like;

/// The matrix that adds up the elements `j` of the last axis for which `part(j, k)`, for each of `count`
/// `k`s.
pub(crate) fn sums<const D: usize>(
    like: &Tensor<D>,
    count: usize,
    part: impl Fn(usize, usize) -> bool,
) -> Tensor<D> {
    let rows = like.dims()[D - 1];
    let ones = (0..rows * count).map(|i| f64::from(u8::from(part(i / count, i % count))));
    let mut shape = [1; D];
    shape[D - 2..].copy_from_slice(&[rows, count]);
    constant_like(like, ones.collect(), shape)
}

/// Which elements of a square matrix a triangle has, in row-major order.
#[derive(Clone, Copy)]
pub(crate) enum Triangle {
    /// From the diagonal down.
    Lower,
    /// Below the diagonal.
    Strict,
}

impl Triangle {
    /// How many elements a matrix of `rows` rows has in the triangle.
    pub fn count(self, rows: usize) -> usize {
        match self {
            Self::Lower => rows * (rows + 1) / 2,
            Self::Strict => rows * rows.saturating_sub(1) / 2,
        }
    }

    /// The rows of the matrix whose triangle has `count` elements, or most that fit.
    pub fn rows(self, count: usize) -> usize {
        (1..).take_while(|rows| self.count(*rows) <= count).last().unwrap_or(0)
    }

    fn has(self, row: usize, column: usize) -> bool {
        match self {
            Self::Lower => row >= column,
            Self::Strict => row > column,
        }
    }

    /// The matrices `[.., n, n]` of triangles `[.., 1, m]`, with zeros elsewhere.
    pub fn fill<const D: usize>(self, z: Tensor<D>) -> Tensor<D> {
        let mut shape = z.dims();
        let rows = self.rows(shape[D - 1]);
        let mut next = 0..;
        let source = (0..rows * rows).map(|i| match self.has(i / rows, i % rows) {
            true => next.next().expect("endless") + 1,
            false => 0,
        });
        let source = index(source.collect(), &z);
        let zero = z.clone().inner().narrow(D - 1, 0, 1).zeros_like();
        let whole = Tensor::cat(vec![zero, z], D - 1).select(D - 1, source);
        shape[D - 2..].copy_from_slice(&[rows, rows]);
        whole.reshape(shape)
    }

    /// The triangles `[.., 1, m]` of matrices `[.., n, n]`.
    pub fn take<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        let mut shape = x.dims();
        let rows = shape[D - 1];
        let chosen = (0..rows * rows).filter(|i| self.has(i / rows, i % rows));
        let chosen = index(chosen.map(|i| i as i64).collect(), &x);
        shape[D - 2..].copy_from_slice(&[1, rows * rows]);
        x.reshape(shape).select(D - 1, chosen)
    }

    /// The shape of the triangles of matrices of `shape`.
    pub fn inverse_shape(self, shape: &[usize]) -> Vec<usize> {
        with_last(shape, |[_, n]| [1, self.count(n)])
    }

    /// The shape of the matrices of triangles of `shape`.
    pub fn forward_shape(self, shape: &[usize]) -> Vec<usize> {
        with_last(shape, |[_, m]| [self.rows(m); 2])
    }
}

fn index<const D: usize>(positions: Vec<i64>, like: &Tensor<D>) -> Tensor<1, Int> {
    let count = positions.len();
    Tensor::from_data(TensorData::new(positions, [count]), &like.device().inner())
}

/// `shape` with other sizes on its last two axes, if it has them.
fn with_last(shape: &[usize], sizes: impl Fn([usize; 2]) -> [usize; 2]) -> Vec<usize> {
    let mut shape = shape.to_vec();
    if let Some(last) = shape.last_chunk_mut::<2>() {
        *last = sizes(*last);
    }
    shape
}

/// The size of the last axis.
pub(super) fn length(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(0)
}

/// `shape` with one element more on the last axis.
pub(super) fn longer(shape: &[usize]) -> Vec<usize> {
    with_length(shape, |n| n + 1)
}

/// `shape` with one element fewer on the last axis.
pub(super) fn shorter(shape: &[usize]) -> Vec<usize> {
    with_length(shape, |n| n.saturating_sub(1))
}

/// `shape` with another size on the last axis.
pub(super) fn with_length(shape: &[usize], size: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut shape = shape.to_vec();
    if let Some(last) = shape.last_mut() {
        *last = size(*last);
    }
    shape
}
