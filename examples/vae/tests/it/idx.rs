//! The reader of idx files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use elbo_testkit::data_dir;
use flate2::Compression;
use flate2::write::GzEncoder;
use vae::{Data, MnistError};

/// A directory of files that is removed with it.
struct Folder(PathBuf);

impl Folder {
    /// Four files: two images of 2 by 3 pixels to train on, one held out.
    fn with_small_files(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("elbo-vae-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        for (part, count) in [("train", 2), ("t10k", 1)] {
            let pixels = (0..count * 6).collect();
            folder.write(&images(part), &idx(2051, &[u32::from(count), 2, 3], pixels));
            folder.write(&labels(part), &idx(2049, &[u32::from(count)], (0..count).collect()));
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    fn error(&self) -> MnistError {
        Data::mnist(&self.0).unwrap_err()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn images(part: &str) -> String {
    format!("{part}-images-idx3-ubyte")
}

fn labels(part: &str) -> String {
    format!("{part}-labels-idx1-ubyte")
}

fn idx(magic: u32, sizes: &[u32], bytes: Vec<u8>) -> Vec<u8> {
    let header = [&[magic], sizes].concat();
    header.into_iter().flat_map(u32::to_be_bytes).chain(bytes).collect()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn images_and_labels_are_read_by_rows() {
    let data = Data::mnist(&Folder::with_small_files("rows").0).unwrap();
    assert_eq!((data.train.width, data.train.ink), (3, 255));
    assert_eq!(data.train.images, [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]);
    assert_eq!(data.train.labels, [0, 1]);
    assert_eq!(data.test.len(), 1);
}

#[test]
fn compressed_files_are_read_as_well() {
    let folder = Folder::with_small_files("gz");
    let plain = Data::mnist(&folder.0).unwrap();
    let path = folder.0.join(images("train"));
    folder.write(&format!("{}.gz", images("train")), &gzipped(&fs::read(&path).unwrap()));
    fs::remove_file(path).unwrap();
    assert_eq!(Data::mnist(&folder.0).unwrap().train, plain.train);
}

#[test]
fn a_missing_file_is_named() {
    let folder = Folder::with_small_files("missing");
    fs::remove_file(folder.0.join(labels("t10k"))).unwrap();
    let error = folder.error();
    assert!(matches!(&error, MnistError::Missing { name, .. } if *name == labels("t10k")));
    assert!(error.to_string().contains("neither t10k-labels-idx1-ubyte nor"), "{error}");
    assert!(matches!(Data::mnist(Path::new("/nowhere")), Err(MnistError::Missing { .. })));
}

#[test]
fn a_wrong_magic_number_is_named() {
    let folder = Folder::with_small_files("magic");
    folder.write(&images("train"), &idx(2049, &[2], vec![0, 1]));
    let error = folder.error();
    assert!(matches!(error, MnistError::Magic { expected: 2051, found: 2049, .. }), "{error:?}");
    assert!(error.to_string().contains("an idx file of images starts with 2051"), "{error}");
}

#[test]
fn truncated_files_and_files_that_are_too_long_are_refused() {
    let folder = Folder::with_small_files("length");
    for (bytes, expected) in [
        (idx(2051, &[2, 2, 3], vec![0; 11]), 28),
        (idx(2051, &[2, 2, 3], vec![0; 13]), 28),
        (idx(2051, &[2, 2], vec![]), 16),
        (vec![], 16),
    ] {
        folder.write(&images("train"), &bytes);
        let error = folder.error();
        let as_expected = matches!(error, MnistError::Length { expected: e, found, .. }
            if e == expected && found == bytes.len());
        assert!(as_expected, "{error:?}");
    }
}

#[test]
fn a_header_of_absurd_sizes_is_refused() {
    let folder = Folder::with_small_files("absurd");
    folder.write(&images("train"), &idx(2051, &[u32::MAX; 3], vec![0; 12]));
    assert!(matches!(folder.error(), MnistError::Length { found: 28, .. }));
}

#[test]
fn a_damaged_archive_is_refused() {
    let folder = Folder::with_small_files("damaged");
    let path = folder.0.join(images("train"));
    let archive = gzipped(&fs::read(&path).unwrap());
    fs::remove_file(path).unwrap();
    folder.write(&format!("{}.gz", images("train")), &archive[..archive.len() / 2]);
    assert!(matches!(folder.error(), MnistError::Read { .. }));
}

#[test]
fn a_set_without_pixels_is_refused() {
    let folder = Folder::with_small_files("empty");
    for sizes in [[0, 2, 3], [2, 0, 3], [2, 2, 0]] {
        folder.write(&images("train"), &idx(2051, &sizes, Vec::new()));
        let error = folder.error();
        assert!(matches!(error, MnistError::Empty { .. }), "{error}");
    }
}

#[test]
fn sets_of_different_sizes_are_refused() {
    let folder = Folder::with_small_files("sizes");
    folder.write(&images("t10k"), &idx(2051, &[1, 3, 2], (0..6).collect()));
    let error = folder.error();
    assert!(matches!(error, MnistError::Sizes { train: 3, test: 2, .. }), "{error}");
}

#[test]
fn labels_of_another_set_are_refused() {
    let folder = Folder::with_small_files("labels");
    folder.write(&labels("train"), &idx(2049, &[3], vec![0, 1, 2]));
    let error = folder.error();
    assert!(matches!(error, MnistError::Labels { images: 2, labels: 3, .. }), "{error:?}");
}

#[test]
fn the_real_files_have_their_published_counts() {
    let Some(root) = data_dir() else { return };
    let data = Data::mnist(&root.join("mnist")).unwrap();
    assert_eq!((data.train.len(), data.test.len(), data.train.pixels()), (60_000, 10_000, 784));
    let fives = data.train.labels.iter().filter(|label| **label == 5).count();
    assert_eq!(fives, 5421);
}

#[test]
fn the_shipped_digits_are_whole() {
    let Data { train, test } = Data::shipped();
    assert_eq!((train.len(), test.len(), train.pixels(), train.width), (1500, 297, 64, 8));
    let every = || train.images.iter().chain(&test.images);
    assert!(every().all(|image| image.len() == 64));
    assert_eq!(every().flatten().max(), Some(&16));
    let ones = train.labels.iter().chain(&test.labels).filter(|label| **label == 1).count();
    assert_eq!(ones, 182);
}
