//! Folders of tests, and the interpreter that reads what is written there.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that goes with the test.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("elbo-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of all that is in it.
    #[cfg(any(feature = "parquet", feature = "zarr"))]
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The Python interpreter that `ELBO_PYTHON` names.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
pub fn interpreter(path: &Path) -> Option<OsString> {
    let interpreter = std::env::var_os("ELBO_PYTHON");
    if interpreter.is_none() {
        eprintln!("NOT RUN: ELBO_PYTHON names no interpreter that could read {path:?}");
    }
    interpreter
}
