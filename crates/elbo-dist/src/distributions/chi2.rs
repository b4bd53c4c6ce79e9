use burn::tensor::{Float, Tensor};

use crate::operands::operands;
use crate::{Cdf, Distribution, Entropy, Gamma, Moments, Noise, Operand, Quantile, Support};

/// The chi-squared distribution with `ν` degrees of freedom: `Γ(½ν, ½)`.
///
/// `log p(x) = (½ν - 1) log x - ½x - ½ν log 2 - log Γ(½ν)` for `x > 0`
///
/// # Shapes
/// `df` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Chi2};
///
/// let x = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let log_prob: f32 = Chi2::new(3.0).log_prob(x).into_scalar();
/// assert!((log_prob + 1.572_364_9).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 18.
#[derive(Clone, Debug)]
pub struct Chi2<const D: usize> {
    df: Operand<D>,
}

impl<const D: usize> Chi2<D> {
    /// The chi-squared distribution with `df > 0` degrees of freedom, its mean.
    pub fn new(df: impl Into<Operand<D>>) -> Self {
        Self { df: df.into() }
    }
}

impl<const D: usize> Distribution<D> for Chi2<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Chi2", df: Positive);

    fn support(&self) -> Support {
        Support::Positive
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        self.as_gamma().draw(shape, noise)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        self.as_gamma().log_prob(value)
    }
}

impl<const D: usize> Moments<D> for Chi2<D> {
    fn mean(&self) -> Operand<D> {
        self.df.clone()
    }

    fn variance(&self) -> Operand<D> {
        self.df.clone() * 2.0
    }
}

impl<const D: usize> Entropy<D> for Chi2<D> {
    fn entropy(&self) -> Operand<D> {
        self.as_gamma().entropy()
    }
}

impl<const D: usize> Cdf<D> for Chi2<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        self.as_gamma().cdf(value)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.as_gamma().sf(value)
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        self.as_gamma().log_cdf(value)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        self.as_gamma().log_sf(value)
    }
}

impl<const D: usize> Quantile<D> for Chi2<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        self.as_gamma().icdf(p)
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        self.as_gamma().isf(p)
    }
}

impl<const D: usize> Chi2<D> {
    pub(crate) fn as_gamma(&self) -> Gamma<D> {
        Gamma::new(self.df.clone() * 0.5, 0.5)
    }
}
