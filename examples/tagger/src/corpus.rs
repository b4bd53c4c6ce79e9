//! Tagged sentences and their files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::Tag;

/// Words and the tag of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// The words as they are written.
    pub words: Vec<String>,
    /// Their tags.
    pub tags: Vec<Tag>,
}

/// Sentences to train on, to choose settings by, and to measure on.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// To train on.
    pub train: Vec<Sentence>,
    /// To choose settings by.
    pub dev: Vec<Sentence>,
    /// To measure on.
    pub test: Vec<Sentence>,
}

/// What can be wrong with a file of tagged sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// A file cannot be read.
    #[error(
        "{} could not be read: {source}; give the directory of train.tsv, dev.tsv and test.tsv",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// A line has another number of columns.
    #[error(
        "line {line} of {} has {found} columns, but a word has three, parted by tabs: its form, its \
         universal tag and its own tag",
        path.display()
    )]
    Columns {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The columns it has.
        found: usize,
    },
    /// A word without letters.
    #[error("line {line} of {} has a tag but no word; give the word or leave the line out", path.display())]
    NoWord {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A tag that is none of Universal Dependencies.
    #[error(
        "line {line} of {} has the tag {found:?}, but the second column is one of the 17 of Universal \
         Dependencies, ADJ to X",
        path.display()
    )]
    UnknownTag {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is in the place of a tag.
        found: String,
    },
    /// Two blank lines in a row, or one at the start.
    #[error(
        "line {line} of {} ends a sentence of no words; one blank line parts sentences, remove the \
         others",
        path.display()
    )]
    EmptySentence {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A file without sentences.
    #[error("{} has no sentences; give a file that has some", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl Corpus {
    /// The three files of a directory, `train.tsv`, `dev.tsv` and `test.tsv`, as [`sentences`] reads them.
    ///
    /// # Errors
    /// A [`CorpusError`].
    pub fn read(dir: &Path) -> Result<Self, CorpusError> {
        let part = |name: &str| {
            let path = dir.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => sentences(&text, &path),
                Err(source) => Err(CorpusError::Read { path, source }),
            }
        };
        Ok(Self { train: part("train.tsv")?, dev: part("dev.tsv")?, test: part("test.tsv")? })
    }
}

/// A share of the sentences, from 0 to 1, chosen by a seed, in their order.
///
/// Sentences without tags are left out: summed over all tags of a sentence a model of tags given words is 1, so they tell nothing of weights.
///
/// # Example
/// ```
/// let sentences = tagger::Grammar::shipped().sentences(50, 0);
/// assert_eq!(tagger::labelled(&sentences, 0.1, 3).len(), 5);
/// assert_eq!(tagger::labelled(&sentences, 1.0, 3), sentences);
/// ```
pub fn labelled(sentences: &[Sentence], share: f64, seed: u64) -> Vec<Sentence> {
    let count = (share.clamp(0.0, 1.0) * sentences.len() as f64).round() as usize;
    let mut places: Vec<usize> = (0..sentences.len()).collect();
    places.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    places.truncate(count);
    places.sort_unstable();
    places.into_iter().map(|place| sentences[place].clone()).collect()
}

/// The sentences of a text: a word a line with its universal tag and its own tag, parted by tabs, and a blank line after each sentence;
/// `path` is named in errors.
///
/// # Errors
/// All but [`CorpusError::Read`].
///
/// # Example
/// ```
/// let text = "Dogs\tNOUN\tNNS\nbark\tVERB\tVBP\n\nHi\tINTJ\tUH\n";
/// let sentences = tagger::sentences(text, "dogs.tsv".as_ref()).unwrap();
/// assert_eq!(sentences.len(), 2);
/// assert_eq!(sentences[0].words, ["Dogs", "bark"]);
/// assert_eq!(sentences[1].tags[0].name(), "INTJ");
/// ```
pub fn sentences(text: &str, path: &Path) -> Result<Vec<Sentence>, CorpusError> {
    let (mut all, mut sentence) = (Vec::new(), Sentence::default());
    for (index, content) in text.lines().enumerate() {
        if content.is_empty() {
            if sentence.words.is_empty() {
                return Err(CorpusError::EmptySentence { path: path.into(), line: index + 1 });
            }
            all.push(std::mem::take(&mut sentence));
            continue;
        }
        let (word, tag) = word(content, path, index + 1)?;
        sentence.words.push(word);
        sentence.tags.push(tag);
    }
    if !sentence.words.is_empty() {
        all.push(sentence);
    }
    match all.is_empty() {
        true => Err(CorpusError::Empty { path: path.into() }),
        false => Ok(all),
    }
}

fn word(content: &str, path: &Path, line: usize) -> Result<(String, Tag), CorpusError> {
    let columns: Vec<&str> = content.split('\t').collect();
    let &[word, tag, _] = columns.as_slice() else {
        return Err(CorpusError::Columns { path: path.into(), line, found: columns.len() });
    };
    if word.trim().is_empty() {
        return Err(CorpusError::NoWord { path: path.into(), line });
    }
    let unknown = || CorpusError::UnknownTag { path: path.into(), line, found: tag.to_string() };
    Ok((word.to_string(), Tag::named(tag).ok_or_else(unknown)?))
}
