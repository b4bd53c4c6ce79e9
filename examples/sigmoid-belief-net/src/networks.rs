//! Model, guide and what helps to train them.

use burn::nn::Linear;
use elbo::prelude::*;
use elbo::{Controls, named_param};
use vae::linear;

use crate::{Bits, Images};

/// The model.
#[derive(Module, Debug)]
pub struct Belief {
    /// The log-odds of the bits, `[1, 1, K]`.
    prior: Param<Tensor<3>>,
    pixels: Linear,
}

impl Belief {
    /// A net of `units` bits that knows how often each pixel has ink.
    pub fn new(units: usize, images: &Images, noise: &Noise) -> Self {
        let mut pixels = linear("belief.pixels", [units, images.size()], noise);
        let logits = images.mean().iter().map(|p| (p / (1.0 - p)).ln()).collect();
        let bias = noise.place().tensor(logits, [images.size()]);
        pixels.bias = Some(named_param("belief.pixels.bias", bias));
        Self { prior: named_param("belief.prior", noise.place().zeros([1, 1, units])), pixels }
    }
}

impl Program<Bits> for Belief {
    fn run(&self, t: &mut Trace, x: &Bits) {
        t.plate("images", x.part(), |t| {
            let z = t.sample("z", Bernoulli::logits(self.prior.val())); // [S, B, K]
            let logits = self.pixels.forward(z * 2.0 - 1.0); // [S, B, P]
            t.observe("pixels", Bernoulli::logits(logits), x.pixels.clone());
        });
    }
}

/// The guide.
#[derive(Module, Debug)]
pub struct Recognition {
    bits: Linear,
}

impl Recognition {
    /// A linear map from the pixels of an image to the log-odds of its bits.
    pub fn new(units: usize, images: &Images, noise: &Noise) -> Self {
        Self { bits: linear("recognition.bits", [images.size(), units], noise) }
    }
}

impl Program<Bits> for Recognition {
    fn run(&self, t: &mut Trace, x: &Bits) {
        t.plate("images", x.part(), |t| {
            let logits = self.bits.forward(x.pixels.clone() * 2.0 - 1.0); // [1, B, K]
            t.sample("z", Bernoulli::logits(logits));
        });
    }
}

/// The baseline of NVIL, a network of the image, and the network of RELAX, one of the image and of the noise of its bits.
#[derive(Module, Debug)]
pub struct Helper {
    hidden: Linear,
    level: Linear,
    noise: Linear,
    relaxed: Linear,
    /// The bound of independent pixels, from which the baseline starts.
    start: f64,
}

const HIDDEN: usize = 100;

impl Helper {
    /// Networks of 100 hidden units.
    pub fn new(units: usize, images: &Images, noise: &Noise) -> Self {
        Self {
            hidden: linear("helper.hidden", [images.size(), HIDDEN], noise),
            level: linear("helper.level", [HIDDEN, 1], noise),
            noise: linear("helper.noise", [units, HIDDEN], noise),
            relaxed: linear("helper.relaxed", [HIDDEN, 1], noise),
            start: images.mean().iter().map(|p| p * p.ln() + (1.0 - p) * (1.0 - p).ln()).sum(),
        }
    }

    /// `[1, B, 100]`
    fn of_image(&self, x: &Bits) -> Tensor<3> {
        self.hidden.forward(x.pixels.clone() * 2.0 - 1.0)
    }
}

impl Controls<Bits> for Helper {
    fn baseline(&self, _: &str, x: &Bits) -> Option<Tensor<2>> {
        let [_, b, _] = x.pixels.dims();
        // In units of ten nats, so that the network's outputs are of the size that they start with.
        Some(self.level.forward(self.of_image(x).tanh()).reshape([1, b]) * 10.0 + self.start)
    }

    fn network(&self, _: &str, x: &Bits, noise: Tensor<2>) -> Option<Tensor<2>> {
        let ([_, b, _], [s, n]) = (x.pixels.dims(), noise.dims());
        let of_noise = self.noise.forward(noise.reshape([s, b, n / b]));
        let hidden = (of_noise + self.of_image(x)).tanh(); // [S, B, 100]
        Some(self.relaxed.forward(hidden).reshape([s, b]))
    }
}
