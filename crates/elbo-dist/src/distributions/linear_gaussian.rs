use burn::tensor::Tensor;

use crate::Operand;
use crate::TensorMap;
use crate::linalg::{keep, lower};

/// A linear map with normal errors: `y = A z + L ε` for standard normal `ε`.
///
/// # Shapes
/// `matrix` is `[.., m, n]`, `scale_tril` is `[.., m, m]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, LinearGaussian, LinearGaussianStateSpace, Noise};
///
/// let device = Device::flex();
/// let halved = Tensor::<3>::from_floats([[[0.5]]], &device);
/// let exact = Tensor::<3>::from_floats([[[1e-6]]], &device);
/// let map = LinearGaussian::new(halved, exact.clone());
/// let start = Tensor::<3>::from_floats([[[8.0]]], &device);
/// let series = LinearGaussianStateSpace::new(map.clone(), map, 3).with_initial(start, exact);
/// let x = series.sample(1, &mut Noise::new(0, &device)).unwrap(); // 8, 4, 2 halved
/// let x = x.into_data().try_to_vec::<f32>().unwrap();
/// assert!((x[0] - 4.0).abs() < 1e-4 && (x[2] - 1.0).abs() < 1e-4);
/// ```
#[derive(Clone, Debug)]
pub struct LinearGaussian<const D: usize> {
    pub(super) matrix: Operand<D>,
    pub(super) scale_tril: Operand<D>,
}

impl<const D: usize> LinearGaussian<D> {
    /// By the matrix `A` and the lower factor `L` of the errors' covariance.
    pub fn new(matrix: Tensor<D>, scale_tril: Tensor<D>) -> Self {
        Self { matrix: Operand::Tensor(matrix), scale_tril: Operand::Tensor(scale_tril) }
    }

    pub(super) fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            matrix: self.matrix.with_tensors(map),
            scale_tril: self.scale_tril.with_tensors(map),
        }
    }

    /// `z Aᵀ` of rows `[.., 1, n]`.
    pub(super) fn map(&self, rows: Tensor<D>) -> Tensor<D> {
        rows.matmul(transposed(self.matrix.tensor()))
    }

    /// `A P Aᵀ + L Lᵀ`
    pub(super) fn covariance(&self, p: Tensor<D>) -> Tensor<D> {
        let a = self.matrix.tensor();
        a.clone().matmul(p).matmul(transposed(a)) + self.errors()
    }

    /// `L Lᵀ`
    pub(super) fn errors(&self) -> Tensor<D> {
        let l = lower(self.scale_tril.tensor());
        l.clone().matmul(transposed(l))
    }

    /// A draw of `y`, as rows, from that of `z` and from standard normal rows.
    pub(super) fn draw(&self, rows: Tensor<D>, noise: Tensor<D>) -> Tensor<D> {
        self.map(rows) + noise.matmul(transposed(lower(self.scale_tril.tensor())))
    }
}

pub(super) fn transposed<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.swap_dims(D - 2, D - 1)
}

/// `(I - K A) P (I - K A)ᵀ + K E Kᵀ`: the covariance that is left of `P` by a gain `K` from what a map `A` with
/// errors `E` says. It is `P - K A P`, but a sum of squares, in which a small variance that follows a large one is
/// not lost to rounding (Bucy & Joseph 1968, *Filtering for Stochastic Processes*).
pub(super) fn after<const D: usize>(
    p: Tensor<D>,
    gain: Tensor<D>,
    map: Tensor<D>,
    errors: Tensor<D>,
) -> Tensor<D> {
    let told = gain.clone().matmul(map);
    let kept = keep(&told, |i, j| i == j) - told;
    let own = kept.clone().matmul(p).matmul(transposed(kept));
    own + gain.clone().matmul(errors).matmul(transposed(gain))
}

/// The mean and the variance of each number of the state at each step.
///
/// # Shapes
/// Both are `[.., T, n]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{LinearGaussian, LinearGaussianStateSpace};
///
/// let one = || Tensor::<3>::ones([1, 1, 1], &Device::flex());
/// let walk = LinearGaussian::new(one(), one());
/// let level = LinearGaussianStateSpace::new(walk.clone(), walk, 1); // z ~ N(0, 1), x ~ N(z, 1)
/// let state = level.filtered(one() * 3.0);
/// assert!((state.mean.into_scalar::<f32>() - 1.5).abs() < 1e-6);
/// assert!((state.variance.into_scalar::<f32>() - 0.5).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct StateMoments<const D: usize> {
    /// The means.
    pub mean: Tensor<D>,
    /// The variances.
    pub variance: Tensor<D>,
}
