//! The scale factor of distributions of vectors.

use burn::tensor::Tensor;

use crate::linalg::{keep, lower};
use crate::place::constant_like;
use crate::shape::sizes_apart;
use crate::{
    DistError, Domain, Operand, Parameter, TensorMap, broadcast, cholesky, log_det, solve_lower,
};

/// The lower factor `L` of a covariance `Σ = L Lᵀ`, one matrix `[.., n, n]` a vector `[.., n]`, and what it
/// was made of.
#[derive(Clone, Debug)]
pub(crate) struct ScaleTril<const M: usize> {
    name: &'static str,
    given: Operand<M>,
    factor: Tensor<M>,
    fault: Option<DistError>,
}

impl<const M: usize> ScaleTril<M> {
    /// The factor itself, read from its diagonal down.
    pub fn by_factor(factor: Tensor<M>) -> Self {
        let given = Operand::Tensor(factor.clone());
        Self { name: "scale_tril", given, factor, fault: None }
    }

    /// By the covariance `Σ`.
    pub fn by_covariance(covariance: Tensor<M>) -> Self {
        Self::made("covariance_matrix", covariance, cholesky)
    }

    /// By its inverse `P`: with `C` the factor of `P` in reversed order, `L = (reversed C)⁻ᵀ`.
    pub fn by_precision(precision: Tensor<M>) -> Self {
        Self::made("precision_matrix", precision, |p| {
            let axes = [M - 2, M - 1];
            // Reversed, the lower triangle is the upper one.
            let upper = cholesky(p.swap_dims(M - 2, M - 1).flip(axes))?.flip(axes);
            let eye = keep(&upper, |i, j| i == j);
            Ok(solve_lower(upper.swap_dims(M - 2, M - 1), eye))
        })
    }

    fn made(
        name: &'static str,
        given: Tensor<M>,
        factor: impl FnOnce(Tensor<M>) -> Result<Tensor<M>, DistError>,
    ) -> Self {
        let made = if is_square(&given) { factor(given.clone()) } else { Ok(given.clone()) };
        let (factor, fault) = match made {
            Ok(factor) => (factor, None),
            Err(fault) => (given.clone().inner().full_like(f64::NAN), Some(fault)),
        };
        Self { name, given: Operand::Tensor(given), factor, fault }
    }

    pub fn parameter(&self) -> Parameter<'_> {
        let domain = if self.name == "scale_tril" { Domain::LowerCholesky } else { Domain::Real };
        Parameter::new(self.name, &self.given, domain)
    }

    pub fn factor(&self) -> Tensor<M> {
        self.factor.clone()
    }

    /// The length of a vector.
    pub fn size(&self) -> usize {
        self.factor.dims()[M - 1]
    }

    /// The shape of vectors with these parameters, this factor among them.
    pub fn shape<const D: usize>(
        &self,
        distribution: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<[usize; D], DistError> {
        if !is_square(&self.factor) {
            let (parameter, shape) = (self.name, self.factor.dims().to_vec());
            return Err(DistError::NotSquare { distribution, parameter, shape });
        }
        self.fault.clone().map_or(Ok(()), Err)?;
        let shape: [usize; D] = broadcast(distribution, parameters)?;
        match shape[D - 1] == self.size() {
            true => Ok(shape),
            false => Err(sizes_apart(distribution, parameters.iter().copied())),
        }
    }

    pub fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { given: self.given.with_tensors(map), factor: map.map(self.factor), ..self }
    }

    /// `L⁻¹ x`
    pub fn whiten<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.by_columns(x, solve_lower)
    }

    /// `L z`
    pub fn color<const D: usize>(&self, z: Tensor<D>) -> Tensor<D> {
        self.by_columns(z, |l, z| lower(l).matmul(z))
    }

    /// `L⁻¹` times another factor.
    pub fn whiten_factor(&self, other: &Self) -> Tensor<M> {
        solve_lower(self.factor(), lower(other.factor()))
    }

    /// A vector of zeros, `[1, .., n]`.
    pub fn zeros<const D: usize>(&self) -> Tensor<D> {
        let mut shape = [1; D];
        shape[D - 1] = self.size();
        constant_like(&self.factor, vec![0.0; self.size()], shape)
    }

    /// `½ log |Σ| = Σ log Lᵢᵢ`, `[.., 1]`.
    pub fn half_log_det<const D: usize>(&self) -> Tensor<D> {
        (log_det(self.factor.clone()) * 0.5).squeeze_dim(M - 1)
    }

    /// The diagonal of `Σ`, `[.., n]`.
    pub fn variance<const D: usize>(&self) -> Tensor<D> {
        lower(self.factor.clone()).square().sum_dim(M - 1).squeeze_dim(M - 1)
    }

    /// Applies `map(L, columns)` to the vectors: those that share a matrix as the columns of one.
    fn by_columns<const D: usize>(
        &self,
        x: Tensor<D>,
        map: impl Fn(Tensor<M>, Tensor<M>) -> Tensor<M>,
    ) -> Tensor<D> {
        let shared = self.factor.dims()[D - 2] == 1;
        if shared {
            let columns = x.unsqueeze_dim::<M>(D - 2).swap_dims(M - 2, M - 1);
            map(self.factor(), columns).swap_dims(M - 2, M - 1).squeeze_dim(D - 2)
        } else {
            map(self.factor(), x.unsqueeze_dim::<M>(D)).squeeze_dim(D)
        }
    }
}

/// Whether matrices have as many rows as columns, and there are any.
fn is_square<const M: usize>(matrix: &Tensor<M>) -> bool {
    matrix.dims()[M - 2] == matrix.dims()[M - 1] && !matrix.dims().contains(&0)
}
