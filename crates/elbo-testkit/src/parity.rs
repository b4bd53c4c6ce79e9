//! One computation on several devices.

use burn::tensor::Device;

/// The devices that are held against `flex`, by name: `ndarray`, and `wgpu` with the feature of that name.
///
/// Where there is no adapter for `wgpu`, which is said on the standard error stream, that is left out.
pub fn other_devices() -> Vec<(&'static str, Device)> {
    let ndarray = ("ndarray", crate::ndarray());
    #[cfg(feature = "wgpu")]
    if let Some(wgpu) = wgpu() {
        return vec![ndarray, ("wgpu", wgpu)];
    }
    vec![ndarray]
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Option<Device> {
    use burn::tensor::{DeviceKind, DeviceType};

    if Device::enumerate(DeviceType::Wgpu).into_vec().is_empty() {
        crate::data::skipped("wgpu finds no adapter; Mesa's software Vulkan is one");
        return None;
    }
    Some(Device::wgpu(DeviceKind::DefaultDevice))
}

/// Asserts that `numbers` gives on every device what it gives on `flex`: `|x - y| ≤ tolerance max(|y|, min(1, max |y|))`; says how near
/// it came.
#[track_caller]
#[allow(clippy::print_stderr, reason = "the test runner shows it on request")]
pub fn assert_parity(what: &str, tolerance: f64, numbers: impl Fn(&Device) -> Vec<f64>) {
    let expected = numbers(&Device::flex());
    let is_good = !expected.is_empty() && expected.iter().all(|x| x.is_finite());
    assert!(is_good, "{what} on flex: {expected:?}");
    let least_scale = expected.iter().fold(0.0_f64, |most, y| most.max(y.abs())).min(1.0);
    for (name, device) in other_devices() {
        let found = numbers(&device);
        assert_eq!(found.len(), expected.len(), "{what} on {name}");
        let mut largest: f64 = 0.0;
        for (i, (x, y)) in found.iter().zip(&expected).enumerate() {
            let off = if x == y { 0.0 } else { (x - y).abs() / y.abs().max(least_scale) };
            assert!(
                off <= tolerance,
                "{what}, number {i}: {x} on {name}, {y} on flex, off by {off:e}"
            );
            largest = largest.max(off);
        }
        eprintln!("{what} on {name}: off by {largest:.0e} at most");
    }
}
