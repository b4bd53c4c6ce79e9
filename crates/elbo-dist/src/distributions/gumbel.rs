use std::f64::consts::PI;

use burn::tensor::{Float, Tensor};

use crate::EULER_GAMMA;
use crate::moments::probability;
use crate::operands::operands;
use crate::{Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, expm1, log1p};

/// The Gumbel distribution of largest values with location `μ` and scale `β`.
///
/// `log p(x) = -z - e⁻ᶻ - log β` for `z = (x - μ) / β`
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Gumbel};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Gumbel::new(0.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 2.416_277_3).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1995), *Continuous Univariate Distributions* 2, chapter 22.
#[derive(Clone, Debug)]
pub struct Gumbel<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> Gumbel<D> {
    /// The Gumbel distribution with mode `loc` and `scale > 0`.
    pub fn new(loc: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { loc: loc.into(), scale: scale.into() }
    }

    pub(crate) fn loc_and_scale(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.loc, &self.scale)
    }
}

impl<const D: usize> Distribution<D> for Gumbel<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Gumbel", loc: Real, scale: Positive);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        self.icdf(u)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        -z.clone() - z.neg().exp() - &self.scale.log()
    }
}

impl<const D: usize> Moments<D> for Gumbel<D> {
    fn mean(&self) -> Operand<D> {
        self.scale.clone() * EULER_GAMMA + &self.loc
    }

    fn variance(&self) -> Operand<D> {
        self.scale.square() * (PI * PI / 6.0)
    }
}

impl<const D: usize> Entropy<D> for Gumbel<D> {
    fn entropy(&self) -> Operand<D> {
        self.scale.log() + (EULER_GAMMA + 1.0)
    }
}

impl<const D: usize> Cdf<D> for Gumbel<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        ((value - &self.loc) / &self.scale).neg().exp().neg().exp()
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        // 1 - exp(-e⁻ᶻ)
        -expm1(((value - &self.loc) / &self.scale).neg().exp().neg())
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        -((value - &self.loc) / &self.scale).neg().exp()
    }
}

impl<const D: usize> Quantile<D> for Gumbel<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        -(p.log().neg().log()) * &self.scale + &self.loc
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        -((-log1p(-probability(p))).log() * &self.scale) + &self.loc
    }
}
