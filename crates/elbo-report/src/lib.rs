//! What a fit comes to: a report of whether it can be trusted, as data, as a table and as a page with pictures.
//!
//! This crate knows nothing of tensors: `elbo-infer` fills a [`Report`] in, and here it is judged and shown.

mod check;
mod checks;
mod draws;
mod element;
mod error;
#[cfg(any(feature = "parquet", feature = "zarr"))]
mod files;
#[cfg(feature = "zarr")]
mod inference_data;
mod moments;
mod normal_quantile;
#[doc(hidden)] // for the fields of other crates
pub mod number;
#[cfg(feature = "nuts")]
mod nuts;
#[cfg(feature = "plots")]
mod page;
#[cfg(feature = "plots")]
pub mod pictures;
mod r_hat;
mod report;
mod shown;
mod statistic;
mod table;
#[cfg(feature = "parquet")]
mod table_files;
mod uniform;
#[cfg(feature = "zarr")]
mod zarr;

pub use check::{Check, Verdict};
pub use draws::{Draws, Group, SiteDraws};
pub use element::element_name;
pub use error::ReportError;
pub use moments::moments;
#[cfg(feature = "nuts")]
pub use nuts::{NutsConfig, NutsDraws, nuts};
#[cfg(feature = "plots")]
pub use pictures::PictureError;
pub use r_hat::split_r_hat;
pub use report::{
    Agreement, Bound, Calibrated, Calibration, Course, Importance, LocalImportance, NumberRow,
    Predicted, Reference, ReferenceRow, Report, Sample, Signal,
};
pub use statistic::Statistic;
pub use table::table;
pub use uniform::kolmogorov_tail;
