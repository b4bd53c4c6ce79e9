use burn::tensor::{Float, Tensor};

use crate::{Distribution, Domain, HALF_LN_TWO_PI, Noise, Operand, Parameter, Support};

/// The normal distribution `N(μ, σ²)`.
///
/// `log p(x) = -½ ((x - μ) / σ)² - log σ - ½ log 2π`
///
/// # Shapes
/// `loc`, `scale` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, Normal};
///
/// let x = Tensor::<2>::from_floats([[0.0]], &Device::flex());
/// let log_prob: f32 = Normal::new(0.0, 1.0).log_prob(x).into_scalar();
/// assert!((log_prob + 0.918_938_5).abs() < 1e-6);
/// ```
///
/// # References
/// Johnson, Kotz & Balakrishnan (1994), *Continuous Univariate Distributions* 1, chapter 13.
#[derive(Clone, Debug)]
pub struct Normal<const D: usize> {
    loc: Operand<D>,
    scale: Operand<D>,
}

impl<const D: usize> Normal<D> {
    /// The normal distribution with mean `loc` and standard deviation `scale > 0`.
    pub fn new(loc: impl Into<Operand<D>>, scale: impl Into<Operand<D>>) -> Self {
        Self { loc: loc.into(), scale: scale.into() }
    }
}

impl<const D: usize> Distribution<D> for Normal<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "Normal"
    }

    fn parameters(&self) -> Vec<Parameter<'_, D>> {
        vec![
            Parameter::new("loc", &self.loc, Domain::Real),
            Parameter::new("scale", &self.scale, Domain::Positive),
        ]
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn detach(self) -> Self {
        Self { loc: self.loc.detach(), scale: self.scale.detach() }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        noise.normal(shape) * &self.scale + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let z = (value - &self.loc) / &self.scale;
        z.square() * -0.5 - &(self.scale.log() + HALF_LN_TWO_PI)
    }
}
