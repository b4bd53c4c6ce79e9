//! Fixed coordinates in which a posterior is close to standard.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::Place;
use elbo_model::named_param;
use nalgebra::DMatrix;

use crate::FrameKind;
use crate::family::{apply, per_row};

/// Fixed affine coordinates `z = m + A u`, in which a family starts as the standard one of its kind.
///
/// They are saved with a guide and are not trained: an optimizer that steps by 0.01 steps by a hundredth of a
/// standard deviation, whatever the units of the model.
#[derive(Module, Debug)]
pub(crate) struct Frame {
    loc: Param<Tensor<2>>,
    /// `[R, d]`, the scales of the coordinates, where there is no `dense`.
    diagonal: Param<Tensor<2>>,
    /// `[R, d, d]`
    dense: Option<Param<Tensor<3>>>,
    /// `log |A|`, `[R, 1]`.
    log_det: Param<Tensor<2>>,
}

/// A normal distribution that stands for a posterior: its location and a root `A` of its covariance `A Aᵀ`.
#[derive(Clone, Debug)]
pub(crate) struct Approximation {
    pub loc: Vec<f64>,
    pub root: DMatrix<f64>,
    /// `log |A|`
    pub log_det: f64,
}

impl Approximation {
    /// The standard deviation of each coordinate.
    fn scales(&self) -> Vec<f64> {
        self.root.row_iter().map(|row| row.norm()).collect()
    }
}

/// The elements of a matrix, row by row.
pub(crate) fn row_major(matrix: &DMatrix<f64>) -> Vec<f64> {
    matrix.transpose().as_slice().to_vec()
}

impl Frame {
    /// The coordinates of one approximation a member.
    pub fn new(approximations: &[Approximation], kind: FrameKind, place: &Place) -> Self {
        let (r, d) = (approximations.len(), approximations[0].loc.len());
        let scales: Vec<f64> = approximations.iter().flat_map(Approximation::scales).collect();
        let dense = (kind == FrameKind::Dense).then(|| {
            let roots = approximations.iter().flat_map(|normal| row_major(&normal.root)).collect();
            fixed("frame.dense", place.tensor(roots, [r, d, d]))
        });
        let log_det = match kind {
            FrameKind::Dense => approximations.iter().map(|normal| normal.log_det).collect(),
            FrameKind::Diagonal => {
                scales.chunks(d).map(|row| row.iter().map(|s| s.ln()).sum()).collect()
            }
        };
        let locs = approximations.iter().flat_map(|normal| normal.loc.clone()).collect();
        Self {
            loc: fixed("frame.loc", place.tensor(locs, [r, d])),
            diagonal: fixed("frame.diagonal", place.tensor(scales, [r, d])),
            dense,
            log_det: fixed("frame.log_det", place.tensor(log_det, [r, 1])),
        }
    }

    /// `z = m + A u`.
    pub fn forward(&self, u: Tensor<2>) -> Tensor<2> {
        let rows = u.dims()[0];
        let scaled = match &self.dense {
            Some(root) => apply(root.val().inner(), u),
            None => u * per_row(self.diagonal.val().inner(), rows),
        };
        scaled + per_row(self.loc.val().inner(), rows)
    }

    /// `u = A⁻¹ (z - m)`.
    pub fn inverse(&self, z: Tensor<2>) -> Tensor<2> {
        let rows = z.dims()[0];
        let centred = z - per_row(self.loc.val().inner(), rows);
        match &self.dense {
            Some(root) => apply(inverse(&root.val().inner()), centred),
            None => centred / per_row(self.diagonal.val().inner(), rows),
        }
    }

    /// `A L`.
    pub fn times(&self, factor: Tensor<3>) -> Tensor<3> {
        match &self.dense {
            Some(root) => root.val().inner().matmul(factor),
            None => factor * self.diagonal().unsqueeze_dim::<3>(2),
        }
    }

    /// `log |A|`, `[R, 1]`, for each of `rows` rows if there are several members.
    pub fn log_det(&self, rows: usize) -> Tensor<2> {
        per_row(self.log_det.val().inner(), rows)
    }

    /// The scales of the coordinates `[R, d]`.
    pub fn diagonal(&self) -> Tensor<2> {
        self.diagonal.val().inner()
    }

    pub fn restart(&self, restart: usize) -> Self {
        let rows = |param: &Param<Tensor<2>>| take(param, restart).set_require_grad(false);
        Self {
            loc: rows(&self.loc),
            diagonal: rows(&self.diagonal),
            dense: self.dense.as_ref().map(|root| take(root, restart).set_require_grad(false)),
            log_det: rows(&self.log_det),
        }
    }
}

/// The inverse of each matrix, computed on the host.
fn inverse(matrices: &Tensor<3>) -> Tensor<3> {
    let [r, d, _] = matrices.dims();
    let numbers: Vec<f64> = matrices.to_data().iter::<f64>().collect();
    let inverse = |numbers: &[f64]| {
        let inverse = DMatrix::from_row_slice(d, d, numbers).try_inverse();
        row_major(&inverse.unwrap_or_else(|| DMatrix::repeat(d, d, f64::NAN)))
    };
    let inverses = numbers.chunks(d * d).flat_map(inverse).collect();
    Place::of(matrices).expect("a frame is made at a place").tensor(inverses, [r, d, d])
}

/// A parameter that is saved and not trained.
fn fixed<const D: usize>(name: &str, value: Tensor<D>) -> Param<Tensor<D>> {
    named_param(name, value).set_require_grad(false)
}

/// The part of a parameter that belongs to one restart.
pub(crate) fn take<const D: usize>(param: &Param<Tensor<D>>, restart: usize) -> Param<Tensor<D>> {
    take_some(param, restart, 1)
}

/// The part of a parameter that belongs to so many members.
pub(crate) fn take_some<const D: usize>(
    param: &Param<Tensor<D>>,
    first: usize,
    count: usize,
) -> Param<Tensor<D>> {
    let (id, value) = (param.id, param.val().inner());
    Param::initialized(id, value.narrow(0, first, count)).set_require_grad(true)
}

/// The vectors on the real line of vectors of a frame, if there is one.
pub(crate) fn placed(frame: Option<&Frame>, u: Tensor<2>) -> Tensor<2> {
    match frame {
        Some(frame) => frame.forward(u),
        None => u,
    }
}
