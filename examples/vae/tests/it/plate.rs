//! The scale of batches.

use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataset::InMemDataset;
use elbo::prelude::*;
use vae::{Data, Decoder, ImageBatcher};

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
