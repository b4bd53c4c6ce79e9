use std::f64::consts::LN_2;

use burn::tensor::{Float, Tensor};

use crate::moments::probability;
use crate::operands::operands;
use crate::{Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, log1p};

/// The Laplace distribution with location `μ` and scale `b`.
///
/// `log p(x) = -|x - μ| / b - log 2b`
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Laplace};
///
/// let x = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let log_prob: f32 = Laplace::new(0.0, 2.0).log_prob(x).into_scalar();
/// assert!((log_prob + 2.886_294_4).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1995), *Continuous Univariate Distributions* 2, chapter 24.
#[derive(Clone, Debug)]
pub struct Laplace<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> Laplace<D> {
    /// The Laplace distribution with median `loc` and mean distance `scale > 0` from it.
    pub fn new(loc: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { loc: loc.into(), scale: scale.into() }
    }

    pub(crate) fn loc_and_scale(&self) -> (&Operand<D>, &Operand<D>) {
        (&self.loc, &self.scale)
    }
}

impl<const D: usize> Distribution<D> for Laplace<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("Laplace", loc: Real, scale: Positive);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let u = noise.uniform(shape);
        self.icdf(u)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        -z.abs() - &(self.scale.log() + LN_2)
    }
}

impl<const D: usize> Moments<D> for Laplace<D> {
    fn mean(&self) -> Operand<D> {
        self.loc.clone()
    }

    fn variance(&self) -> Operand<D> {
        self.scale.square() * 2.0
    }
}

impl<const D: usize> Entropy<D> for Laplace<D> {
    fn entropy(&self) -> Operand<D> {
        self.scale.log() + (LN_2 + 1.0)
    }
}

impl<const D: usize> Cdf<D> for Laplace<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let tail = z.clone().abs().neg().exp() * 0.5;
        tail.clone().mask_where(z.greater_elem(0.0), -tail + 1.0)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let tail = z.clone().abs().neg().exp() * 0.5;
        (-tail.clone() + 1.0).mask_where(z.greater_elem(0.0), tail)
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let left = z.clone().clamp_max(0.0) - LN_2;
        let right = log1p(-(-z.clone().clamp_min(0.0)).exp() * 0.5);
        left.mask_where(z.greater_elem(0.0), right)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        // By symmetry.
        self.log_cdf(-value + &(self.loc.clone() * 2.0))
    }
}

impl<const D: usize> Quantile<D> for Laplace<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let above = p.clone().greater_elem(0.5);
        let tail = p.clone().mask_where(above.clone(), -p + 1.0);
        let z = (tail * 2.0).log();
        z.clone().mask_where(above, -z) * &self.scale + &self.loc
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        // The mirror image about the location.
        -self.icdf(p) + &(self.loc.clone() * 2.0)
    }
}
