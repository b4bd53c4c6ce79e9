//! Parts of speech.

use std::fmt;

/// The number of tags.
pub const TAGS: usize = 17;

/// One number for each tag.
pub type Row<F> = [F; TAGS];

const NAMES: Row<&str> = [
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
];

/// A part of speech of Universal Dependencies.
///
/// # Example
/// ```
/// use tagger::Tag;
///
/// let noun = Tag::named("NOUN").unwrap();
/// assert_eq!((noun.index(), noun.name()), (7, "NOUN"));
/// assert_eq!(Tag::named("NN"), None);
/// ```
///
/// # References
/// Nivre et al. (2020), *Universal Dependencies v2*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u8);

impl Tag {
    /// All tags, by their names.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..TAGS as u8).map(Self)
    }

    /// The tag of a name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|tag| tag.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES[self.index()]
    }

    /// The tag at a place among all, from 0.
    pub(crate) fn at(index: usize) -> Self {
        debug_assert!(index < TAGS, "there are 17 tags");
        Self(index as u8)
    }

    /// Its place among all tags, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The tag of the largest number, the first of equal ones.
    pub fn largest(numbers: &Row<f64>) -> Self {
        Self::all().fold(Self(0), |best, tag| {
            if numbers[tag.index()] > numbers[best.index()] { tag } else { best }
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
