//! Corpora in the form of the program LDA-C.

use std::path::Path;

use crate::reading::{Place, documents, vocabulary};
use crate::{Corpus, CorpusError, Document};

impl Corpus {
    /// `ap.dat` and `vocab.txt` of a folder: news of the Associated Press (Harman 1992), 2,246 documents with 10,473 words.
    ///
    /// # Errors
    /// As [`Corpus::from_lda_c`].
    pub fn associated_press(dir: &Path) -> Result<Self, CorpusError> {
        Self::from_lda_c(&dir.join("ap.dat"), &dir.join("vocab.txt"))
    }

    /// A file of documents, a line `terms id:count ..` each with the number of its terms and ids from 0, and one of words, one a line.
    ///
    /// # Errors
    /// [`CorpusError::Read`], [`CorpusError::Line`], and [`CorpusError::Empty`].
    ///
    /// # References
    /// Blei, Ng & Jordan (2003), the program that goes with it.
    pub fn from_lda_c(data: &Path, words: &Path) -> Result<Self, CorpusError> {
        let vocabulary = vocabulary(words)?;
        let document = |place: Place, line: &str| self::document(place, line, vocabulary.len());
        let documents = documents(data, document)?;
        Self::new(vocabulary, documents)
    }
}

fn document(place: Place, line: &str, words: usize) -> Result<Document, CorpusError> {
    let mut fields = line.split_whitespace();
    let head = fields.next().unwrap_or("an empty line");
    let terms: usize = head.parse().map_err(|_| place.error("the number of terms", head))?;
    let document = place.document(fields, 0, words)?;
    match document.terms.len() {
        found if found == terms => Ok(document),
        found => Err(place.error(format!("{terms} terms, as it begins"), found.to_string())),
    }
}
