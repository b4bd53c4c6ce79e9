//! A variational autoencoder: images of digits from latent codes (Kingma & Welling 2014).
//!
//! `z ~ N(0, I)`, `x | z ~ Bernoulli(σ(decoder(z)))`, and the codes of all images are inferred by
//! one network, `q(z | x) = N(loc(x), scale(x)²)`.

mod digits;
mod images;
mod mnist;
mod networks;

use std::error::Error;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::tensor::activation::sigmoid;
use elbo::prelude::*;
use elbo::{Observer, Posterior, StepInfo};

pub use digits::{Data, Digits};
pub use images::{ImageBatcher, Images};
pub use mnist::MnistError;
pub use networks::{Decoder, Encoder};

/// The model. Grey pixels are scored by the cross entropy of their value.
impl Program<Images> for Decoder {
    fn run(&self, t: &mut Trace, x: &Images) {
        t.plate("images", x.part(), |t| {
            let code = Normal::new(0.0, 1.0).iid([1, 1, self.latent()]);
            let z = t.sample("z", code); // [S, B, L]
            let logits = self.forward(z); // [S, B, P]
            t.observe("pixels", Bernoulli::logits(logits).soft_targets(), x.pixels.clone());
        });
    }
}

/// The guide.
impl Program<Images> for Encoder {
    fn run(&self, t: &mut Trace, x: &Images) {
        t.plate("images", x.part(), |t| {
            let (loc, scale) = self.forward(x.pixels.clone()); // [1, B, L]
            t.sample("z", Normal::new(loc, scale)); // [S, B, L]
        });
    }
}

/// How to fit.
#[derive(Clone, Debug)]
pub struct Options {
    /// The device.
    pub device: Device,
    /// The width of the hidden layers.
    pub hidden: usize,
    /// The length of a code.
    pub latent: usize,
    /// Passes over the data.
    pub epochs: usize,
    /// Images a step.
    pub batch: usize,
    /// Particles a step.
    pub particles: usize,
    /// The seed of all noise, and of the order of the images.
    pub seed: u64,
}

impl Options {
    /// For [`Data::shipped`]: 64-200-8, 100 epochs.
    pub fn for_shipped(device: Device) -> Self {
        Self { device, hidden: 200, latent: 8, epochs: 100, batch: 64, particles: 1, seed: 0 }
    }

    /// For [`Data::mnist`]: 784-400-20, 10 epochs.
    pub fn for_mnist(device: Device) -> Self {
        Self { device, hidden: 400, latent: 20, epochs: 10, batch: 128, particles: 1, seed: 0 }
    }
}

/// The learning rate of Adam.
const LEARNING_RATE: f64 = 1e-3;

/// The images that are drawn from the prior.
const SAMPLES: usize = 100;

/// What a fit found. Losses are negative bounds in nats an image.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The sites of the model.
    pub layout: Layout,
    /// The bound an image at each step, in nats.
    pub bounds: Vec<f64>,
    /// The losses of each epoch.
    pub epochs: Vec<Epoch>,
    /// The loss on images held out, by one draw of each code.
    pub test_loss: f64,
    /// One image held out of each digit.
    pub originals: Vec<Vec<f64>>,
    /// The same images from the means of their codes.
    pub reconstructions: Vec<Vec<f64>>,
    /// Images from codes drawn from the prior.
    pub samples: Vec<Vec<f64>>,
}

/// What one pass over the data did. Losses are negative bounds in nats an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// The mean over the epoch's steps, each before its update.
    pub train_loss: f64,
    /// The loss on images held out, after the epoch.
    pub test_loss: f64,
}

/// Fits the networks by Adam at a learning rate of 0.001.
///
/// # Errors
/// If the fit fails.
pub fn run(
    data: &Data,
    options: &Options,
    observer: &mut impl Observer,
) -> Result<Fit, Box<dyn Error>> {
    let Options { device, hidden, latent, .. } = options;
    let train = loader(&data.train, options).shuffle(options.seed).build(items(&data.train));
    let test = loader(&data.test, options).build(items(&data.test));
    let noise = Noise::new(options.seed, device);
    let encoder = Encoder::new(data.train.pixels(), *hidden, *latent, &noise);
    let decoder = Decoder::new(*latent, *hidden, data.train.pixels(), &noise);
    let first = test.iter().next().ok_or("there are no images to hold out")??;
    let layout = Layout::discover(&decoder, &first, &noise)?;
    let mut svi = Svi::new(decoder, Amortized::new(encoder), Elbo, noise.clone())
        .with_particles(options.particles)
        .with_learning_rate(LEARNING_RATE);
    let images = data.train.len() as f64;
    let (mut bounds, mut epochs) = (Vec::new(), Vec::new());
    for _ in 0..options.epochs {
        let mut each_step = |info: &StepInfo| {
            bounds.push(info.bound / images);
            observer.on_step(info);
        };
        let epoch = svi.try_epoch(train.iter(), &mut each_step)?;
        let test_loss = loss(&svi.posterior(), &*test)?;
        epochs.push(Epoch { train_loss: -epoch.bound / images, test_loss });
    }
    let posterior = svi.posterior();
    let originals = ImageBatcher::new(&data.test).stack(&data.test.one_of_each(), device);
    let z = noise.site("samples").normal([1, SAMPLES, *latent]);
    Ok(Fit {
        layout,
        bounds,
        epochs,
        test_loss: loss(&posterior, &*test)?,
        originals: rows(originals.pixels.clone()),
        reconstructions: reconstruct(&posterior, originals.pixels),
        samples: decode(posterior.model(), z),
    })
}
