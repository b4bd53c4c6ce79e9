use burn::tensor::{Float, Tensor};

use crate::distributions::WishartCholesky;
use crate::linalg::{diagonal, lower, unchecked_cholesky};
use crate::transforms::log_slope_of_square;
use crate::{
    DistError, Distribution, Entropy, Moments, Noise, Operand, Parameter, Support, TensorMap,
};

/// The Wishart distribution of symmetric positive definite `n` by `n` matrices with `ν` degrees of freedom:
/// that of `Σ xₖ xₖᵀ` for `ν` independent `xₖ ~ N(0, V)`.
///
/// `log p(X) = ½ (ν - n - 1) log |X| - ½ tr(V⁻¹ X) - ½ ν n log 2 - ½ ν log |V| - log Γₙ(½ν)`
///
/// Where the factor of `X` is at hand, [`WishartCholesky`] saves a factorization. In single precision a matrix next to
/// singular may have none: with `ν` next to `n - 1`, a few in 10,000 of its own draws.
///
/// # Shapes
/// `df` is `[.., 1, 1]`; `scale_tril` and values are `[.., n, n]`, and `log_prob` is `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Wishart};
///
/// let device = Device::flex();
/// let eye = Tensor::<3>::from_floats([[[1.0, 0.0], [0.0, 1.0]]], &device);
/// let x = Tensor::<3>::from_floats([[[2.0, 1.0], [1.0, 2.0]]], &device);
/// let log_prob: f32 = Wishart::new(3.0, eye).log_prob(x).into_scalar();
/// assert!((log_prob + 4.531_024_2).abs() < 1e-5); // -2 - log 4π
/// ```
///
/// # References
/// Wishart (1928), *The generalised product moment distribution*; Muirhead (1982), *Aspects of Multivariate
/// Statistical Theory*, theorem 3.2.1.
#[derive(Clone, Debug)]
pub struct Wishart<const D: usize> {
    factor: WishartCholesky<D>,
}

impl<const D: usize> Wishart<D> {
    /// With `df > n - 1` degrees of freedom, by the lower factor `L` of the scale `V = L Lᵀ`.
    pub fn new(df: impl Into<Operand<D>>, scale_tril: Tensor<D>) -> Self {
        Self { factor: WishartCholesky::new(df, scale_tril) }
    }

    /// `V`
    fn scale(&self) -> Tensor<D> {
        let l = lower(self.factor.factor());
        l.clone().matmul(l.swap_dims(D - 2, D - 1))
    }
}

impl<const D: usize> Distribution<D> for Wishart<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "Wishart"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        self.factor.parameters()
    }

    fn event_rank(&self) -> usize {
        2
    }

    fn support(&self) -> Support {
        Support::PositiveDefinite { size: self.factor.size() }
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { factor: self.factor.with_tensors(map) }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let k = self.factor.draw(shape, noise);
        k.clone().matmul(k.swap_dims(D - 2, D - 1))
    }

    /// Of the lower triangle; NaN where `value` is not positive definite.
    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let k = unchecked_cholesky(value);
        let slope = log_slope_of_square(&k);
        self.factor.log_prob(k) - slope
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        self.factor.shape_as(self.name())
    }

    fn check(&self) -> Result<(), DistError> {
        self.factor.check_as(self.name())
    }
}

impl<const D: usize> Moments<D> for Wishart<D> {
    /// `ν V`
    fn mean(&self) -> Operand<D> {
        Operand::Tensor(self.scale()) * self.factor.degrees()
    }

    /// `ν (Vᵢⱼ² + Vᵢᵢ Vⱼⱼ)`
    fn variance(&self) -> Operand<D> {
        let v = self.scale();
        let both = diagonal(&v) * diagonal(&v).swap_dims(D - 2, D - 1);
        Operand::Tensor(v.square() + both) * self.factor.degrees()
    }
}

impl<const D: usize> Entropy<D> for Wishart<D> {
    fn entropy(&self) -> Operand<D> {
        self.factor.matrix_entropy()
    }
}
