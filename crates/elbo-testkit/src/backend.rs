//! The second CPU backend.

use burn::tensor::Device;

/// The `ndarray` backend: what a test holds `flex` against.
#[allow(deprecated, reason = "upstream prefers flex; supported here while Burn ships it")]
pub fn ndarray() -> Device {
    Device::ndarray()
}
