use burn::tensor::{Float, Tensor};

use crate::operands::operands;
use crate::special::{student_cdf, student_quantile};
use crate::{Cdf, Distribution, Entropy, Gamma, Moments, Noise, Operand, Quantile, Support, log1p};

/// Student's t distribution with `ν` degrees of freedom, location `μ` and scale `σ`.
///
/// `log p(x) = -½ (ν + 1) log(1 + z²/ν) - log σ - ½ log ν - log B(½, ½ν)` for `z = (x - μ) / σ`
///
/// # Shapes
/// `df`, `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, StudentT};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = StudentT::new(4.0, 0.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 2.789_694_2).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1995), *Continuous Univariate Distributions* 2, chapter 28.
#[derive(Clone, Debug)]
pub struct StudentT<const D: usize> {
    df: Operand<D>,
    loc: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> StudentT<D> {
    /// Student's t with `df > 0` degrees of freedom, `loc` and `scale > 0`.
    pub fn new(
        df: impl Into<Operand<D>>,
        loc: impl Into<Operand<D>>,
        scale: impl Into<Operand<D>>,
    ) -> Self {
        Self { df: df.into(), loc: loc.into(), scale: scale.into() }
    }
}

impl<const D: usize> Distribution<D> for StudentT<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("StudentT", df: Positive, loc: Real, scale: Positive);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let z = noise.normal(shape);
        z / chi2_over_df(&self.df, shape, noise).sqrt() * &self.scale + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let kernel = log1p(z.square() / &self.df) * &((self.df.clone() + 1.0) * -0.5);
        kernel - &(self.scale.log() + student_normalizer(&self.df))
    }
}

impl<const D: usize> Moments<D> for StudentT<D> {
    fn mean(&self) -> Operand<D> {
        self.loc.where_above(&self.df, 1.0, f64::NAN)
    }

    fn variance(&self) -> Operand<D> {
        let variance = self.df.clone() / (self.df.clone() - 2.0) * self.scale.square();
        let variance = variance.where_above(&self.df, 2.0, f64::INFINITY);
        variance.where_above(&self.df, 1.0, f64::NAN)
    }
}

impl<const D: usize> Entropy<D> for StudentT<D> {
    fn entropy(&self) -> Operand<D> {
        let above = (self.df.clone() + 1.0) * 0.5;
        let digammas = above.digamma() - (self.df.clone() * 0.5).digamma();
        above * digammas + student_normalizer(&self.df) + self.scale.log()
    }
}

impl<const D: usize> Cdf<D> for StudentT<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        student_cdf(self.df.on(&z), z)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        // By symmetry, the distribution function of what lies as far below.
        self.cdf(-value + &(self.loc.clone() * 2.0))
    }
}

impl<const D: usize> Quantile<D> for StudentT<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        student_quantile(self.df.on(&p), p) * &self.scale + &self.loc
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        // The mirror image about the location.
        -self.icdf(p) + &(self.loc.clone() * 2.0)
    }
}

/// `½ log ν + log B(½, ½ν)`, the logarithm of what normalizes Student's t with scale 1.
pub(super) fn student_normalizer<const D: usize>(df: &Operand<D>) -> Operand<D> {
    let half = Operand::Scalar(0.5);
    half.lbeta(&(df.clone() * 0.5)) + df.log() * 0.5
}

/// `χ²_ν / ν`, by which the square of a normal is divided to give that of a Student's t.
pub(super) fn chi2_over_df<const D: usize>(
    df: &Operand<D>,
    shape: [usize; D],
    noise: &mut Noise,
) -> Tensor<D> {
    let half = df.clone() * 0.5;
    Gamma::new(half.clone(), half).draw(shape, noise)
}
