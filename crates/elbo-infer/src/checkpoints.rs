//! Fits on disk.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use burn::store::RecordError;
use burn_pack::AtomicFile;

use crate::parts::Parts;
use crate::{InferError, SviRecord};

/// What the file of a fit begins with.
const MAGIC: [u8; 8] = *b"elbo-fit";

/// The version of what follows the header.
const VERSION: u32 = 3;

/// Eight magic bytes, the version, the checksum of all that follows it and the number of bytes after the header, least significant first.
const HEADER: usize = 24;

impl SviRecord {
    /// Writes the record to a file, which is there as a whole or not at all: it is written under another name beside `path`, synced and
    /// renamed.
    ///
    /// # Errors
    /// [`InferError::CheckpointFile`]; what was at `path` is then as it was.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::{Device, Tensor};
    /// # use elbo_dist::{Noise, Normal};
    /// # use elbo_guide::MeanField;
    /// # use elbo_model::{Layout, Model, Trace};
    /// use elbo_infer::{Elbo, Svi, SviRecord};
    ///
    /// # fn model(t: &mut Trace, x: &Tensor<2>) {
    /// #     let z = t.sample("z", Normal::new(0.0, 1.0));
    /// #     t.observe("x", Normal::new(z, 1.0), x.clone());
    /// # }
    /// # let device = Device::flex();
    /// # let x = Tensor::from_floats([[1.0]], &device);
    /// # let fit = || {
    /// #     let mut noise = Noise::new(0, &device);
    /// #     let layout = Layout::discover(&model, &x, &noise).unwrap();
    /// #     let guide = MeanField::new(&layout, &model, &x, &mut noise).unwrap();
    /// #     Svi::new(Model::new(model), guide, Elbo, noise)
    /// # };
    /// # let path = std::env::temp_dir().join(format!("elbo-{}.fit", std::process::id()));
    /// let mut first = fit();
    /// first.run(10, &x, &mut ()).unwrap();
    /// first.to_record().save(&path).unwrap();
    /// let mut second = fit();
    /// second.load_record(SviRecord::load(&path).unwrap()).unwrap();
    /// assert_eq!(first.step(&x).unwrap(), second.step(&x).unwrap());
    /// # std::fs::remove_file(path).unwrap();
    /// ```
    pub fn save(self, path: &Path) -> Result<(), InferError> {
        let content = |source: RecordError| InferError::CheckpointContent {
            path: path.to_path_buf(),
            source: Box::new(source),
        };
        let failed = |error: burn_pack::Error| file_fault("written", path, io::Error::other(error));
        let payload = self.into_parts().and_then(Parts::into_bytes).map_err(content)?;
        let (file, mut handle) = AtomicFile::create(path).map_err(failed)?;
        let length = (payload.len() as u64).to_le_bytes();
        let checksum = checksum(&length, &payload).to_le_bytes();
        let header = [&MAGIC[..], &VERSION.to_le_bytes(), &checksum, &length].concat();
        let written = handle.write_all(&header).and_then(|()| handle.write_all(&payload));
        let synced = written.and_then(|()| handle.sync_all());
        synced.map_err(|source| file_fault("written", path, source))?;
        drop(handle);
        file.commit().map_err(failed)
    }

    /// The record that [`SviRecord::save`] wrote.
    ///
    /// # Errors
    /// [`InferError::CheckpointFile`] if the file cannot be read, [`InferError::CheckpointForeign`] if it is not that of a fit,
    /// [`InferError::CheckpointTruncated`], [`InferError::CheckpointCorrupt`], [`InferError::CheckpointVersion`] and
    /// [`InferError::CheckpointContent`].
    pub fn load(path: &Path) -> Result<Self, InferError> {
        let bytes = fs::read(path).map_err(|source| file_fault("read", path, source))?;
        let path = path.to_path_buf();
        if bytes[..bytes.len().min(MAGIC.len())] != MAGIC[..bytes.len().min(MAGIC.len())]
            || bytes.is_empty()
        {
            return Err(InferError::CheckpointForeign { path });
        }
        let found = bytes.len() as u64;
        let Some((header, payload)) = bytes.split_at_checked(HEADER) else {
            return Err(InferError::CheckpointTruncated { path, expected: HEADER as u64, found });
        };
        let number = |from: usize| {
            u32::from_le_bytes(header[from..from + 4].try_into().expect("four bytes"))
        };
        let length: [u8; 8] = header[16..].try_into().expect("eight bytes");
        let expected = u64::from_le_bytes(length).saturating_add(HEADER as u64);
        if found < expected {
            return Err(InferError::CheckpointTruncated { path, expected, found });
        }
        if found > expected || checksum(&length, payload) != number(12) {
            return Err(InferError::CheckpointCorrupt { path });
        }
        if number(8) != VERSION {
            return Err(InferError::CheckpointVersion { path, found: number(8), known: VERSION });
        }
        let parts = Parts::from_bytes(payload.to_vec());
        let record = parts.and_then(|mut parts| Self::from_parts(&mut parts));
        record.map_err(|source| InferError::CheckpointContent { path, source: Box::new(source) })
    }
}

fn checksum(length: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(length);
    hasher.update(payload);
    hasher.finalize()
}

fn file_fault(action: &'static str, path: &Path, source: io::Error) -> InferError {
    InferError::CheckpointFile { action, path: path.to_path_buf(), source }
}

/// A folder with the checkpoints of one fit, of which the newest are kept.
///
/// # Example
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use elbo_dist::{Noise, Normal};
/// # use elbo_guide::MeanField;
/// # use elbo_model::{Layout, Model, Trace};
/// use elbo_infer::{Checkpoints, Elbo, Svi};
///
/// # fn model(t: &mut Trace, x: &Tensor<2>) {
/// #     let z = t.sample("z", Normal::new(0.0, 1.0));
/// #     t.observe("x", Normal::new(z, 1.0), x.clone());
/// # }
/// # let device = Device::flex();
/// # let x = Tensor::from_floats([[1.0]], &device);
/// # let mut noise = Noise::new(0, &device);
/// # let layout = Layout::discover(&model, &x, &noise).unwrap();
/// # let guide = MeanField::new(&layout, &model, &x, &mut noise).unwrap();
/// # let mut svi = Svi::new(Model::new(model), guide, Elbo, noise);
/// # let folder = std::env::temp_dir().join(format!("elbo-{}", std::process::id()));
/// let checkpoints = Checkpoints::open(&folder).unwrap().with_keep(2);
/// for _ in 0..5 {
///     svi.run(10, &x, &mut ()).unwrap();
///     checkpoints.save(svi.to_record()).unwrap();
/// }
/// assert_eq!(checkpoints.steps().unwrap(), [40, 50]);
/// assert_eq!(checkpoints.newest().unwrap().unwrap().step(), 50);
/// # std::fs::remove_dir_all(folder).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoints {
    folder: PathBuf,
    keep: usize,
}

impl Checkpoints {
    /// The checkpoints in `folder`, which is made if it is not there; three are kept.
    ///
    /// # Errors
    /// [`InferError::CheckpointFile`] if there is no such folder and it cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, InferError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|source| file_fault("made", &folder, source))?;
        Ok(Self { folder, keep: 3 })
    }

    /// How many are kept, the one that is written among them; at least 1.
    pub fn with_keep(self, keep: usize) -> Self {
        Self { keep: keep.max(1), ..self }
    }

    /// Writes a checkpoint, and removes those that are not among the newest, and what writes that were killed have left.
    ///
    /// # Errors
    /// [`InferError::CheckpointFile`]; the checkpoints that were there are then as they were.
    pub fn save(&self, record: SviRecord) -> Result<(), InferError> {
        let step = record.step();
        record.save(&self.path(step))?;
        let steps = self.steps()?;
        let old = steps.iter().rev().skip(self.keep).map(|step| self.path(*step));
        for path in old.chain(self.unfinished()?) {
            fs::remove_file(&path).map_err(|source| file_fault("removed", &path, source))?;
        }
        Ok(())
    }

    /// The files of writes that have not come to their end.
    fn unfinished(&self) -> Result<Vec<PathBuf>, InferError> {
        let is_one = |name: &String| {
            let is_ours = name.contains(".fit.") || name.contains(".dump.");
            name.starts_with("step-") && is_ours && name.ends_with(".tmp")
        };
        let names = self.names()?.into_iter().filter(is_one);
        Ok(names.map(|name| self.folder.join(name)).collect())
    }

    /// The names of all files in the folder that are text.
    fn names(&self) -> Result<Vec<String>, InferError> {
        let failed = |source| file_fault("read", &self.folder, source);
        let entries = fs::read_dir(&self.folder).map_err(failed)?;
        let names = entries.map(|entry| Ok(entry.map_err(failed)?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    /// The steps of which there are checkpoints, from the oldest to the newest.
    ///
    /// # Errors
    /// [`InferError::CheckpointFile`] if the folder cannot be read.
    pub fn steps(&self) -> Result<Vec<u64>, InferError> {
        let step =
            |name: &String| name.strip_prefix("step-")?.strip_suffix(".fit")?.parse::<u64>().ok();
        let mut steps: Vec<u64> = self.names()?.iter().filter_map(step).collect();
        steps.sort_unstable();
        Ok(steps)
    }

    /// The newest checkpoint, if there is one.
    ///
    /// # Errors
    /// Those of [`SviRecord::load`] and [`Checkpoints::steps`]. A checkpoint that is damaged is not passed over: remove it to go on from the
    /// one before.
    pub fn newest(&self) -> Result<Option<SviRecord>, InferError> {
        let newest = self.steps()?.pop();
        newest.map(|step| SviRecord::load(&self.path(step))).transpose()
    }

    /// The file of the [dump](crate::Svi::dump) of a step that failed in [`Svi::fit`](crate::Svi::fit).
    pub fn dump_path(&self, step: u64) -> PathBuf {
        self.folder.join(format!("step-{step:09}.dump"))
    }

    /// The file of a step.
    pub fn path(&self, step: u64) -> PathBuf {
        self.folder.join(format!("step-{step:09}.fit"))
    }
}
