use std::f64::consts::PI;

use burn::tensor::{Float, Tensor};

use crate::operands::operands;
use crate::special::log_odds;
use crate::{
    Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, log_sigmoid, sigmoid,
    softplus,
};

/// The logistic distribution with location `μ` and scale `s`.
///
/// `log p(x) = -z - log s - 2 log(1 + e⁻ᶻ)` for `z = (x - μ) / s`
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Logistic};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Logistic::new(0.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 2.595_973_7).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1995), *Continuous Univariate Distributions* 2, chapter 23.
#[derive(Clone, Debug)]
pub struct Logistic<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> Logistic<D> {
    /// The logistic distribution with mean `loc` and `scale > 0`; its deviation is `π scale / √3`.
    pub fn new(loc: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { loc: loc.into(), scale: scale.into() }
    }
}

impl<const D: usize> Distribution<D> for Logistic<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Logistic", loc: Real, scale: Positive);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        self.icdf(u)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        -softplus(z.clone()) - softplus(-z) - &self.scale.log()
    }
}

impl<const D: usize> Moments<D> for Logistic<D> {
    fn mean(&self) -> Operand<D> {
        self.loc.clone()
    }

    fn variance(&self) -> Operand<D> {
        self.scale.square() * (PI * PI / 3.0)
    }
}

impl<const D: usize> Entropy<D> for Logistic<D> {
    fn entropy(&self) -> Operand<D> {
        self.scale.log() + 2.0
    }
}

impl<const D: usize> Cdf<D> for Logistic<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        sigmoid((value - &self.loc) / &self.scale)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        sigmoid(-(value - &self.loc) / &self.scale)
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        log_sigmoid((value - &self.loc) / &self.scale)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        log_sigmoid(-(value - &self.loc) / &self.scale)
    }
}

impl<const D: usize> Quantile<D> for Logistic<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        log_odds(p) * &self.scale + &self.loc
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        -(log_odds(p) * &self.scale) + &self.loc
    }
}
