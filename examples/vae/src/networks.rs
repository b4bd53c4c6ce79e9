//! The two networks: one hidden layer each.

use burn::nn::Linear;
use elbo::prelude::*;
use elbo::{named_param, softplus};

/// `q(z | x)`: from an image to the mean and standard deviation of its latent code.
#[derive(Module, Debug)]
pub struct Encoder {
    hidden: Linear,
    loc: Linear,
    log_scale: Linear,
}

impl Encoder {
    /// An encoder with random weights, the same for the same noise.
    pub fn new(pixels: usize, hidden: usize, latent: usize, noise: &Noise) -> Self {
        Self {
            hidden: linear("encoder.hidden", [pixels, hidden], noise),
            loc: linear("encoder.loc", [hidden, latent], noise),
            log_scale: linear("encoder.log_scale", [hidden, latent], noise),
        }
    }

    /// The mean and standard deviation of the codes.
    ///
    /// # Shapes
    /// `[1, B, P]` to `[1, B, L]` each.
    pub fn forward(&self, pixels: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let hidden = softplus(self.hidden.forward(pixels));
        (self.loc.forward(hidden.clone()), self.log_scale.forward(hidden).exp())
    }
}

/// `p(x | z)`: from a latent code to the log-odds of the pixels.
#[derive(Module, Debug)]
pub struct Decoder {
    hidden: Linear,
    logits: Linear,
}

impl Decoder {
    /// A decoder with random weights, the same for the same noise.
    pub fn new(latent: usize, hidden: usize, pixels: usize, noise: &Noise) -> Self {
        Self {
            hidden: linear("decoder.hidden", [latent, hidden], noise),
            logits: linear("decoder.logits", [hidden, pixels], noise),
        }
    }

    /// The length of a code.
    pub fn latent(&self) -> usize {
        self.hidden.weight.dims()[0]
    }

    /// The log-odds of the pixels.
    ///
    /// # Shapes
    /// `[S, B, L]` to `[S, B, P]`.
    pub fn forward(&self, z: Tensor<3>) -> Tensor<3> {
        self.logits.forward(softplus(self.hidden.forward(z)))
    }
}

/// A linear layer with weights and biases from `U(-k, k)`, `k = 1 / √inputs`; its parameters are
/// known by `name`, and drawn from the noise of that name.
pub fn linear(name: &str, [inputs, outputs]: [usize; 2], noise: &Noise) -> Linear {
    let bound = (inputs as f64).sqrt().recip();
    let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
    let weights = noise.site(&weight).uniform([inputs, outputs]) * (2.0 * bound) - bound;
    let biases = noise.site(&bias).uniform([outputs]) * (2.0 * bound) - bound;
    Linear { weight: named_param(&weight, weights), bias: Some(named_param(&bias, biases)) }
}
