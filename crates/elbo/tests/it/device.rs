//! Devices by name.

use elbo::{DeviceError, device, devices};

#[test]
fn the_cpu_backends_come_first() {
    assert_eq!(devices()[..2], ["flex", "ndarray"]);
}

#[test]
fn an_unknown_device_is_answered_with_those_there_are() {
    let error = device("abacus").unwrap_err();
    let unknown = DeviceError::Unknown { name: "abacus".into(), available: devices() };
    assert_eq!(error, unknown);
    let expected = format!(
        "there is no device \"abacus\" in this build, which has {}; choose one of these, or build \
         with the cargo feature wgpu, vulkan or cuda for the device of that name",
        devices().join(", ")
    );
    assert_eq!(error.to_string(), expected);
}
