//! What the readers of corpora share.

use std::fs;
use std::path::Path;

use crate::{CorpusError, Document, Term};

/// Where a line stands.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a Path,
    /// From 1.
    pub(crate) line: usize,
}

impl Place<'_> {
    /// The line has something else.
    pub(crate) fn error(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> CorpusError {
        let Place { file, line } = *self;
        let (expected, found) = (expected.into(), found.into());
        CorpusError::Line { file: file.to_path_buf(), line, expected, found }
    }

    /// `id:count`, with ids from `first` on.
    pub(crate) fn term(
        &self,
        field: &str,
        first: usize,
        words: usize,
    ) -> Result<Term, CorpusError> {
        let numbers = field
            .split_once(':')
            .and_then(|(id, count)| Some((id.parse::<usize>().ok()?, count.parse::<u32>().ok()?)));
        let wrong = |expected: String| self.error(expected, format!("\"{field}\""));
        let (id, count) = numbers.ok_or_else(|| wrong("id:count, two whole numbers".into()))?;
        let last = first + words - 1;
        if !(first..=last).contains(&id) {
            return Err(wrong(format!(
                "an id from {first} to {last}, the lines of the vocabulary"
            )));
        }
        match count {
            0 => Err(wrong("a count of 1 or more".into())),
            _ => Ok(Term { word: id - first, count }),
        }
    }

    /// All terms of a line, no word twice.
    pub(crate) fn document<'f>(
        &self,
        fields: impl Iterator<Item = &'f str>,
        first: usize,
        words: usize,
    ) -> Result<Document, CorpusError> {
        let terms: Result<Vec<_>, _> = fields.map(|field| self.term(field, first, words)).collect();
        let terms = terms?;
        let mut sorted: Vec<_> = terms.iter().map(|term| term.word).collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                let found = format!("id {} twice", pair[0] + first);
                Err(self.error("each id once", found))
            }
            None => Ok(Document { terms }),
        }
    }
}

/// The text of a file.
pub(crate) fn text(file: &Path) -> Result<String, CorpusError> {
    fs::read_to_string(file)
        .map_err(|source| CorpusError::Read { file: file.to_path_buf(), source })
}

/// The first field of each line of a file, which holds at least one.
pub(crate) fn vocabulary(file: &Path) -> Result<Vec<String>, CorpusError> {
    let word = |(index, line): (usize, &str)| {
        let place = Place { file, line: index + 1 };
        let word = line.split_whitespace().next().map(str::to_string);
        word.ok_or_else(|| place.error("a word", "an empty line"))
    };
    let words: Vec<_> = text(file)?.lines().enumerate().map(word).collect::<Result<_, _>>()?;
    match words.is_empty() {
        true => Err(Place { file, line: 1 }.error("a word", "the end of the file")),
        false => Ok(words),
    }
}

/// The documents of a file, one a line.
pub(crate) fn documents(
    file: &Path,
    document: impl Fn(Place, &str) -> Result<Document, CorpusError>,
) -> Result<Vec<Document>, CorpusError> {
    let text = text(file)?;
    let lines = text.lines().enumerate();
    lines.map(|(index, line)| document(Place { file, line: index + 1 }, line)).collect()
}
