//! Fits through the facade.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod bad_inputs;
mod banana;
#[cfg(all(unix, feature = "interrupt"))]
mod ctrl_c;
mod device;
mod german_credit;
#[cfg(feature = "plots")]
mod plots;
#[cfg(feature = "progress")]
mod progress;
#[cfg(feature = "tracing")]
mod traced;
#[cfg(feature = "zarr")]
mod zarr;
