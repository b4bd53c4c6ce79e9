//! Reports, draws and their files, and the sampler.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod compared;
#[cfg(any(feature = "parquet", feature = "zarr"))]
mod drawn;
mod draws;
mod fit;
mod hand_made;
#[cfg(feature = "nuts")]
mod nuts;
#[cfg(feature = "plots")]
mod page;
#[cfg(any(feature = "parquet", feature = "plots", feature = "zarr"))]
mod scratch;
#[cfg(feature = "parquet")]
mod table_files;
mod weights;
mod written;
#[cfg(feature = "zarr")]
mod zarr;
