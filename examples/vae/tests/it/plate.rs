//! The scale of batches.

use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataset::InMemDataset;
use elbo::prelude::*;
use elbo::{Score, Terms};
use vae::{Data, Decoder, Encoder, ImageBatcher};

/// With the codes fixed, a batch of `b` of `n` images has `n / b` times the log-joint of its own
/// images. So the mean over an epoch, each batch weighted by `b / n`, is the log-joint of all images
/// at once: exactly but for rounding, also where the last batch is smaller (1,500 = 11 × 128 + 92).
#[test]
fn batches_weighted_by_their_size_average_to_all_images_at_once() {
    let device = elbo::device("flex").unwrap();
    let images = Data::shipped().train;
    let noise = Noise::new(0, &device);
    let decoder = Decoder::new(8, 50, 64, &noise).valid();
    let codes = noise.site("codes").normal([1, images.len(), 8]);
    let log_joint = |first: usize, batch: &vae::Images| {
        let mut z = Latents::new(Place::f32(&device));
        z.insert("z", codes.clone().narrow(1, first, batch.part().batch));
        let total = decoder.log_joint(&z, batch).unwrap().total();
        f64::from(total.into_scalar::<f32>())
    };

    let batcher = ImageBatcher::new(&images);
    let loader = DataLoaderBuilder::new(batcher)
        .batch_size(128)
        .set_device(device.clone())
        .build(InMemDataset::new(images.images.clone()));
    let (mut sizes, mut mean) = (Vec::new(), 0.0);
    for batch in loader.iter() {
        let batch = batch.unwrap();
        let Subsample { total, batch: size } = batch.part();
        mean += log_joint(sizes.iter().sum(), &batch) * size as f64 / total as f64;
        sizes.push(size);
    }
    assert_eq!(sizes, [[128; 11].as_slice(), &[92]].concat());

    let all_at_once = log_joint(0, &batcher.stack(images.images, &device));
    assert!(all_at_once < -60_000.0, "{all_at_once}");
    assert!((mean / all_at_once - 1.0).abs() < 1e-6, "{mean} by batches, {all_at_once} at once");
}

/// Five codes for each of four images of 1,500: the importance-weighted bound of the batch is 1,500 / 4 times the sum of
/// `log 1/5 Σ p(x, z) / q(z)` of the images one by one, each evaluated alone; to the rounding of single precision.
#[test]
fn the_importance_weighted_bound_of_a_batch_is_the_sum_over_its_images() {
    let device = elbo::device("flex").unwrap();
    let images = Data::shipped().train;
    let mut noise = Noise::new(0, &device);
    let decoder = Decoder::new(8, 50, 64, &noise).valid();
    let guide = Amortized::new(Encoder::new(64, 50, 8, &noise)).valid();
    let batcher = ImageBatcher::new(&images);
    let batch = batcher.stack(images.images[..4].to_vec(), &device);
    let draw = guide.draw(&batch, 5, &Plan::default(), &mut noise).unwrap();
    let log_p = decoder.log_joint(&draw.latents, &batch).unwrap();
    let estimate = Iwae.estimate(&Terms::new(log_p, draw.log_q)).unwrap();
    let codes = draw.latents.get::<3>("z").unwrap();
    let mut by_hand = 0.0;
    for (n, image) in images.images[..4].iter().enumerate() {
        let one = batcher.stack(vec![image.clone()], &device);
        let mut z = Latents::new(Place::f32(&device));
        z.insert("z", codes.clone().narrow(1, n, 1));
        let log_p = decoder.log_joint(&z, &one).unwrap().total();
        let log_q = guide.log_q(&one, &z).unwrap().total();
        // One image counts 1,500 times.
        let log_w = (log_p - log_q) / images.len() as f64;
        let weights: Vec<f64> = log_w.into_data().iter().collect();
        let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = weights.iter().map(|w| (w - top).exp()).sum::<f64>() / 5.0;
        by_hand += images.len() as f64 / 4.0 * (top + mean.ln());
    }
    let bound: f64 = estimate.bound.into_scalar();
    assert!((bound / by_hand - 1.0).abs() < 1e-5, "{bound} for {by_hand}");
}
