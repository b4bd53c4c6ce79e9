use std::f64::consts::LN_2;

use burn::tensor::{Float, Tensor};

use crate::distributions::Beta;
use crate::linalg::diagonal;
use crate::operands::operands;
use crate::place::constant_like;
use crate::shape::{one_an_event, with_categories};
use crate::transforms::triangle::Triangle;
use crate::transforms::{from_partial, log_lengths};
use crate::{DistError, Distribution, Entropy, Noise, Operand, Support, broadcast, log1p};

/// The distribution of the Cholesky factor `L` of an `n` by `n` correlation matrix whose density is
/// proportional to `|L Lᵀ|^(η - 1)`: uniform for `η = 1`, about the identity above.
///
/// `log p(L) = Σᵢ (n - i + 2η - 2) log Lᵢᵢ - Σⱼ (n - j) ((2bⱼ - 1) log 2 + log B(bⱼ, bⱼ))` for `i = 2, .., n`
/// and `j = 1, .., n - 1`, with `bⱼ = η + ½ (n - 1 - j)`; the density of what lies below the diagonal
///
/// # Shapes
/// `concentration` is `[.., 1, 1]`; values are `[.., n, n]`, and `log_prob` is `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, LkjCholesky};
///
/// let device = Device::flex();
/// let l = Tensor::<3>::from_floats([[[1.0, 0.0], [0.6, 0.8]]], &device);
/// let log_prob: f32 = LkjCholesky::new(2, 2.0).log_prob(l).into_scalar();
/// assert!((log_prob - 0.48_f32.ln()).abs() < 1e-6); // ¾ (1 - 0.6²)
/// ```
///
/// # References
/// Lewandowski, Kurowicka & Joe (2009), *Generating random correlation matrices based on vines and extended
/// onion method*, section 2.
#[derive(Clone, Debug)]
pub struct LkjCholesky<const D: usize> {
    size: usize,
    concentration: Operand<D>,
}

impl<const D: usize> LkjCholesky<D> {
    /// Of matrices of `size` rows, with `concentration > 0`.
    pub fn new(size: usize, concentration: impl Into<Operand<D>>) -> Self {
        Self { size, concentration: concentration.into() }
    }

    fn normalizer(&self) -> Operand<D> {
        (1..self.size).fold(Operand::Scalar(0.0), |sum, j| {
            let b = self.concentration.clone() + (self.size - 1 - j) as f64 * 0.5;
            let one = b.lbeta(&b) + (b * 2.0 - 1.0) * LN_2;
            one * (self.size - j) as f64 + sum
        })
    }
}

impl<const D: usize> Distribution<D> for LkjCholesky<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("LkjCholesky", concentration: Positive);

    fn event_rank(&self) -> usize {
        2
    }

    fn support(&self) -> Support {
        Support::CorrCholesky { size: self.size }
    }

    /// By independent partial correlations, `½ (rᵢⱼ + 1) ~ Beta(bⱼ, bⱼ)`.
    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let below = Triangle::Strict;
        let mut packed = shape;
        packed[D - 2..].copy_from_slice(&[1, below.count(self.size)]);
        if packed[D - 1] == 0 {
            return noise.place().zeros(shape) + 1.0;
        }
        let place = noise.place().zeros([1; D]);
        let columns = (1..self.size).flat_map(|row| 1..=row);
        let more = columns.map(|j| (self.size - 1 - j) as f64 * 0.5).collect();
        let mut row = [1; D];
        row[D - 1] = packed[D - 1];
        let b = self.concentration.clone() + Operand::Tensor(constant_like(&place, more, row));
        let u = Beta::new(b.clone(), b).draw(packed, noise);
        let log_rest = u.clone().log() + log1p(-u.clone()) + 2.0 * LN_2; // log(1 - r²)
        from_partial(below.fill(u * 2.0 - 1.0), log_lengths(below.fill(log_rest)))
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let n = self.size;
        let mut rows = [1; D];
        rows[D - 2] = n;
        // The first is 1: its exponent could be any.
        let own = |i: usize| if i == 0 { 0.0 } else { n as f64 - i as f64 - 3.0 };
        let own = constant_like(&value, (0..n).map(own).collect(), rows);
        let logs = diagonal(&value).log();
        let by_row = (logs.clone() * own).sum_dim(D - 2);
        by_row + logs.sum_dim(D - 2) * &(self.concentration.clone() * 2.0) - &self.normalizer()
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        one_an_event(self.name(), "concentration", &self.concentration, 2)?;
        let mut shape = broadcast(self.name(), &self.parameters())?;
        shape[D - 2..].copy_from_slice(&[self.size, self.size]);
        with_categories(self.name(), shape)
    }

    fn outline(&self) -> [usize; D] {
        let mut shape = self.concentration.dims();
        shape[D - 2..].copy_from_slice(&[self.size, self.size]);
        shape
    }
}

/// By `E log(1 - rᵢⱼ²) = 2 log 2 + 2 ψ(bⱼ) - 2 ψ(2 bⱼ)`, of which `log Lᵢᵢ` has half for each `j < i`.
impl<const D: usize> Entropy<D> for LkjCholesky<D> {
    fn entropy(&self) -> Operand<D> {
        let n = self.size;
        let kernel = (1..n).fold(Operand::Scalar(0.0), |sum, j| {
            let b = self.concentration.clone() + (n - 1 - j) as f64 * 0.5;
            let log = b.digamma() - (b * 2.0).digamma() + LN_2;
            // Σ (n - i + 2η - 2) over i > j
            let rows = (n - j) as f64;
            let weight =
                (self.concentration.clone() - 1.0) * (2.0 * rows) + rows * (rows - 1.0) * 0.5;
            log * weight + sum
        });
        self.normalizer() - kernel
    }
}
