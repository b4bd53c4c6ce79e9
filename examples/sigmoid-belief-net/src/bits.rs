//! Black and white images.

use burn::tensor::DType;
use elbo::prelude::*;
use vae::Digits;

/// A set of images, each pixel drawn once by its grey.
pub struct Images {
    pixels: Vec<Vec<f32>>,
    device: Device,
}

/// A batch of them.
#[derive(Clone, Debug)]
pub struct Bits {
    /// 0 and 1, `[1, B, P]`.
    pub pixels: Tensor<3>,
    /// The images that there are.
    pub total: usize,
}

impl Bits {
    /// Which part of all images the batch is.
    pub fn part(&self) -> Subsample {
        Subsample { total: self.total, batch: self.pixels.dims()[1] }
    }
}

impl Images {
    /// The images of `digits`, drawn by `noise`.
    pub fn new(digits: &Digits, noise: &Noise, device: &Device) -> Self {
        let ink = f32::from(digits.ink);
        let draw = |(index, image): (usize, &Vec<u8>)| {
            let mut noise = noise.site("pixels").from_particle(index as u64);
            let uniform = noise.uniform([1, image.len()]).into_data();
            let bit = |(u, grey): (f32, &u8)| f32::from(u8::from(u * ink < f32::from(*grey)));
            uniform.iter::<f32>().zip(image).map(bit).collect()
        };
        let pixels = digits.images.iter().enumerate().map(draw).collect();
        Self { pixels, device: device.clone() }
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.pixels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// The pixels of an image.
    pub fn size(&self) -> usize {
        self.pixels.first().map_or(0, Vec::len)
    }

    /// The share of images with ink at each pixel, kept away from 0 and 1.
    pub fn mean(&self) -> Vec<f64> {
        let count = self.len() as f64;
        let share = |pixel: usize| {
            let ink: f32 = self.pixels.iter().map(|image| image[pixel]).sum();
            (f64::from(ink) + 0.5) / (count + 1.0)
        };
        (0..self.size()).map(share).collect()
    }

    /// The images of these numbers, as a part of `total`.
    pub fn batch(&self, numbers: impl Iterator<Item = usize>, total: usize) -> Bits {
        let pixels: Vec<f32> = numbers.flat_map(|n| self.pixels[n].iter().copied()).collect();
        let shape = [1, pixels.len() / self.size(), self.size()];
        let data = TensorData::new(pixels, shape);
        Bits { pixels: Tensor::from_data(data, (&self.device, DType::F32)), total }
    }
}
