use std::f64::consts::LN_2;

use burn::tensor::{Float, Tensor};

use crate::distributions::student_t::{chi2_over_df, student_normalizer};
use crate::operands::operands;
use crate::special::{half_student_cdf, half_student_quantile, half_student_sf};
use crate::{
    Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, StudentT, Support, log1p,
};

/// The half Student's t distribution: `|x|` for `x` Student's t about 0 with `ν` degrees of freedom and
/// scale `σ`.
///
/// `log p(x) = log 2 - ½ (ν + 1) log(1 + z²/ν) - log σ - ½ log ν - log B(½, ½ν)` for `z = x / σ ≥ 0`
///
/// # Shapes
/// `df`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, HalfStudentT};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = HalfStudentT::new(4.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 2.096_547_0).abs() < 1e-6);
/// ```
///
/// # References
/// Gelman (2006), *Prior distributions for variance parameters in hierarchical models*.
#[derive(Clone, Debug)]
pub struct HalfStudentT<const D: usize> {
    df: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> HalfStudentT<D> {
    /// The half Student's t with `df > 0` degrees of freedom and `scale > 0`.
    pub fn new(df: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { df: df.into(), scale: scale.into() }
    }
}

impl<const D: usize> Distribution<D> for HalfStudentT<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("HalfStudentT", df: Positive, scale: Positive);

    fn support(&self) -> Support {
        Support::NonNegative
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let z = noise.normal(shape).abs();
        z / chi2_over_df(&self.df, shape, noise).sqrt() * &self.scale
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = value / &self.scale;
        let kernel = log1p(z.square() / &self.df) * &((self.df.clone() + 1.0) * -0.5);
        kernel - &(self.scale.log() + student_normalizer(&self.df) - LN_2)
    }
}

impl<const D: usize> Moments<D> for HalfStudentT<D> {
    fn mean(&self) -> Operand<D> {
        // E|t| = 2 √ν / ((ν - 1) B(½, ½ν))
        let log = student_normalizer(&self.df) - self.df.log();
        let mean = (-log).exp() / (self.df.clone() - 1.0) * 2.0 * &self.scale;
        mean.where_above(&self.df, 1.0, f64::INFINITY)
    }

    fn variance(&self) -> Operand<D> {
        let square = self.df.clone() / (self.df.clone() - 2.0) * self.scale.square();
        (square - self.mean().square()).where_above(&self.df, 2.0, f64::INFINITY)
    }
}

impl<const D: usize> Cdf<D> for HalfStudentT<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = value.clamp_min(0.0) / &self.scale;
        half_student_cdf(self.df.on(&z), z)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = value.clamp_min(0.0) / &self.scale;
        half_student_sf(self.df.on(&z), z)
    }
}

impl<const D: usize> Quantile<D> for HalfStudentT<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        half_student_quantile(self.df.on(&p), p) * &self.scale
    }
}

impl<const D: usize> Entropy<D> for HalfStudentT<D> {
    fn entropy(&self) -> Operand<D> {
        StudentT::new(self.df.clone(), 0.0, self.scale.clone()).entropy() - LN_2
    }
}
