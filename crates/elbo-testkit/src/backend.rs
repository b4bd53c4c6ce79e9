//! The second CPU backend.

use burn::tensor::Device;

/// The `ndarray` backend, deprecated upstream in favour of `flex` but supported here: what a test
/// holds `flex` against.
#[allow(deprecated)]
pub fn ndarray() -> Device {
    Device::ndarray()
}
