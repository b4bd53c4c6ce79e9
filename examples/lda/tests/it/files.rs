//! The readers of corpora.

use std::fs;
use std::path::{Path, PathBuf};

use lda::{Corpus, CorpusError, Curve, Document, Split, Term, draw_bounds, export};

/// A folder that is removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("elbo-lda-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn lda_c(&self, data: &str) -> Result<Corpus, CorpusError> {
        let words = self.write("vocab.txt", "tide\nmoon\nsand\n");
        Corpus::from_lda_c(&self.write("data.dat", data), &words)
    }

    fn labelled(&self, data: &str) -> Result<Corpus, CorpusError> {
        let words = self.write("vocab.new", "tide 0\nmoon 0\nsand 0\n");
        Corpus::from_labelled(&self.write("data.feat", data), &words)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// What an error says from its line on.
fn said(result: Result<Corpus, CorpusError>) -> String {
    let text = result.unwrap_err().to_string();
    text.split_once(", line ").map_or(text.clone(), |(_, rest)| rest.to_string())
}

#[test]
fn documents_of_lda_c_count_from_0() {
    let corpus = Folder::new("lda-c").lda_c("2 0:3 2:1\n0\n1 1:2\n").unwrap();
    assert_eq!(corpus.vocabulary(), ["tide", "moon", "sand"]);
    let expected = [Document::from_iter([(0, 3), (2, 1)]), Document::from_iter([(1, 2)])];
    assert_eq!(corpus.documents(), expected);
    assert_eq!((corpus.tokens(), corpus.dropped()), (6, 1));
}

#[test]
fn documents_with_labels_count_from_1() {
    let corpus = Folder::new("labels").labelled("7 1:3 3:1\n1 \n").unwrap();
    assert_eq!(corpus.vocabulary(), ["tide", "moon", "sand"]);
    let terms = [Term { word: 0, count: 3 }, Term { word: 2, count: 1 }];
    assert_eq!(corpus.documents(), [Document { terms: terms.to_vec() }]);
    assert_eq!(corpus.dropped(), 1);
}

#[test]
fn lines_of_another_form_are_named() {
    let folder = Folder::new("lines");
    for (data, expected) in [
        ("x 0:1", "1: expected the number of terms, but found x; check the file"),
        ("1 0:1\n\n", "2: expected the number of terms, but found an empty line; check the file"),
        ("2 0:1", "1: expected 2 terms, as it begins, but found 1; check the file"),
        ("1 01", "1: expected id:count, two whole numbers, but found \"01\"; check the file"),
        ("1 0:-1", "1: expected id:count, two whole numbers, but found \"0:-1\"; check the file"),
        (
            "1 3:1",
            "1: expected an id from 0 to 2, the lines of the vocabulary, but found \"3:1\"; check the file",
        ),
        ("1 2:0", "1: expected a count of 1 or more, but found \"2:0\"; check the file"),
        ("2 2:1 2:4", "1: expected each id once, but found id 2 twice; check the file"),
    ] {
        assert_eq!(said(folder.lda_c(data)), expected);
    }
    for (data, expected) in [
        ("x 1:1", "1: expected a label, a whole number, but found x; check the file"),
        ("\n", "1: expected a label, a whole number, but found an empty line; check the file"),
        (
            "1 0:1",
            "1: expected an id from 1 to 3, the lines of the vocabulary, but found \"0:1\"; check the file",
        ),
        ("1 2:1 2:4", "1: expected each id once, but found id 2 twice; check the file"),
    ] {
        assert_eq!(said(folder.labelled(data)), expected);
    }
}

#[test]
fn files_that_are_missing_or_empty_are_named() {
    let error = Corpus::associated_press(Path::new("/nowhere")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/vocab.txt cannot be read: "), "{error}");
    let error = Corpus::newsgroups(Path::new("/nowhere")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/vocab.new cannot be read: "), "{error}");
    let folder = Folder::new("empty");
    let (data, words) = (folder.write("data.dat", "1 0:1\n"), folder.write("words", ""));
    let expected = "1: expected a word, but found the end of the file; check the file";
    assert_eq!(said(Corpus::from_lda_c(&data, &words)), expected);
    let words = folder.write("words", "tide\n\nmoon\n");
    let expected = "2: expected a word, but found an empty line; check the file";
    assert_eq!(said(Corpus::from_lda_c(&data, &words)), expected);
    let expected = "none of 2 documents has words; give at least one that does";
    assert_eq!(said(folder.lda_c("0\n0\n")), expected);
}

#[test]
fn documents_that_cannot_be_are_refused() {
    let of = |terms: &[(usize, u32)]| {
        let document = Document::from_iter(terms.iter().copied());
        Corpus::new(vec!["tide".to_string(), "moon".to_string()], vec![document])
    };
    let said = |terms: &[(usize, u32)]| of(terms).unwrap_err().to_string();
    let expected = "document 0 has word 2, but there are 2 words, from 0; give each its name";
    assert_eq!(said(&[(2, 1)]), expected);
    let expected = "document 0 lists word 1 twice; give each word once, with its count";
    assert_eq!(said(&[(1, 1), (0, 1), (1, 1)]), expected);
    assert_eq!(said(&[(1, 0)]), "document 0 has word 1 with count 0; leave it out");
    let error = of(&[(1, 1)]).unwrap().hold_out(10, 3).unwrap_err();
    assert!(matches!(error, CorpusError::Empty { documents: 0 }), "{error}");
}

/// What is written is read again; halves of documents may be empty, and keep their lines.
#[test]
fn a_split_that_was_written_is_read_again() {
    let folder = Folder::new("export");
    let split = Split::bars().unwrap();
    export(&folder.0, &split).unwrap();
    let read =
        |name: &str| Corpus::from_lda_c(&folder.0.join(name), &folder.0.join("vocab.txt")).unwrap();
    // The words of bars have spaces, and the first field of a line is the word.
    assert_eq!(read("train.dat").documents(), split.train.documents());
    let tokens = |half: fn(&lda::Halves) -> &Document| -> u64 {
        split.test.iter().map(|halves| half(halves).tokens()).sum()
    };
    assert_eq!(read("first.dat").tokens(), tokens(|halves| &halves.first));
    assert_eq!(read("second.dat").tokens(), tokens(|halves| &halves.second));
}

#[test]
fn bounds_are_drawn_with_their_methods() {
    let folder = Folder::new("plot");
    let path = folder.0.join("bounds.svg");
    let curve =
        Curve { method: "batch".to_string(), points: vec![(0, -9.0), (1, -3.0), (2, -2.0)] };
    draw_bounds(&path, std::slice::from_ref(&curve)).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("ELBO (nats)") && text.contains("batch"), "{text}");
    let error = draw_bounds(&path, &[]).unwrap_err().to_string();
    assert!(error.starts_with("there is no bound after a pass to draw;"), "{error}");
    let error = draw_bounds(&folder.0.join("no/such.svg"), &[curve]).unwrap_err().to_string();
    assert!(error.contains("could not be drawn"), "{error}");
}
