//! Devices by name.

use burn::tensor::Device;
#[cfg(any(feature = "wgpu", feature = "cuda"))]
use burn::tensor::DeviceType;

/// Why there is no such device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// It is not known, or not compiled in.
    #[error(
        "there is no device \"{name}\" in this build, which has {}; choose one of these, or build with the cargo feature wgpu, vulkan or cuda \
         for the device of that name",
        available.join(", ")
    )]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        available: Vec<&'static str>,
    },
    /// It is compiled in, and the machine has none.
    #[error(
        "no hardware for the device \"{name}\" was found: install a driver (for wgpu without a \
         GPU, Mesa's software Vulkan), or choose flex"
    )]
    NotFound {
        /// The name asked for.
        name: &'static str,
    },
}

/// The names of the devices compiled in, the default one first.
///
/// ```
/// assert_eq!(elbo::devices()[0], "flex");
/// ```
pub fn devices() -> Vec<&'static str> {
    makers().into_iter().map(|(name, _)| name).collect()
}

/// The device called `name`: `flex` or `ndarray` on the CPU; `wgpu`, `vulkan` or `cuda` where the
/// feature is enabled.
///
/// # Errors
/// [`DeviceError`], which says what there is.
///
/// ```
/// assert!(elbo::device("flex").is_ok());
/// assert!(elbo::device("abacus").unwrap_err().to_string().contains("flex"));
/// ```
pub fn device(name: &str) -> Result<Device, DeviceError> {
    match makers().into_iter().find(|(known, _)| *known == name) {
        Some((name, make)) => make().ok_or(DeviceError::NotFound { name }),
        None => Err(DeviceError::Unknown { name: name.to_string(), available: devices() }),
    }
}

type Maker = (&'static str, fn() -> Option<Device>);

fn makers() -> Vec<Maker> {
    vec![
        #[cfg(feature = "flex")]
        ("flex", || Some(Device::flex())),
        #[cfg(feature = "ndarray")]
        ("ndarray", || Some(crate::ndarray::ndarray())),
        #[cfg(feature = "wgpu")]
        ("wgpu", || found(DeviceType::Wgpu, || Device::wgpu(Default::default()))),
        #[cfg(feature = "vulkan")]
        ("vulkan", || found(DeviceType::Vulkan, || Device::vulkan(Default::default()))),
        #[cfg(feature = "cuda")]
        ("cuda", || found(DeviceType::Cuda, || Device::cuda(0))),
    ]
}

/// The device, if the machine has hardware of that type: without it, Burn panics at the first tensor.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn found(hardware: DeviceType, make: fn() -> Device) -> Option<Device> {
    (!Device::enumerate(hardware).into_vec().is_empty()).then(make)
}
