use std::f64::consts::{LN_2, PI};

use burn::tensor::{DType, Float, Tensor};

use crate::distributions::Gamma;
use crate::linalg::{diagonal, keep, lower};
use crate::parameter::check_all;
use crate::place::constant_like;
use crate::shape::{leading, one_an_event, rows_of_square};
use crate::special::polynomial;
use crate::{
    DistError, Distribution, Domain, Entropy, Moments, Noise, Operand, Parameter, Support,
    TensorMap, digamma, lbeta, log_det, solve_lower,
};

/// The distribution of the Cholesky factor `K` of a [`Wishart`](crate::Wishart) matrix `K Kᵀ`.
///
/// `log p(K) = log Wishart(K Kᵀ; ν, L) + n log 2 + Σᵢ (n - i + 1) log Kᵢᵢ` for `i = 1, .., n`, the density of
/// the lower triangle
///
/// # Shapes
/// `df` is `[.., 1, 1]`; `scale_tril` and values are `[.., n, n]`, and `log_prob` is `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, WishartCholesky};
///
/// let device = Device::flex();
/// let one = Tensor::<3>::from_floats([[[1.0]]], &device);
/// let k = Tensor::<3>::from_floats([[[2.0]]], &device);
/// let log_prob: f32 = WishartCholesky::new(3.0, one).log_prob(k).into_scalar();
/// assert!((log_prob + 0.839_497_2).abs() < 1e-6); // √χ²₃ at 2: log(√(2/π) · 4 e⁻²)
/// ```
///
/// # References
/// Bartlett (1933), *On the theory of statistical regression*; Muirhead (1982), *Aspects of Multivariate
/// Statistical Theory*, theorem 3.2.14.
#[derive(Clone, Debug)]
pub struct WishartCholesky<const D: usize> {
    df: Operand<D>,
    scale_tril: Operand<D>,
}

impl<const D: usize> WishartCholesky<D> {
    /// With `df > n - 1` degrees of freedom, by the lower factor `L` of the scale `V = L Lᵀ`.
    pub fn new(df: impl Into<Operand<D>>, scale_tril: Tensor<D>) -> Self {
        Self { df: df.into(), scale_tril: Operand::Tensor(scale_tril) }
    }

    pub(super) fn degrees(&self) -> &Operand<D> {
        &self.df
    }

    pub(super) fn factor(&self) -> Tensor<D> {
        self.scale_tril.tensor()
    }

    pub(super) fn size(&self) -> usize {
        self.scale_tril.dims()[D - 1]
    }

    /// The entropy of the Wishart matrix: `c - (ν - n - 1) (Σ log Lᵢᵢ + ½ n log 2 + ½ ψₙ(½ν)) + ½ ν n` for the logarithm
    /// `c` of the normalizer.
    pub(super) fn matrix_entropy(&self) -> Operand<D> {
        let digamma = (0..self.size()).fold(Operand::Scalar(0.0), |sum, j| {
            ((self.df.clone() - j as f64) * 0.5).digamma() + sum
        });
        let size = self.size() as f64;
        let rest = self.df.clone() - (size + 1.0);
        let log_scale = Operand::Tensor(log_det(self.factor()) * 0.5) + size * 0.5 * LN_2;
        self.normalizer() - rest * (log_scale + digamma * 0.5) + self.df.clone() * (size * 0.5)
    }

    /// The shape, with errors in the name of `distribution`.
    pub(super) fn shape_as(&self, distribution: &'static str) -> Result<[usize; D], DistError> {
        let size = rows_of_square(distribution, "scale_tril", &self.scale_tril)?;
        one_an_event(distribution, "df", &self.df, 2)?;
        let mut shape = leading(distribution, &self.parameters(), 2)?;
        shape[D - 2..].copy_from_slice(&[size, size]);
        Ok(shape)
    }

    /// The checks, likewise.
    pub(super) fn check_as(&self, distribution: &'static str) -> Result<(), DistError> {
        check_all(distribution, &self.parameters())?;
        let least = self.size() as f64 - 1.0;
        match self.df.to_host(self.df.dims()).into_iter().find(|df| *df <= least) {
            None => Ok(()),
            Some(df) => Err(DistError::Freedom { distribution, df, size: self.size() }),
        }
    }

    /// `log Γₙ(½ν) + ½ ν n log 2 + ν Σ log Lᵢᵢ`, the logarithm of what normalizes a Wishart density.
    pub(super) fn normalizer(&self) -> Operand<D> {
        let n = self.size() as f64;
        let log_gamma = (0..self.size()).fold(Operand::Scalar(0.0), |sum, j| {
            ((self.df.clone() - j as f64) * 0.5).lgamma() + sum
        });
        let scale = Operand::Tensor(log_det(self.factor()) * 0.5) + n * 0.5 * LN_2;
        log_gamma + n * (n - 1.0) / 4.0 * PI.ln() + self.df.clone() * scale
    }
}

impl<const D: usize> Distribution<D> for WishartCholesky<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "WishartCholesky"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::new("df", &self.df, Domain::Positive),
            Parameter::new("scale_tril", &self.scale_tril, Domain::LowerCholesky),
        ]
    }

    fn event_rank(&self) -> usize {
        2
    }

    fn support(&self) -> Support {
        Support::LowerCholesky { size: self.size() }
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { df: self.df.with_tensors(map), scale_tril: self.scale_tril.with_tensors(map) }
    }

    /// `L T` with standard normal `Tᵢⱼ` below the diagonal, and `Tᵢᵢ² ~ χ²(ν - i + 1)`.
    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let below = noise.normal(shape);
        let below = below.clone() * keep(&below, |i, j| i > j);
        let half_df = Operand::Tensor(self.each_df() * 0.5);
        let mut rows = shape;
        rows[D - 1] = 1;
        let diagonal = Gamma::new(half_df, 0.5).draw(rows, noise).sqrt();
        let t = below.clone() + diagonal * keep(&below, |i, j| i == j);
        lower(self.factor()).matmul(t)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let n = self.size();
        let logs = diagonal(&value).log(); // log Kᵢᵢ, [.., n, 1]
        let mut rows = [1; D];
        rows[D - 2] = n;
        let order = constant_like(&value, (1..=n).map(|i| i as f64).collect(), rows);
        // (ν - n - 1) + (n - i + 1)
        let kernel = (logs * (self.df.clone() - Operand::Tensor(order)).on(&value)).sum_dim(D - 2);
        let square = solve_lower(self.factor(), value).square().sum_dim(D - 1).sum_dim(D - 2);
        kernel - square * 0.5 - &(self.normalizer() - n as f64 * LN_2)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        self.shape_as(self.name())
    }

    fn check(&self) -> Result<(), DistError> {
        self.check_as(self.name())
    }
}

/// By those of `T`: `Tᵢᵢ` is the root of a `χ²(ν - i + 1)`, with the mean `√2 Γ(½(ν - i + 2)) / Γ(½(ν - i + 1))`, and what
/// lies below is standard normal.
impl<const D: usize> Moments<D> for WishartCholesky<D> {
    fn mean(&self) -> Operand<D> {
        let l = lower(self.factor());
        let mean = self.mean_diagonal().swap_dims(D - 2, D - 1);
        Operand::Tensor(l * mean)
    }

    fn variance(&self) -> Operand<D> {
        let square = lower(self.factor()).square();
        let eye = keep(&square, |i, j| i == j);
        let own = self.variance_diagonal() * eye.clone();
        let below = keep(&square, |i, j| i > j);
        Operand::Tensor(square.matmul(own + below))
    }
}

impl<const D: usize> WishartCholesky<D> {
    /// `ν - i + 1` for each row, `[.., n, 1]`.
    fn each_df(&self) -> Tensor<D> {
        let mut rows = [1; D];
        rows[D - 2] = self.size();
        let lost = (0..self.size()).map(|i| -(i as f64)).collect();
        constant_like(&self.factor(), lost, rows) + &self.df
    }

    /// `E Tᵢᵢ`, likewise.
    fn mean_diagonal(&self) -> Tensor<D> {
        let half = self.each_df() * 0.5;
        let one_half = half.clone().inner().zeros_like() + 0.5;
        (-lbeta(half, one_half)).exp() * std::f64::consts::TAU.sqrt()
    }

    /// The variance of `Tᵢᵢ`, likewise: `2a - (E Tᵢᵢ)²` for `a = ½(ν - i + 1)`; for large `a`, where that cancels,
    /// `½ - 1/16a - 1/64a² + 5/1024a³` (of the expansion of `Γ(a + ½)/Γ(a)`: Tricomi & Erdélyi 1951).
    fn variance_diagonal(&self) -> Tensor<D> {
        let half = self.each_df() * 0.5;
        let direct = half.clone() * 2.0 - self.mean_diagonal().square();
        let series = [0.5, -1.0 / 16.0, -1.0 / 64.0, 5.0 / 1024.0];
        let expanded = polynomial(&series, half.clone().recip());
        let large = if half.dtype() == DType::F32 { 16.0 } else { 1000.0 };
        direct.mask_where(half.greater_elem(large), expanded)
    }
}

/// That of the matrix, less the mean logarithm of the slope of `K Kᵀ`, by `E log χ²(d) = ψ(½d) + log 2`.
impl<const D: usize> Entropy<D> for WishartCholesky<D> {
    fn entropy(&self) -> Operand<D> {
        let n = self.size();
        let logs = (digamma(self.each_df() * 0.5) + LN_2) * 0.5 + diagonal(&self.factor()).log();
        let mut rows = [1; D];
        rows[D - 2] = n;
        let weights = (0..n).map(|i| (n - i) as f64).collect();
        let slope = (logs.clone() * constant_like(&logs, weights, rows)).sum_dim(D - 2);
        Operand::Tensor(-slope - n as f64 * LN_2) + self.matrix_entropy()
    }
}
