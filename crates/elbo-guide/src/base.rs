//! The noise of a family of locations and scales.

use std::fmt;
use std::sync::Arc;

use burn::tensor::{Float, Tensor};
use elbo_dist::{Distribution, HALF_LN_TWO_PI, Input, Noise, Slope, Support, linearized, one_pass};

use crate::GuideError;

/// The distribution of the noise `ε`.
#[derive(Clone)]
pub(crate) enum Base {
    /// The standard normal, which takes fewer operations than the distribution would.
    Normal,
    /// Any other.
    Other(Arc<dyn Density>),
}

impl Base {
    pub fn of<P: Distribution<2, Kind = Float>>(distribution: P) -> Self {
        Self::Other(Arc::new(distribution))
    }

    pub fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }

    /// Refuses what is no distribution of one number on the real line whose draws carry gradients.
    pub fn check(&self) -> Result<(), GuideError> {
        match self {
            Self::Normal => Ok(()),
            Self::Other(density) => match density.fault() {
                None => Ok(()),
                Some(needs) => {
                    Err(GuideError::Base { distribution: density.title().to_string(), needs })
                }
            },
        }
    }

    pub fn draw(&self, shape: [usize; 2], noise: &mut Noise) -> Tensor<2> {
        match self {
            Self::Normal => noise.normal(shape),
            Self::Other(density) => density.draws(shape, noise),
        }
    }

    /// `log b(ε) - ω`, elementwise, for constant noise.
    pub fn scaled_log_prob(&self, eps: &Tensor<2>, log_scale: Tensor<2>) -> Tensor<2> {
        let inputs = [eps, &log_scale].map(Input::from);
        let at_once = match self {
            Self::Normal => one_pass(inputs, |[eps, log_scale]: [f64; 2]| {
                [-0.5 * eps * eps - HALF_LN_TWO_PI - log_scale]
            }),
            Self::Other(_) => None,
        };
        match at_once {
            Some([value]) => linearized(value, vec![(log_scale, Slope::Number(-1.0))]),
            None => self.log_prob(eps.clone()) - log_scale,
        }
    }

    /// `log b(ε)`, elementwise.
    pub fn log_prob(&self, eps: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Normal => eps.square() * -0.5 - HALF_LN_TWO_PI,
            Self::Other(density) => density.log_density(eps),
        }
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("Normal"),
            Self::Other(density) => f.write_str(density.title()),
        }
    }
}

/// A distribution whose type is forgotten.
pub(crate) trait Density: Send + Sync {
    fn title(&self) -> &'static str;
    fn fault(&self) -> Option<&'static str>;
    fn draws(&self, shape: [usize; 2], noise: &mut Noise) -> Tensor<2>;
    fn log_density(&self, eps: Tensor<2>) -> Tensor<2>;
}

impl<P: Distribution<2, Kind = Float>> Density for P {
    fn title(&self) -> &'static str {
        self.name()
    }

    fn fault(&self) -> Option<&'static str> {
        match () {
            () if !P::REPARAMETERIZED => Some("draws that carry gradients"),
            () if self.support() != Support::Real => Some("all of the real line as its support"),
            () if !self.is_proper() => Some("a density with an integral"),
            () if self.shape().ok() != Some([1, 1]) => Some("the shape [1, 1]"),
            () if self.check().is_err() => Some("parameters in their domains"),
            () => None,
        }
    }

    fn draws(&self, shape: [usize; 2], noise: &mut Noise) -> Tensor<2> {
        self.draw(shape, noise)
    }

    fn log_density(&self, eps: Tensor<2>) -> Tensor<2> {
        self.log_prob(eps)
    }
}
