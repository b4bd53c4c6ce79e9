//! The Associated Press and 20 Newsgroups, from the folder that `ELBO_DATA` names.

use std::path::PathBuf;

use lda::{Corpus, Options, Split, perplexity};

fn data_dir() -> Option<PathBuf> {
    let root = std::env::var_os("ELBO_DATA").map(PathBuf::from);
    match &root {
        Some(root) => assert!(root.is_dir(), "{} is not a folder", root.display()),
        None => eprintln!("SKIPPED: set ELBO_DATA to the folder of data sets"),
    }
    root
}

#[test]
fn the_associated_press_has_its_published_counts() {
    let Some(root) = data_dir() else { return };
    let corpus = Corpus::associated_press(&root.join("ap")).unwrap();
    assert_eq!((corpus.documents().len(), corpus.dropped()), (2246, 0));
    assert_eq!((corpus.vocabulary().len(), corpus.tokens()), (10_473, 435_838));
    let (train, test) = corpus.hold_out(10, 0).unwrap();
    assert_eq!((train.documents().len(), test.documents().len()), (2021, 225));
}

#[test]
fn newsgroups_have_their_published_counts() {
    let Some(root) = data_dir() else { return };
    let (train, test) = Corpus::newsgroups(&root.join("20news")).unwrap();
    assert_eq!((train.documents().len(), train.dropped(), train.tokens()), (11_258, 1, 991_493));
    assert_eq!((test.documents().len(), test.dropped(), test.tokens()), (7487, 1, 629_312));
    assert_eq!((train.vocabulary().len(), train.vocabulary()[1].as_str()), (1995, "write"));
}
