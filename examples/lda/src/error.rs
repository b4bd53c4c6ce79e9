//! What can be wrong with files, corpora and settings.

use std::path::PathBuf;

/// A corpus that could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}; give the folder that holds it", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line says something else than its form has it.
    #[error("{}, line {line}: expected {expected}, but found {found}; check the file", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What it should have.
        expected: String,
        /// What it has.
        found: String,
    },
    /// A word that the vocabulary lacks.
    #[error(
        "document {document} has word {word}, but there are {words} words, from 0; give each its name"
    )]
    Word {
        /// The document, from 0.
        document: usize,
        /// The word.
        word: usize,
        /// The words that there are.
        words: usize,
    },
    /// A word that a document lists twice.
    #[error("document {document} lists word {word} twice; give each word once, with its count")]
    Repeated {
        /// The document, from 0.
        document: usize,
        /// The word.
        word: usize,
    },
    /// A word that does not occur.
    #[error("document {document} has word {word} with count 0; leave it out")]
    Count {
        /// The document, from 0.
        document: usize,
        /// The word.
        word: usize,
    },
    /// No document has words.
    #[error("none of {documents} documents has words; give at least one that does")]
    Empty {
        /// The documents that there are.
        documents: usize,
    },
}

/// An inference that cannot be done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LdaError {
    /// A setting out of its range.
    #[error("{setting} is {value}, but must be {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// A list or table of another size than the model's.
    #[error("{what}: expected {expected}, but found {found}; give what the model was made for")]
    Size {
        /// What was counted.
        what: &'static str,
        /// The number that there should be.
        expected: usize,
        /// The number that there is.
        found: usize,
    },
}
