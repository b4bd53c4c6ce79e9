//! Training and its results.

use std::error::Error;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use elbo::prelude::*;
use elbo::{Observer, Posterior, StepInfo, sigmoid};

use crate::{Data, Decoder, Digits, Encoder, ImageBatcher, Images};

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
    /// What depends on what.
    pub graph: Graph,
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

/// Options that no fit can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// Batches of no images.
    #[error("a batch holds at least one image, but the batch size is 0; give 1 or more")]
    EmptyBatch,
}

/// Fits the networks by Adam at a learning rate of 0.001.
///
/// # Errors
/// An [`OptionsError`], or what stopped the fit.
pub fn run(
    data: &Data,
    options: &Options,
    observer: &mut impl Observer,
) -> Result<Fit, Box<dyn Error>> {
    if options.batch == 0 {
        return Err(OptionsError::EmptyBatch.into());
    }
    let noise = Noise::new(options.seed, &options.device);
    let (decoder, encoder) = networks(data.train.pixels(), options, &noise);
    let train = loader(&data.train, options).shuffle(options.seed).build(items(&data.train));
    let test = loader(&data.test, options).build(items(&data.test));
    let shown = ImageBatcher::new(&data.test).stack(data.test.one_of_each(), &options.device);
    let layout = Layout::discover(&decoder, &shown, &noise)?;
    let graph = Graph::discover(&decoder, &shown, &noise)?;
    let mut svi = Svi::new(decoder, encoder, Elbo, noise.clone())
        .with_particles(options.particles)
        .with_learning_rate(LEARNING_RATE);
    let (images, mut bounds, mut epochs) = (data.train.len() as f64, Vec::new(), Vec::new());
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
    let test_loss = epochs.last().map_or(f64::NAN, |epoch: &Epoch| epoch.test_loss);
    let (codes, _) = posterior.guide().program().forward(shown.pixels.clone());
    let prior = noise.site("samples").normal([1, SAMPLES, options.latent]);
    Ok(Fit {
        layout,
        graph,
        bounds,
        epochs,
        test_loss,
        originals: rows(shown.pixels),
        reconstructions: decode(posterior.model(), codes),
        samples: decode(posterior.model(), prior),
    })
}

fn networks(pixels: usize, options: &Options, noise: &Noise) -> (Decoder, Amortized<Encoder>) {
    let &Options { hidden, latent, .. } = options;
    let encoder = Encoder::new(pixels, hidden, latent, noise);
    (Decoder::new(latent, hidden, pixels, noise), Amortized::new(encoder))
}

fn loader(digits: &Digits, options: &Options) -> DataLoaderBuilder<Vec<u8>, Images> {
    DataLoaderBuilder::new(ImageBatcher::new(digits))
        .batch_size(options.batch)
        .set_device(options.device.clone())
}

fn items(digits: &Digits) -> InMemDataset<Vec<u8>> {
    InMemDataset::new(digits.images.clone())
}

/// The negative bound an image, by one draw of each code.
///
/// A batch's bound estimates that of all images, so batches count by their size.
fn loss(
    posterior: &Posterior<Decoder, Amortized<Encoder>>,
    batches: &dyn DataLoader<Images>,
) -> Result<f64, Box<dyn Error>> {
    let mut bound = 0.0;
    for (index, images) in batches.iter().enumerate() {
        let images = images?;
        let Subsample { total, batch } = images.part();
        bound += posterior.stream(index as u64).bound(&images, 1)?.mean / total as f64
            * (batch as f64 / total as f64);
    }
    Ok(-bound)
}

/// The expected images of codes `[1, N, L]`.
fn decode(decoder: &Decoder, codes: Tensor<3>) -> Vec<Vec<f64>> {
    rows(sigmoid(decoder.forward(codes)))
}

/// The images of `[1, N, P]`, on the host.
fn rows(images: Tensor<3>) -> Vec<Vec<f64>> {
    let pixels = images.dims()[2];
    let values: Vec<f64> = images.into_data().iter::<f64>().collect();
    values.chunks(pixels.max(1)).map(<[f64]>::to_vec).collect()
}
