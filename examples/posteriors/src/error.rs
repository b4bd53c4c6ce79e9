//! What can be wrong with a file.

use std::path::PathBuf;

/// A posterior that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is no program of this name.
    #[error("there is no posterior \"{name}\"; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The file cannot be opened.
    #[error("{} cannot be read; give the folder that holds posteriordb and inference_gym", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no JSON, or not an object.
    #[error("{} holds no JSON object", file.display())]
    Json {
        /// The file.
        file: PathBuf,
        /// Where, and why.
        source: serde_json::Error,
    },
    /// A field is missing, or holds something else.
    #[error("{}: \"{field}\" should be {expected}, but is {found}", file.display())]
    Field {
        /// The file.
        file: PathBuf,
        /// The field.
        field: String,
        /// `a number`, or `a list of 8 numbers`.
        expected: String,
        /// `absent`, or what it holds.
        found: String,
    },
}
