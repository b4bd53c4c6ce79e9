//! An autoencoder, and a network with uncertain weights.

use elbo::prelude::*;
use vae::{Decoder, Encoder, Images};

use crate::{Fit, by_guide};

const PIXELS: usize = 784;
const HIDDEN: usize = 400;
const BATCH: usize = 128;

/// The autoencoder at its size for MNIST, on 128 images of noise.
pub fn vae(device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    let encoder = Encoder::new(PIXELS, HIDDEN, 20, &noise);
    let decoder = Decoder::new(20, HIDDEN, PIXELS, &noise);
    let pixels = crate::bits(&noise, [1, BATCH, PIXELS], 0.2);
    let svi = Svi::new(decoder, Amortized::new(encoder), Elbo, noise).with_learning_rate(1e-3);
    Fit::new(svi, Images { pixels, total: BATCH })
}

struct Digits {
    /// `[1, 128, 784]`
    pixels: Tensor<3>,
    /// `[1, 128, 1]`
    labels: Tensor<3, Int>,
}

fn network(t: &mut Trace, d: &Digits) {
    let mut h = d.pixels.clone();
    for (layer, [i, o]) in
        [[PIXELS, HIDDEN], [HIDDEN, HIDDEN], [HIDDEN, 10]].into_iter().enumerate()
    {
        let w = t.sample(&format!("w{layer}"), Normal::new(0.0, 0.1).iid([1, i, o]));
        let b = t.sample(&format!("b{layer}"), Normal::new(0.0, 0.1).iid([1, 1, o]));
        h = h.matmul(w) + b; // [S, 128, o]
        if layer < 2 {
            h = burn::tensor::activation::relu(h);
        }
    }
    let rows = Subsample { total: 60_000, batch: BATCH };
    t.plate("rows", rows, |t| t.observe("y", Categorical::logits(h), d.labels.clone()));
}

/// Bayes by Backprop: independent normals over the weights of three layers.
pub fn bnn(device: &Device) -> Fit {
    let noise = Noise::new(0, device);
    let labels: Tensor<3> = noise.site("labels").uniform([1, BATCH, 1]) * 10.0;
    let data = Digits {
        pixels: crate::bits(&noise, [1, BATCH, PIXELS], 0.2),
        labels: labels.int().clamp(0, 9),
    };
    let config = MeanFieldConfig::new().with_scale(0.01);
    let svi = by_guide(network, &data, noise, |layout, noise| {
        config.init(layout, &network, &data, noise)
    });
    Fit::new(svi.with_learning_rate(1e-3), data)
}
