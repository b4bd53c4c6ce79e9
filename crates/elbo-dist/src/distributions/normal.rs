use burn::tensor::{Float, Tensor};

use crate::linearized::Ties;
use crate::one_pass::one_node;
use crate::operands::operands;
use crate::{
    Cdf, Distribution, Elementwise, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Quantile,
    Support, log_ndtr, ndtr, ndtri,
};

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

    operands!("Normal", loc: Real, scale: Positive);

    fn support(&self) -> Support {
        Support::Real
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        noise.normal(shape) * &self.scale + &self.loc
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let normalizer = self.scale.clone().detach().log() + HALF_LN_TWO_PI;
        let [loc, scale] = [&self.loc, &self.scale];
        let inputs = [(&value).into(), loc.into(), scale.into(), (&normalizer).into()];
        if let Some(log_prob) = one_node(inputs, LogProbAndSlopes) {
            return log_prob;
        }
        let [loc, scale] = [loc, scale].map(|operand| operand.clone().detach());
        let z = (value.clone().inner() - &loc) / &scale;
        let log_prob = z.clone().square() * -0.5 - &normalizer;
        Ties::to(&value, || -z.clone() / &scale)
            .and_operand(&self.loc, || z.clone() / &scale)
            .and_operand(&self.scale, || (z.clone().square() - 1.0) / &scale)
            .tie(log_prob)
    }
}

/// The log-density of `x`, and its derivatives by `x`, `loc` and `scale`; the last number is `log σ + ½ log 2π`.
struct LogProbAndSlopes;

impl Elementwise<4, 4> for LogProbAndSlopes {
    type Number = f64;

    #[inline(always)]
    fn at(&self, [x, loc, scale, normalizer]: [f64; 4]) -> [f64; 4] {
        let precision = scale.recip();
        let z = (x - loc) * precision;
        [-0.5 * z * z - normalizer, -z * precision, z * precision, (z * z - 1.0) * precision]
    }
}

impl<const D: usize> Moments<D> for Normal<D> {
    fn mean(&self) -> Operand<D> {
        self.loc.clone()
    }

    fn variance(&self) -> Operand<D> {
        self.scale.square()
    }
}

impl<const D: usize> Entropy<D> for Normal<D> {
    fn entropy(&self) -> Operand<D> {
        self.scale.log() + (HALF_LN_TWO_PI + 0.5)
    }
}

impl<const D: usize> Cdf<D> for Normal<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        ndtr((value - &self.loc) / &self.scale)
    }

    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        ndtr(-(value - &self.loc) / &self.scale)
    }

    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        log_ndtr((value - &self.loc) / &self.scale)
    }

    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        log_ndtr(-(value - &self.loc) / &self.scale)
    }
}

impl<const D: usize> Quantile<D> for Normal<D> {
    fn icdf(&self, p: Tensor<D>) -> Tensor<D> {
        ndtri(p) * &self.scale + &self.loc
    }

    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        -(ndtri(p) * &self.scale) + &self.loc
    }
}
