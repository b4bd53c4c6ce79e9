//! The idx files of MNIST (LeCun, Cortes & Burges 1998).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::{Data, Digits};

/// What can be wrong with the files of MNIST.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MnistError {
    /// A file is not there.
    #[error(
        "{} has neither {name} nor {name}.gz; give the directory that holds the four idx files \
         of MNIST",
        dir.display()
    )]
    Missing {
        /// The directory.
        dir: PathBuf,
        /// The file's name.
        name: String,
    },
    /// A file cannot be read or decompressed.
    #[error("{} could not be read: {source}; fetch it again", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// A file is of another kind.
    #[error(
        "{} starts with the number {found}, but an idx file of {content} starts with {expected}; \
         check what it holds",
        path.display()
    )]
    Magic {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        content: &'static str,
        /// The number it should start with.
        expected: u32,
        /// The number it starts with.
        found: u32,
    },
    /// A file is cut off, or longer than it says.
    #[error(
        "{} should be {expected} bytes long by its header, but is {found}; fetch it again",
        path.display()
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// The bytes it should have.
        expected: usize,
        /// The bytes it has.
        found: usize,
    },
    /// Burn could not fetch the files.
    #[cfg(feature = "download")]
    #[error(
        "MNIST could not be fetched: {message}; check the network, remove what is left in Burn's \
         cache (burn-dataset/mnist in the user's cache folder), or take the four files from a \
         directory"
    )]
    Download {
        /// What Burn said.
        message: String,
    },
    /// A set without images, or with images without pixels.
    #[error("{} holds {count} images of {rows} by {columns} pixels; give a set that has some", path.display())]
    Empty {
        /// The file of images.
        path: PathBuf,
        /// The images.
        count: usize,
        /// The rows of an image.
        rows: usize,
        /// The columns of an image.
        columns: usize,
    },
    /// The images held out have another size than those to train on.
    #[error(
        "the images to train on have {train} columns and {train_pixels} pixels, those held out {test} \
         and {test_pixels}; take both from one set"
    )]
    Sizes {
        /// The columns of an image to train on.
        train: usize,
        /// Its pixels.
        train_pixels: usize,
        /// The columns of an image held out.
        test: usize,
        /// Its pixels.
        test_pixels: usize,
    },
    /// Images and labels do not belong together.
    #[error(
        "{} has {labels} labels, but there are {images} images; take both files from one place",
        path.display()
    )]
    Labels {
        /// The file of labels.
        path: PathBuf,
        /// The images there are.
        images: usize,
        /// The labels there are.
        labels: usize,
    },
}

impl Data {
    /// MNIST from the four idx files in `dir`, compressed by gzip or not: 60,000 images of 28 by 28
    /// pixels train, 10,000 are held out.
    ///
    /// # Errors
    /// A [`MnistError`].
    pub fn mnist(dir: &Path) -> Result<Self, MnistError> {
        let (train, test) = (digits(dir, "train")?, digits(dir, "t10k")?);
        if (train.width, train.pixels()) != (test.width, test.pixels()) {
            return Err(MnistError::Sizes {
                train: train.width,
                train_pixels: train.pixels(),
                test: test.width,
                test_pixels: test.pixels(),
            });
        }
        Ok(Self { train, test })
    }
}

fn digits(dir: &Path, part: &str) -> Result<Digits, MnistError> {
    let images = Idx::read(dir, &format!("{part}-images-idx3-ubyte"), Content::Images)?;
    let labels = Idx::read(dir, &format!("{part}-labels-idx1-ubyte"), Content::Labels)?;
    let [count, rows, columns] = images.sizes;
    if [count, rows, columns].contains(&0) {
        return Err(MnistError::Empty { path: images.path, count, rows, columns });
    }
    if labels.sizes[0] != count {
        return Err(MnistError::Labels {
            path: labels.path,
            images: count,
            labels: labels.sizes[0],
        });
    }
    let images = images.bytes.chunks_exact((rows * columns).max(1)).map(<[u8]>::to_vec).collect();
    Ok(Digits { width: columns, ink: u8::MAX, images, labels: labels.bytes })
}

/// An idx file: big-endian, a magic number of which the last byte counts the axes, the size of
/// each axis, then the bytes in row-major order.
struct Idx {
    path: PathBuf,
    /// The sizes of the axes, and 1 for an axis that there is not.
    sizes: [usize; 3],
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Content {
    Images,
    Labels,
}

impl Content {
    fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Labels => "labels",
        }
    }

    fn axes(self) -> usize {
        match self {
            Self::Images => 3,
            Self::Labels => 1,
        }
    }

    /// Two zero bytes, 8 for unsigned bytes, and the number of axes.
    fn magic(self) -> u32 {
        0x0800 + self.axes() as u32
    }
}

impl Idx {
    fn read(dir: &Path, name: &str, content: Content) -> Result<Self, MnistError> {
        let path = find(dir, name)?;
        let mut file = match bytes_of(&path) {
            Ok(file) => file,
            Err(source) => return Err(MnistError::Read { path, source }),
        };
        let header = 4 * (1 + content.axes());
        let word = |index: usize| {
            let bytes = file.get(4 * index..4 * index + 4)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        if let Some(found) = word(0).filter(|found| *found != content.magic()) {
            let (expected, content) = (content.magic(), content.name());
            return Err(MnistError::Magic { path, content, expected, found });
        }
        let mut sizes = [1; 3];
        for (axis, size) in sizes.iter_mut().take(content.axes()).enumerate() {
            *size = word(1 + axis).map_or(0, |size| size as usize);
        }
        let size = sizes.iter().fold(1_usize, |product, size| product.saturating_mul(*size));
        let (expected, found) = (size.saturating_add(header), file.len());
        if found != expected {
            return Err(MnistError::Length { path, expected, found });
        }
        Ok(Self { path, sizes, bytes: file.split_off(header) })
    }
}

fn find(dir: &Path, name: &str) -> Result<PathBuf, MnistError> {
    let candidates = [dir.join(name), dir.join(format!("{name}.gz"))];
    let missing = || MnistError::Missing { dir: dir.to_path_buf(), name: name.to_string() };
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(missing)
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    match path.extension() {
        Some(extension) if extension == "gz" => GzDecoder::new(file).read_to_end(&mut bytes)?,
        _ => file.read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}
