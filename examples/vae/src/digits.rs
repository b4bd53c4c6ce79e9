//! Images of handwritten digits.

use std::io::Read;

use flate2::read::GzDecoder;

/// Grey images of digits, all of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// The columns of an image.
    pub width: usize,
    /// The value of full ink; 0 is background.
    pub ink: u8,
    /// The pixels of each image, by rows.
    pub images: Vec<Vec<u8>>,
    /// The digit that each image shows.
    pub labels: Vec<u8>,
}

impl Digits {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The number of pixels of an image.
    pub fn pixels(&self) -> usize {
        self.images.first().map_or(0, Vec::len)
    }

    /// The first image of each digit, from 0 to 9; digits without an image are left out.
    pub fn one_of_each(&self) -> Vec<Vec<u8>> {
        let first = |digit| self.labels.iter().position(|label| *label == digit);
        (0..10).filter_map(first).map(|index| self.images[index].clone()).collect()
    }

    /// The images before `index`, and those from there on.
    fn split_at(mut self, index: usize) -> (Self, Self) {
        let (images, labels) = (self.images.split_off(index), self.labels.split_off(index));
        let rest = Self { images, labels, ..self };
        (self, rest)
    }
}

/// Images to train on and images held out.
#[derive(Clone, Debug)]
pub struct Data {
    /// The images to train on.
    pub train: Digits,
    /// The images held out.
    pub test: Digits,
}

/// `data/LICENCE.md` says whose data these are.
const OPTDIGITS: &[u8] = include_bytes!("../data/optdigits.csv.gz");

/// The images of [`OPTDIGITS`] to train on: the first ones.
const TRAINED_ON: usize = 1500;

impl Data {
    /// The 1,797 digits of 8 by 8 pixels of Alpaydin & Kaynak (1998) that come with this package:
    /// the first 1,500 train, the last 297 are held out.
    pub fn shipped() -> Self {
        let mut csv = String::new();
        GzDecoder::new(OPTDIGITS).read_to_string(&mut csv).expect("the shipped file is whole");
        let row = |line: &str| {
            let number = |field: &str| field.parse::<u8>().expect("the shipped file has numbers");
            let mut image: Vec<u8> = line.split(',').map(number).collect();
            let label = image.pop().expect("the shipped file has no empty line");
            (image, label)
        };
        let (images, labels) = csv.lines().map(row).unzip();
        let (train, test) = Digits { width: 8, ink: 16, images, labels }.split_at(TRAINED_ON);
        Self { train, test }
    }
}
