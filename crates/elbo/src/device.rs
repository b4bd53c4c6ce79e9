//! Devices by name.

use burn::tensor::Device;

/// A device that is not known, or not compiled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no device \"{name}\" in this build, which has {}; enable the cargo feature of that \
     name, or choose one of these",
    available.join(", ")
)]
#[non_exhaustive]
pub struct UnknownDevice {
    /// The name asked for.
    pub name: String,
    /// The names there are.
    pub available: Vec<&'static str>,
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
/// [`UnknownDevice`], which lists the devices there are.
///
/// ```
/// assert!(elbo::device("flex").is_ok());
/// assert!(elbo::device("abacus").unwrap_err().to_string().contains("flex"));
/// ```
pub fn device(name: &str) -> Result<Device, UnknownDevice> {
    let maker = makers().into_iter().find(|(known, _)| *known == name);
    match maker {
        Some((_, make)) => Ok(make()),
        None => Err(UnknownDevice { name: name.to_string(), available: devices() }),
    }
}

type Maker = (&'static str, fn() -> Device);

fn makers() -> Vec<Maker> {
    vec![
        #[cfg(feature = "flex")]
        ("flex", Device::flex),
        #[cfg(feature = "ndarray")]
        ("ndarray", crate::ndarray::ndarray),
        #[cfg(feature = "wgpu")]
        ("wgpu", || Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "vulkan")]
        ("vulkan", || Device::vulkan(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(feature = "cuda")]
        ("cuda", || Device::cuda(0)),
    ]
}
