//! Batches of images.

use burn::data::dataloader::batcher::Batcher;
use burn::tensor::DType;
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

    /// The batch of `images`.
    pub fn stack(&self, images: Vec<Vec<u8>>, device: &Device) -> Images {
        let shape = [1, images.len(), images.first().map_or(0, Vec::len)];
        let scale = f32::from(self.ink).recip();
        let pixels: Vec<f32> = images.iter().flatten().map(|x| f32::from(*x) * scale).collect();
        let pixels = Tensor::from_data(TensorData::new(pixels, shape), (device, DType::F32));
        Images { pixels, total: self.total }
    }
}

impl Batcher<Vec<u8>, Images> for ImageBatcher {
    fn batch(&self, items: Vec<Vec<u8>>, device: &Device) -> Images {
        self.stack(items, device)
    }
}
