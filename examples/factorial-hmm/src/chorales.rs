//! The JSB chorales (Boulanger-Lewandowski, Bengio & Vincent 2012).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::frequencies;

/// The keys of a piano.
pub const KEYS: usize = 88;
/// The MIDI pitch of the lowest key.
pub const LOWEST: usize = 21;
/// The file's name.
const FILE: &str = "jsb-chorales-quarter.json";

/// A chorale: the keys that are down in each quarter note, from 0 and rising.
pub type Chorale = Vec<Vec<usize>>;

/// Bach's chorales, one step a quarter note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chorales {
    /// Those to learn from.
    pub train: Vec<Chorale>,
    /// Those that say when to stop.
    pub valid: Vec<Chorale>,
    /// Those held out.
    pub test: Vec<Chorale>,
}

/// What can be wrong with the file of chorales.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChoralesError {
    /// The file cannot be read.
    #[error("{} could not be read: {source}; give the folder that holds {FILE}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file is something else.
    #[error(
        "{} is not an object of train, valid and test, each a list of sequences of lists of pitches: {source}; fetch it again",
        path.display()
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// What it holds.
        source: serde_json::Error,
    },
    /// A part without sequences.
    #[error("{part} has no sequence, but needs at least one; fetch the file again")]
    NoSequence {
        /// The part.
        part: &'static str,
    },
    /// A sequence without steps.
    #[error("sequence {sequence} of {part} has no step; leave it out of the file")]
    NoStep {
        /// The part.
        part: &'static str,
        /// The sequence, from 0.
        sequence: usize,
    },
    /// A pitch that is no key of a piano.
    #[error(
        "step {step} of sequence {sequence} of {part} has the pitch {pitch}, but a piano's are 21 to 108; check what the file counts from"
    )]
    Pitch {
        /// The part.
        part: &'static str,
        /// The sequence, from 0.
        sequence: usize,
        /// The step, from 0.
        step: usize,
        /// The pitch.
        pitch: i64,
    },
    /// A pitch that a step has twice.
    #[error(
        "step {step} of sequence {sequence} of {part} has the pitch {pitch} twice, but a key is down or not; leave one out"
    )]
    Twice {
        /// The part.
        part: &'static str,
        /// The sequence, from 0.
        sequence: usize,
        /// The step, from 0.
        step: usize,
        /// The pitch.
        pitch: i64,
    },
}

/// As the file has them: parts, sequences, steps, pitches.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    train: Vec<Vec<Vec<i64>>>,
    valid: Vec<Vec<Vec<i64>>>,
    test: Vec<Vec<Vec<i64>>>,
}

impl Chorales {
    /// The chorales of `jsb-chorales-quarter.json` in `dir`: 229, 76 and 77 sequences.
    ///
    /// # Errors
    /// A [`ChoralesError`].
    pub fn read(dir: &Path) -> Result<Self, ChoralesError> {
        let path = dir.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(ChoralesError::Read { path, source }),
        };
        let file: File = match serde_json::from_str(&text) {
            Ok(file) => file,
            Err(source) => return Err(ChoralesError::Form { path, source }),
        };
        let (train, valid) = (keys("train", file.train)?, keys("valid", file.valid)?);
        Ok(Self { train, valid, test: keys("test", file.test)? })
    }

    /// The loss of independent keys on the chorales held out, in nats a step: what any model of them is to beat.
    pub fn floor(&self) -> f64 {
        let often = frequencies(&self.train, KEYS);
        let off: f64 = often.iter().map(|p| (-p).ln_1p()).sum();
        let down = |key: &usize| (often[*key] / (1.0 - often[*key])).ln();
        let steps = self.test.iter().flatten();
        let log_prob = steps.clone().map(|step| off + step.iter().map(down).sum::<f64>());
        -log_prob.sum::<f64>() / steps.count() as f64
    }
}

fn keys(part: &'static str, sequences: Vec<Vec<Vec<i64>>>) -> Result<Vec<Chorale>, ChoralesError> {
    if sequences.is_empty() {
        return Err(ChoralesError::NoSequence { part });
    }
    let read = |(sequence, steps): (usize, Vec<Vec<i64>>)| {
        if steps.is_empty() {
            return Err(ChoralesError::NoStep { part, sequence });
        }
        let steps = steps.into_iter().enumerate();
        steps.map(|(step, pitches)| keys_of(part, sequence, step, pitches)).collect()
    };
    sequences.into_iter().enumerate().map(read).collect()
}

fn keys_of(
    part: &'static str,
    sequence: usize,
    step: usize,
    mut pitches: Vec<i64>,
) -> Result<Vec<usize>, ChoralesError> {
    pitches.sort_unstable();
    if let Some(pair) = pitches.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(ChoralesError::Twice { part, sequence, step, pitch: pair[0] });
    }
    let key = |pitch: i64| {
        let key = usize::try_from(pitch).ok().and_then(|pitch| pitch.checked_sub(LOWEST));
        let key = key.filter(|key| *key < KEYS);
        key.ok_or(ChoralesError::Pitch { part, sequence, step, pitch })
    };
    pitches.into_iter().map(key).collect()
}
