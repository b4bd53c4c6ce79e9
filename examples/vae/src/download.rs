//! MNIST through Burn's data set.

use burn::data::dataset::Dataset;
use burn::data::dataset::vision::MnistDataset;

use crate::{Data, Digits};

impl Data {
    /// MNIST as Burn fetches it, once, into its own cache.
    ///
    /// # Panics
    /// Where Burn does: if there is neither a cached copy nor a network.
    pub fn downloaded() -> Self {
        Self { train: digits(&MnistDataset::train()), test: digits(&MnistDataset::test()) }
    }
}

fn digits(items: &MnistDataset) -> Digits {
    let bytes = |image: [[f32; 28]; 28]| image.as_flattened().iter().map(|x| *x as u8).collect();
    let (images, labels) = items.iter().map(|item| (bytes(item.image), item.label)).unzip();
    Digits { width: 28, ink: 255, images, labels }
}
