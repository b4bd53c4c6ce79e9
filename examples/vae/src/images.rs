//! Batches of images.

use burn::data::dataloader::batcher::Batcher;
use elbo::prelude::*;

use crate::Digits;

/// A batch of images, on a device.
#[derive(Clone, Debug)]
pub struct Images {
    /// Pixels from 0 (background) to 1 (ink), `[1, B, P]`.
    pub pixels: Tensor<3>,
    /// The images that there are, of which the batch is a part.
    pub total: usize,
}

impl Images {
    /// Which part of all images the batch is.
    pub fn part(&self) -> Subsample {
        Subsample { total: self.total, batch: self.pixels.dims()[1] }
    }
}

/// Makes batches of images; Burn's `DataLoader` brings the items.
#[derive(Clone, Copy, Debug)]
pub struct ImageBatcher {
    /// The value of full ink.
    pub ink: u8,
    /// The images that there are.
    pub total: usize,
}

impl ImageBatcher {
    /// Batches of `digits`.
    pub fn new(digits: &Digits) -> Self {
        Self { ink: digits.ink, total: digits.len() }
    }
}

impl Batcher<Vec<u8>, Images> for ImageBatcher {
    fn batch(&self, items: Vec<Vec<u8>>, device: &Device) -> Images {
        let shape = [1, items.len(), items.first().map_or(0, Vec::len)];
        let scale = 1.0 / f32::from(self.ink);
        let pixels: Vec<f32> = items.iter().flatten().map(|x| f32::from(*x) * scale).collect();
        let pixels = TensorData::new(pixels, shape);
        Images { pixels: Tensor::from_data(pixels, device), total: self.total }
    }
}
