use std::f64::consts::PI;

use burn::tensor::{Float, Tensor};

use crate::distributions::student_t::chi2_over_df;
use crate::scale_tril::ScaleTril;
use crate::shape::one_an_event;
use crate::{
    DistError, Distribution, Domain, Entropy, Moments, Noise, Operand, Parameter, Support,
    TensorMap, log1p,
};

/// Student's t distribution of vectors of length `n`, with `ν` degrees of freedom, location `μ` and the
/// lower factor `L` of its scale.
///
/// `log p(x) = -½ (ν + n) log(1 + |L⁻¹ (x - μ)|² / ν) - Σᵢ log Lᵢᵢ - ½ n log νπ - log Γ(½ν) + log Γ(½(ν + n))`
///
/// # Shapes
/// `loc` and values are `[.., n]`, of rank `D`, and `df` is `[.., 1]`; `scale_tril` is `[.., n, n]`, of rank
/// `M = D + 1`: any other `M` does not compile. `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, MultivariateStudentT};
///
/// let device = Device::flex();
/// let scale_tril = Tensor::<3>::from_floats([[[2.0, 0.0], [1.0, 2.0]]], &device);
/// let x = Tensor::<2>::from_floats([[2.0, 3.0]], &device); // L⁻¹ x = (1, 1)
/// let log_prob: f32 = MultivariateStudentT::new(4.0, 0.0, scale_tril).log_prob(x).into_scalar();
/// assert!((log_prob + 4.440_566).abs() < 1e-5); // -log 8π - 3 log 1.5
/// ```
///
/// # References
/// Kotz & Nadarajah (2004), *Multivariate t Distributions and Their Applications*, equation 1.1.
#[derive(Clone, Debug)]
pub struct MultivariateStudentT<const D: usize, const M: usize> {
    df: Operand<D>,
    loc: Operand<D>,
    scale: ScaleTril<M>,
}

impl<const D: usize, const M: usize> MultivariateStudentT<D, M> {
    /// With `df > 0` degrees of freedom about `loc`, by the lower factor of the scale.
    pub fn new(
        df: impl Into<Operand<D>>,
        loc: impl Into<Operand<D>>,
        scale_tril: Tensor<M>,
    ) -> Self {
        const { assert!(M == D + 1, "matrices have one axis more than vectors") };
        Self { df: df.into(), loc: loc.into(), scale: ScaleTril::by_factor(scale_tril) }
    }

    /// `½ (ν + n)`
    fn half_of_all(&self) -> Operand<D> {
        (self.df.clone() + self.scale.size() as f64) * 0.5
    }

    /// `log Γ(½ν) - log Γ(½(ν + n)) + ½ n log νπ`: by `log B(½ν, ½n)`, which does not cancel.
    fn normalizer(&self) -> Operand<D> {
        let half_size = Operand::Scalar(self.scale.size() as f64 * 0.5);
        let half_log = (self.df.log() + PI.ln()) * (self.scale.size() as f64 * 0.5);
        (self.df.clone() * 0.5).lbeta(&half_size) - half_size.lgamma() + half_log
    }
}

impl<const D: usize, const M: usize> Distribution<D> for MultivariateStudentT<D, M> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "MultivariateStudentT"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::new("df", &self.df, Domain::Positive),
            Parameter::new("loc", &self.loc, Domain::Real),
            self.scale.parameter(),
        ]
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            df: self.df.with_tensors(map),
            loc: self.loc.with_tensors(map),
            scale: self.scale.with_tensors(map),
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let z = noise.normal(shape);
        let mut one_each = shape;
        one_each[D - 1] = 1;
        let spread = chi2_over_df(&self.df, one_each, noise).sqrt();
        self.scale.color(z / spread) + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let square = self.scale.whiten(value - &self.loc).square().sum_dim(D - 1);
        let kernel = log1p(square / &self.df) * &-self.half_of_all();
        kernel - self.scale.half_log_det() - &self.normalizer()
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        one_an_event(self.name(), "df", &self.df, 1)?;
        self.scale.shape(self.name(), &self.parameters())
    }
}

impl<const D: usize, const M: usize> Moments<D> for MultivariateStudentT<D, M> {
    fn mean(&self) -> Operand<D> {
        self.loc.where_above(&self.df, 1.0, f64::NAN)
    }

    fn variance(&self) -> Operand<D> {
        let ratio = self.df.clone() / (self.df.clone() - 2.0);
        let variance = Operand::Tensor(self.scale.variance()) * ratio;
        let variance = variance.where_above(&self.df, 2.0, f64::INFINITY);
        variance.where_above(&self.df, 1.0, f64::NAN)
    }
}

impl<const D: usize, const M: usize> Entropy<D> for MultivariateStudentT<D, M> {
    fn entropy(&self) -> Operand<D> {
        let above = self.half_of_all();
        let digammas = above.digamma() - (self.df.clone() * 0.5).digamma();
        above * digammas + self.normalizer() + Operand::Tensor(self.scale.half_log_det())
    }
}
