use burn::tensor::{Float, Tensor};

use crate::scale_tril::ScaleTril;
use crate::{
    DistError, Distribution, Domain, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Parameter,
    Support, TensorMap,
};

/// The normal distribution `N(μ, Σ)` of vectors of length `n`, by the lower factor of `Σ = L Lᵀ`.
///
/// `log p(x) = -½ |L⁻¹ (x - μ)|² - Σᵢ log Lᵢᵢ - ½ n log 2π`
///
/// # Shapes
/// `loc` and values are `[.., n]`, of rank `D`; matrices are `[.., n, n]`, of rank `M = D + 1`: any other `M`
/// does not compile. `log_prob` is `[.., 1]`.
///
/// # Errors
/// Of a covariance or precision without a factor [`Distribution::shape`] says
/// [`DistError::NotPositiveDefinite`].
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, MultivariateNormal};
///
/// let device = Device::flex();
/// let covariance = Tensor::<3>::from_floats([[[4.0, 2.0], [2.0, 5.0]]], &device);
/// let normal = MultivariateNormal::covariance_matrix(0.0, covariance);
/// let x = Tensor::<2>::from_floats([[2.0, 3.0]], &device); // L⁻¹ x = (1, 1)
/// let log_prob: f32 = normal.log_prob(x).into_scalar();
/// assert!((log_prob + 1.0 + 4.0_f32.ln() + 1.837_877_1).abs() < 1e-6);
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, equation 2.43.
#[derive(Clone, Debug)]
pub struct MultivariateNormal<const D: usize, const M: usize> {
    loc: Operand<D>,
    scale: ScaleTril<M>,
}

impl<const D: usize, const M: usize> MultivariateNormal<D, M> {
    /// By the lower factor `L`, with a positive diagonal; what lies above that is not read.
    pub fn scale_tril(loc: impl Into<Operand<D>>, scale_tril: Tensor<M>) -> Self {
        Self::new(loc, ScaleTril::by_factor(scale_tril))
    }

    /// By the covariance `Σ`, of which the lower triangle is read, and which is factorized: that reads one number a matrix to the host.
    pub fn covariance_matrix(loc: impl Into<Operand<D>>, covariance: Tensor<M>) -> Self {
        Self::new(loc, ScaleTril::by_covariance(covariance))
    }

    /// By the precision `Σ⁻¹`, of which the lower triangle is read, and which is factorized: that reads one number a matrix to the host.
    pub fn precision_matrix(loc: impl Into<Operand<D>>, precision: Tensor<M>) -> Self {
        Self::new(loc, ScaleTril::by_precision(precision))
    }

    fn new(loc: impl Into<Operand<D>>, scale: ScaleTril<M>) -> Self {
        const { assert!(M == D + 1, "matrices have one axis more than vectors") };
        Self { loc: loc.into(), scale }
    }

    pub(crate) fn loc_and_scale(&self) -> (&Operand<D>, &ScaleTril<M>) {
        (&self.loc, &self.scale)
    }
}

impl<const D: usize, const M: usize> Distribution<D> for MultivariateNormal<D, M> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "MultivariateNormal"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![Parameter::new("loc", &self.loc, Domain::Real), self.scale.parameter()]
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self { loc: self.loc.with_tensors(map), scale: self.scale.with_tensors(map) }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let z = noise.normal(shape);
        self.scale.color(z) + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = self.scale.whiten(value - &self.loc);
        let constant = self.scale.size() as f64 * HALF_LN_TWO_PI;
        z.square().sum_dim(D - 1) * -0.5 - self.scale.half_log_det() - constant
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        self.scale.shape(self.name(), &self.parameters())
    }
}

impl<const D: usize, const M: usize> Moments<D> for MultivariateNormal<D, M> {
    fn mean(&self) -> Operand<D> {
        self.loc.clone()
    }

    fn variance(&self) -> Operand<D> {
        Operand::Tensor(self.scale.variance())
    }
}

impl<const D: usize, const M: usize> Entropy<D> for MultivariateNormal<D, M> {
    fn entropy(&self) -> Operand<D> {
        let constant = self.scale.size() as f64 * (HALF_LN_TWO_PI + 0.5);
        Operand::Tensor(self.scale.half_log_det() + constant)
    }
}
