//! Splits as files that other programs read.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{Document, Split};

/// Writes `train.dat`, `first.dat` and `second.dat` in the form of LDA-C, a line for each document even if empty, and `vocab.txt`.
///
/// # Errors
/// What the file system says.
pub fn export(dir: &Path, split: &Split) -> std::io::Result<()> {
    let Split { train, test } = split;
    fs::create_dir_all(dir)?;
    fs::write(dir.join("vocab.txt"), train.vocabulary().join("\n") + "\n")?;
    fs::write(dir.join("train.dat"), lines(train.documents().iter()))?;
    fs::write(dir.join("first.dat"), lines(test.iter().map(|halves| &halves.first)))?;
    fs::write(dir.join("second.dat"), lines(test.iter().map(|halves| &halves.second)))
}

fn lines<'a>(documents: impl Iterator<Item = &'a Document>) -> String {
    let mut text = String::new();
    for document in documents {
        let _ = write!(text, "{}", document.terms.len());
        for term in &document.terms {
            let _ = write!(text, " {}:{}", term.word, term.count);
        }
        text.push('\n');
    }
    text
}
