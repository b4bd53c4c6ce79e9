//! Burn's second CPU backend, which upstream has deprecated in favour of `flex`.

use burn::tensor::Device;

/// The `ndarray` device: supported here while Burn ships it, and what the tests hold `flex` against.
#[allow(deprecated, reason = "the one place that names it")]
pub fn ndarray() -> Device {
    Device::ndarray()
}
