use burn::tensor::{Float, Tensor};

use crate::linalg::lower;
use crate::shape::{leading, rows_of_square, sizes_apart, widest};
use crate::{
    DistError, Distribution, Domain, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Parameter,
    Support, TensorMap, log_det, solve_lower,
};

/// The normal distribution of `n` by `p` matrices `X = M + A Z Bᵀ` with independent standard normal `Z`: rows
/// covary as `A Aᵀ`, columns as `B Bᵀ`.
///
/// `log p(X) = -½ |A⁻¹ (X - M) B⁻ᵀ|² - p Σ log Aᵢᵢ - n Σ log Bⱼⱼ - ½ n p log 2π`
///
/// # Shapes
/// `loc` and values are `[.., n, p]`, the factors `A` and `B` are `[.., n, n]` and `[.., p, p]`; `log_prob` is
/// `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, MatrixNormal};
///
/// let device = Device::flex();
/// let rows = Tensor::<3>::from_floats([[[2.0, 0.0], [1.0, 4.0]]], &device);
/// let columns = Tensor::<3>::from_floats([[[0.5]]], &device);
/// let x = Tensor::<3>::from_floats([[[1.0], [4.5]]], &device); // A (1, 1) · ½ + (0, 2)
/// let log_prob: f32 = MatrixNormal::new(0.0, rows, columns).log_prob(x).into_scalar();
/// // z = (1, 2): -½ · 5 - log 8 - 2 log ½ - log 2π
/// assert!((log_prob + 2.5 + 2.0_f32.ln() + 1.837_877_1).abs() < 1e-6);
/// ```
///
/// # References
/// Gupta & Nagar (2000), *Matrix Variate Distributions*, theorem 2.2.1.
#[derive(Clone, Debug)]
pub struct MatrixNormal<const D: usize> {
    loc: Operand<D>,
    scale_tril_row: Operand<D>,
    scale_tril_column: Operand<D>,
}

impl<const D: usize> MatrixNormal<D> {
    /// About `loc`, by the lower factors of the rows' and of the columns' covariance.
    pub fn new(
        loc: impl Into<Operand<D>>,
        scale_tril_row: Tensor<D>,
        scale_tril_column: Tensor<D>,
    ) -> Self {
        let scale_tril_row = Operand::Tensor(scale_tril_row);
        Self {
            loc: loc.into(),
            scale_tril_row,
            scale_tril_column: Operand::Tensor(scale_tril_column),
        }
    }

    /// `A`, `B`, `n` and `p`.
    fn factors(&self) -> (Tensor<D>, Tensor<D>, f64, f64) {
        let (a, b) = (self.scale_tril_row.tensor(), self.scale_tril_column.tensor());
        let (n, p) = (a.dims()[D - 1] as f64, b.dims()[D - 1] as f64);
        (a, b, n, p)
    }

    /// `p Σ log Aᵢᵢ + n Σ log Bⱼⱼ + n p c`
    fn normalizer(&self, constant: f64) -> Tensor<D> {
        let (a, b, n, p) = self.factors();
        log_det(a) * (0.5 * p) + log_det(b) * (0.5 * n) + n * p * constant
    }
}

impl<const D: usize> Distribution<D> for MatrixNormal<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "MatrixNormal"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        let factor = Domain::LowerCholesky;
        vec![
            Parameter::new("loc", &self.loc, Domain::Real),
            Parameter::new("scale_tril_row", &self.scale_tril_row, factor),
            Parameter::new("scale_tril_column", &self.scale_tril_column, factor),
        ]
    }

    fn event_rank(&self) -> usize {
        2
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            loc: self.loc.with_tensors(map),
            scale_tril_row: self.scale_tril_row.with_tensors(map),
            scale_tril_column: self.scale_tril_column.with_tensors(map),
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let (a, b, ..) = self.factors();
        let z = noise.normal(shape);
        lower(a).matmul(z).matmul(lower(b).swap_dims(D - 2, D - 1)) + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let (a, b, ..) = self.factors();
        let rows = solve_lower(a, value - &self.loc);
        let z = solve_lower(b, rows.swap_dims(D - 2, D - 1));
        let square = z.square().sum_dim(D - 1).sum_dim(D - 2);
        square * -0.5 - self.normalizer(HALF_LN_TWO_PI)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let row = rows_of_square(self.name(), "scale_tril_row", &self.scale_tril_row)?;
        let column = rows_of_square(self.name(), "scale_tril_column", &self.scale_tril_column)?;
        let mut shape = leading(self.name(), &self.parameters(), 2)?;
        shape[D - 2..].copy_from_slice(&[row, column]);
        let loc = self.loc.dims();
        let fits = |axis: usize| loc[axis] == 1 || loc[axis] == shape[axis];
        match fits(D - 2) && fits(D - 1) {
            true => Ok(shape),
            false => Err(sizes_apart(self.name(), self.parameters())),
        }
    }

    fn outline(&self) -> [usize; D] {
        let mut shape = widest(self.loc.dims(), self.scale_tril_row.dims());
        shape[D - 1] = self.scale_tril_column.dims()[D - 1];
        shape
    }
}

impl<const D: usize> Moments<D> for MatrixNormal<D> {
    fn mean(&self) -> Operand<D> {
        self.loc.clone()
    }

    fn variance(&self) -> Operand<D> {
        let (a, b, ..) = self.factors();
        let diagonal = |factor: Tensor<D>| lower(factor).square().sum_dim(D - 1);
        Operand::Tensor(diagonal(a) * diagonal(b).swap_dims(D - 2, D - 1))
    }
}

impl<const D: usize> Entropy<D> for MatrixNormal<D> {
    fn entropy(&self) -> Operand<D> {
        Operand::Tensor(self.normalizer(HALF_LN_TWO_PI + 0.5))
    }
}
