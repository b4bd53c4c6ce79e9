//! Files and folders that are there as a whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::ReportError;

/// Who writes: for readers that ask.
pub(crate) const CREATOR: &str = "elbo";

/// Its version.
pub(crate) const CREATOR_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes a file under another name beside `path`, and renames it when all of it is on the disk.
#[cfg(feature = "parquet")]
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut fs::File) -> io::Result<()>,
) -> Result<(), ReportError> {
    if path.is_dir() {
        return Err(ReportError::IsFolder { path: path.into() });
    }
    let (part, mut file) = beside(path, |part| fs::File::create_new(part)).map_err(fault(path))?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    drop(file); // some systems rename no open file
    written.and_then(|()| fs::rename(&part, path)).map_err(|source| {
        // Of the two faults the first is the one to tell.
        let _ = fs::remove_file(&part);
        fault(path)(source)
    })
}

/// Writes a folder likewise; one that is at `path` goes when the new one is there.
#[cfg(feature = "zarr")]
pub(crate) fn write_folder(
    path: &Path,
    write: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), ReportError> {
    let (part, ()) = beside(path, |part| fs::create_dir(part)).map_err(fault(path))?;
    let new = part.join("new");
    let written = fs::create_dir(&new).and_then(|()| write(&new));
    written.and_then(|()| exchange(&part, path)).map_err(|source| {
        // The old folder, could it not be put back, stays in `part`, which then is not empty.
        let _ = fs::remove_dir_all(&new).and_then(|()| fs::remove_dir(&part));
        fault(path)(source)
    })
}

/// Puts `part/new` at `path`; a folder cannot be renamed to one that has files in it, so the old one makes room first.
#[cfg(feature = "zarr")]
fn exchange(part: &Path, path: &Path) -> io::Result<()> {
    let (new, old) = (part.join("new"), part.join("old"));
    let had_old = path.exists();
    if had_old {
        fs::rename(path, &old)?;
    }
    if let Err(error) = fs::rename(&new, path) {
        if had_old {
            fs::rename(&old, path)?;
        }
        return Err(error);
    }
    // What is left over is in nobody's way.
    let _ = fs::remove_dir_all(part);
    Ok(())
}

/// Makes something at the first free one of `.name.part-0`, `.name.part-1`, ... beside `path`.
fn beside<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(PathBuf, T)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut number = 0_u64;
    loop {
        let mut part = OsString::from(".");
        part.push(name);
        part.push(format!(".part-{number}"));
        let part = path.with_file_name(part);
        match make(&part) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|made| (part, made)),
        }
    }
}

fn fault(path: &Path) -> impl Fn(io::Error) -> ReportError {
    move |source| ReportError::File { path: path.into(), source }
}
