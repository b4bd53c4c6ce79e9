//! Corpora of documents with labels.

use std::path::Path;

use crate::reading::{Place, documents, vocabulary};
use crate::{Corpus, CorpusError, Document};

impl Corpus {
    /// `train.feat`, `test.feat` and `vocab.new` of a folder: 20 Newsgroups as Srivastava & Sutton (2017) take it, 11,258 and 7,487 documents
    /// with 1,995 words. Returns those to train on and those to test.
    ///
    /// # Errors
    /// As [`Corpus::from_labelled`].
    pub fn newsgroups(dir: &Path) -> Result<(Self, Self), CorpusError> {
        let of = |name: &str| Self::from_labelled(&dir.join(name), &dir.join("vocab.new"));
        Ok((of("train.feat")?, of("test.feat")?))
    }

    /// A file of documents, a line `label id:count ..` each with ids from 1, and one of words, the first of each line. Labels are whole numbers,
    /// and are not kept.
    ///
    /// # Errors
    /// [`CorpusError::Read`], [`CorpusError::Line`], and [`CorpusError::Empty`].
    pub fn from_labelled(data: &Path, words: &Path) -> Result<Self, CorpusError> {
        let vocabulary = vocabulary(words)?;
        let document = |place: Place, line: &str| self::document(place, line, vocabulary.len());
        let documents = documents(data, document)?;
        Self::new(vocabulary, documents)
    }
}

fn document(place: Place, line: &str, words: usize) -> Result<Document, CorpusError> {
    let mut fields = line.split_whitespace();
    let label = fields.next().unwrap_or("an empty line");
    label.parse::<u32>().map_err(|_| place.error("a label, a whole number", label))?;
    place.document(fields, 1, words)
}
