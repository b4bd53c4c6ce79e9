//! MNIST through Burn's data set.

use std::any::Any;
use std::panic::catch_unwind;

use burn::data::dataset::Dataset;
use burn::data::dataset::vision::MnistDataset;

use crate::{Data, Digits, MnistError};

impl Data {
    /// MNIST as Burn fetches it, once, into its own cache.
    ///
    /// # Errors
    /// [`MnistError::Download`] if there is neither a cached copy nor a network: Burn panics then, and
    /// what it says is in the error.
    pub fn downloaded() -> Result<Self, MnistError> {
        let fetch =
            || Self { train: digits(&MnistDataset::train()), test: digits(&MnistDataset::test()) };
        catch_unwind(fetch).map_err(|panic| MnistError::Download { message: message(&*panic) })
    }
}

fn digits(items: &MnistDataset) -> Digits {
    let bytes = |image: [[f32; 28]; 28]| image.as_flattened().iter().map(|x| *x as u8).collect();
    let items = items.iter().map(|item| item.expect("Burn holds the images in memory"));
    let (images, labels) = items.map(|item| (bytes(item.image), item.label)).unzip();
    Digits { width: 28, ink: 255, images, labels }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
        .unwrap_or_else(|| "Burn's download stopped".to_string())
}
