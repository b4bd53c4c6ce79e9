use burn::tensor::{Float, Tensor};

use crate::linalg::{capacitance, solve_by_capacitance};
use crate::shape::sizes_apart;
use crate::{
    DistError, Distribution, Domain, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Parameter,
    Support, TensorMap, broadcast, log_det,
};

/// The normal distribution of vectors of length `n` with the covariance `Σ = W Wᵀ + diag d`, for a `W` of
/// few columns.
///
/// `log p(x) = -½ (x - μ)ᵀ Σ⁻¹ (x - μ) - ½ log |Σ| - ½ n log 2π`, both by the `r` by `r` capacitance
/// `I + Wᵀ diag(1/d) W`
///
/// # Shapes
/// `loc`, `cov_diag` and values are `[.., n]`, of rank `D`; `cov_factor` is `[.., n, r]`, of rank
/// `M = D + 1`: any other `M` does not compile. `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, LowRankMultivariateNormal};
///
/// let device = Device::flex();
/// let w = Tensor::<3>::from_floats([[[1.0], [1.0]]], &device);
/// let d = Tensor::<2>::from_floats([[1.0, 2.0]], &device); // Σ = [[2, 1], [1, 3]]
/// let x = Tensor::<2>::from_floats([[3.0, 4.0]], &device); // Σ⁻¹ x = (1, 1)
/// let log_prob: f32 = LowRankMultivariateNormal::new(0.0, w, d).log_prob(x).into_scalar();
/// assert!((log_prob + 3.5 + 0.5 * 5.0_f32.ln() + 1.837_877_1).abs() < 1e-5);
/// ```
///
/// # References
/// Woodbury (1950), *Inverting modified matrices*.
#[derive(Clone, Debug)]
pub struct LowRankMultivariateNormal<const D: usize, const M: usize> {
    loc: Operand<D>,
    cov_factor: Operand<M>,
    cov_diag: Operand<D>,
}

impl<const D: usize, const M: usize> LowRankMultivariateNormal<D, M> {
    /// About `loc`, with the covariance of `cov_factor` and of independent variances `cov_diag > 0`.
    pub fn new(
        loc: impl Into<Operand<D>>,
        cov_factor: Tensor<M>,
        cov_diag: impl Into<Operand<D>>,
    ) -> Self {
        const { assert!(M == D + 1, "matrices have one axis more than vectors") };
        let cov_factor = Operand::Tensor(cov_factor);
        Self { loc: loc.into(), cov_factor, cov_diag: cov_diag.into() }
    }

    fn size(&self) -> usize {
        self.cov_factor.dims()[M - 2]
    }

    /// `d` as columns `[.., n, 1]`.
    fn diagonal(&self, w: &Tensor<M>) -> Tensor<M> {
        let zero = w.clone().inner().narrow(M - 1, 0, 1).zeros_like();
        let one = zero.clone().narrow(M - 2, 0, 1).squeeze_dim::<D>(M - 1);
        zero + self.cov_diag.on(&one).unsqueeze_dim::<M>(D)
    }

    fn half_log_det(&self) -> Tensor<D> {
        let w = self.cov_factor.tensor();
        let d = self.diagonal(&w);
        let log_det = log_det(capacitance(&w, &d)) + d.log().sum_dim(M - 2);
        log_det.squeeze_dim(M - 1) * 0.5
    }
}

impl<const D: usize, const M: usize> Distribution<D> for LowRankMultivariateNormal<D, M> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "LowRankMultivariateNormal"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::new("loc", &self.loc, Domain::Real),
            Parameter::new("cov_factor", &self.cov_factor, Domain::Real),
            Parameter::new("cov_diag", &self.cov_diag, Domain::Positive),
        ]
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        let (loc, cov_diag) = (self.loc.with_tensors(map), self.cov_diag.with_tensors(map));
        Self { loc, cov_factor: self.cov_factor.with_tensors(map), cov_diag }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let (own, mut few) = (noise.normal(shape), shape);
        few[D - 1] = self.cov_factor.dims()[M - 1];
        let common = noise.normal(few).unsqueeze_dim::<M>(D);
        let common = self.cov_factor.tensor().matmul(common).squeeze_dim::<D>(D);
        own * &self.cov_diag.sqrt() + common + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let w = self.cov_factor.tensor();
        let d = self.diagonal(&w);
        let off = (value - &self.loc).unsqueeze_dim::<M>(D);
        let l = capacitance(&w, &d);
        let (solved, log_det) = solve_by_capacitance(w, d, l, off.clone());
        let square = (off * solved).sum_dim(M - 2);
        let half = ((square + log_det) * -0.5).squeeze_dim::<D>(D);
        half - self.size() as f64 * HALF_LN_TWO_PI
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let shape: [usize; D] = broadcast(self.name(), &self.parameters())?;
        match shape[D - 1] == self.size() && !self.cov_factor.dims()[M - 2..].contains(&0) {
            true => Ok(shape),
            false => Err(sizes_apart(self.name(), self.parameters())),
        }
    }
}

impl<const D: usize, const M: usize> Moments<D> for LowRankMultivariateNormal<D, M> {
    fn mean(&self) -> Operand<D> {
        self.loc.clone()
    }

    fn variance(&self) -> Operand<D> {
        let common = self.cov_factor.tensor().square().sum_dim(M - 1).squeeze_dim::<D>(M - 1);
        Operand::Tensor(common + &self.cov_diag)
    }
}

impl<const D: usize, const M: usize> Entropy<D> for LowRankMultivariateNormal<D, M> {
    fn entropy(&self) -> Operand<D> {
        let constant = self.size() as f64 * (HALF_LN_TWO_PI + 0.5);
        Operand::Tensor(self.half_log_det() + constant)
    }
}
