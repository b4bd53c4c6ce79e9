use burn::tensor::{Float, Tensor};

use crate::moments::probability;
use crate::operands::operands;
use crate::shape::widest;
use crate::{Cdf, Distribution, Entropy, Moments, Noise, Operand, Quantile, Support, log1p};

/// The asymmetric Laplace distribution with location `μ`, scale `σ` and asymmetry `κ`.
///
/// `log p(x) = -log σ(κ + 1/κ) - κ z` for `z = (x - μ) / σ ≥ 0`, and `.. + z / κ` below
///
/// # Shapes
/// `loc`, `scale`, `asymmetry` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, AsymmetricLaplace};
///
/// let x = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// let log_prob: f32 = AsymmetricLaplace::new(0.0, 2.0, 3.0).log_prob(x).into_scalar();
/// assert!((log_prob + 3.397_120_0).abs() < 1e-6);
/// ```
///
/// # References
/// Kotz, Kozubowski & Podgórski (2001), *The Laplace Distribution and Generalizations*, chapter 3.
#[derive(Clone, Debug)]
pub struct AsymmetricLaplace<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
    asymmetry: Operand<D>,
}

impl<const D: usize> AsymmetricLaplace<D> {
    /// The asymmetric Laplace distribution with mode `loc`, `scale > 0` and `asymmetry > 0`; at 1 it is
    /// a Laplace.
    pub fn new(
        loc: impl Into<Operand<D>>,
        scale: impl Into<Operand<D>>,
        asymmetry: impl Into<Operand<D>>,
    ) -> Self {
        Self { loc: loc.into(), scale: scale.into(), asymmetry: asymmetry.into() }
    }
}

impl<const D: usize> Distribution<D> for AsymmetricLaplace<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    operands!("AsymmetricLaplace", loc: Real, scale: Positive, asymmetry: Positive);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        // A wait to the right less one to the left.
        let (right, left) = (noise.uniform(shape).log(), noise.uniform(shape).log());
        let z = left * &self.asymmetry - right / &self.asymmetry;
        z * &self.scale + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let right = z.clone().clamp_min(0.0);
        let left = z - right.clone(); // one of them alone has the slope at the mode
        left / &self.asymmetry - right * &self.asymmetry - &self.log_normalizer()
    }
}

impl<const D: usize> Moments<D> for AsymmetricLaplace<D> {
    fn mean(&self) -> Operand<D> {
        (self.asymmetry.recip() - &self.asymmetry) * &self.scale + &self.loc
    }

    fn variance(&self) -> Operand<D> {
        (self.asymmetry.square() + self.asymmetry.square().recip()) * self.scale.square()
    }
}

impl<const D: usize> Entropy<D> for AsymmetricLaplace<D> {
    fn entropy(&self) -> Operand<D> {
        self.log_normalizer() + 1.0
    }
}

impl<const D: usize> Cdf<D> for AsymmetricLaplace<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let square = self.asymmetry.square().on(&z);
        let right = (z.clone().clamp_min(0.0) * &self.asymmetry * -1.0).exp();
        let left = (z.clone().clamp_max(0.0) / &self.asymmetry).exp();
        let above = -(right / (square.clone() + 1.0)) + 1.0;
        (left * square.clone() / (square + 1.0)).mask_where(z.greater_elem(0.0), above)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        // The mirror image has one over the asymmetry.
        let mirrored = Self { asymmetry: self.asymmetry.recip(), ..self.clone() };
        mirrored.cdf(-value + &(self.loc.clone() * 2.0))
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        let square = self.asymmetry.square().on(&z);
        let left = z.clone().clamp_max(0.0) / &self.asymmetry - log1p(square.clone().recip());
        let right = (z.clone().clamp_min(0.0) * &self.asymmetry * -1.0).exp();
        let right = log1p(-(right / (square + 1.0)));
        left.mask_where(z.greater_elem(0.0), right)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        let mirrored = Self { asymmetry: self.asymmetry.recip(), ..self.clone() };
        mirrored.log_cdf(-value + &(self.loc.clone() * 2.0))
    }
}

impl<const D: usize> Quantile<D> for AsymmetricLaplace<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        let p = probability(p);
        let square = self.asymmetry.square().on(&p);
        let whole = square.clone() + 1.0;
        let below = square.clone() / whole.clone(); // P(X ≤ μ)
        let shape = widest(p.dims(), below.dims());
        let right = p.clone().expand(shape).greater(below.expand(shape));
        let left = (p.clone() * whole.clone() / square).clamp_max(1.0).log() * &self.asymmetry;
        let above = -((-p + 1.0) * whole).clamp_max(1.0).log() / &self.asymmetry;
        left.mask_where(right, above) * &self.scale + &self.loc
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        // The mirror image has one over the asymmetry.
        let mirrored = Self { asymmetry: self.asymmetry.recip(), ..self.clone() };
        -mirrored.icdf(p) + &(self.loc.clone() * 2.0)
    }
}

impl<const D: usize> AsymmetricLaplace<D> {
    /// `log σ(κ + 1/κ)`.
    fn log_normalizer(&self) -> Operand<D> {
        (self.asymmetry.recip() + &self.asymmetry).log() + self.scale.log()
    }
}
