//! Programs for posteriors whose moments are published, by long runs of another sampler: 28 of
//! posteriordb and 8 of the Inference Gym.
//!
//! The data are not here. [`read`] reads them, and the published moments, from a folder with one JSON
//! file a posterior: `posteriordb/<name>.json` and `inference_gym/<name>.json`, with the objects `data`
//! and `reference`.
//!
//! A file of [`posteriordb`](mod@posteriordb) or [`inference_gym`](mod@inference_gym) states one model:
//! its equations, `Data`, `data` that reads them, and `model`. What is published of a number is found
//! under the name of its site.

mod error;
mod every;
mod fields;
mod fit;
pub mod inference_gym;
mod kind;
mod lists;
mod moments;
pub mod posteriordb;
mod published;
mod recurrence;
mod reference;
pub mod regression;
mod report;
mod row;
mod tensors;

pub use error::DataError;
pub use every::{Entry, all, names, read};
pub use fields::Fields;
pub use fit::{Fit, Settings};
pub use kind::{KINDS, Kind};
pub use published::Published;
pub use recurrence::recurrence;
pub use reference::Reference;
pub use report::{markdown, report};
pub use row::Row;

use lists::numbers;
use recurrence::later;
use tensors::{first, index, row};
