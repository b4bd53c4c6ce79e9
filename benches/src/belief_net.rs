//! A sigmoid belief net, by a score function.

use burn::nn::Linear;
use elbo::named_param;
use elbo::prelude::*;
use vae::linear;

use crate::Fit;

const UNITS: usize = 200;
const PIXELS: usize = 784;
const BATCH: usize = 100;

#[derive(Module, Debug)]
struct Belief {
    /// `[1, 1, 200]`
    prior: Param<Tensor<3>>,
    pixels: Linear,
}

impl Program<Tensor<3>> for Belief {
    fn run(&self, t: &mut Trace, x: &Tensor<3>) {
        t.plate("images", BATCH, |t| {
            let z = t.sample("z", Bernoulli::logits(self.prior.val())); // [S, B, 200]
            t.observe("pixels", Bernoulli::logits(self.pixels.forward(z)), x.clone());
        });
    }
}

#[derive(Module, Debug)]
struct Recognition {
    bits: Linear,
}

impl Program<Tensor<3>> for Recognition {
    fn run(&self, t: &mut Trace, x: &Tensor<3>) {
        t.plate("images", BATCH, |t| {
            let bits = Bernoulli::logits(self.bits.forward(x.clone()));
            t.sample_with("z", bits, Estimator::LEAVE_ONE_OUT);
        });
    }
}

/// Five draws of 200 bits an image, each with the others as its baseline.
pub fn fit(device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    let model = Belief {
        prior: named_param("prior", noise.place().zeros([1, 1, UNITS])),
        pixels: linear("pixels", [UNITS, PIXELS], &noise),
    };
    let guide = Recognition { bits: linear("bits", [PIXELS, UNITS], &noise) };
    let pixels = crate::bits(&noise, [1, BATCH, PIXELS], 0.2);
    let svi = Svi::new(model, Amortized::new(guide), Elbo, noise).with_learning_rate(1e-3);
    Fit::new(svi.with_particles(5), pixels)
}
