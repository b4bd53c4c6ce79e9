//! Documents as counts of words.

use crate::CorpusError;

/// How often a word occurs in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The word, as a place in the vocabulary.
    pub word: usize,
    /// How often, at least once.
    pub count: u32,
}

/// The words of a document, each once, in any order: where a word stands does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The words.
    pub terms: Vec<Term>,
}

impl Document {
    /// The tokens: words by how often they occur.
    pub fn tokens(&self) -> u64 {
        self.terms.iter().map(|term| u64::from(term.count)).sum()
    }

    /// Whether it has no word.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

impl FromIterator<(usize, u32)> for Document {
    fn from_iter<I: IntoIterator<Item = (usize, u32)>>(terms: I) -> Self {
        Self { terms: terms.into_iter().map(|(word, count)| Term { word, count }).collect() }
    }
}

/// Documents that are not empty, over one vocabulary.
///
/// # Example
/// ```
/// use lda::{Corpus, Document};
///
/// let words = vec!["tide".to_string(), "moon".to_string()];
/// let documents = vec![Document::from_iter([(0, 2), (1, 1)]), Document::default()];
/// let corpus = Corpus::new(words, documents).unwrap();
/// assert_eq!((corpus.documents().len(), corpus.dropped(), corpus.tokens()), (1, 1, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corpus {
    vocabulary: Vec<String>,
    documents: Vec<Document>,
    dropped: usize,
}

impl Corpus {
    /// The documents without those that are empty.
    ///
    /// # Errors
    /// [`CorpusError::Word`], [`CorpusError::Repeated`] and [`CorpusError::Count`] for terms that no document has, and [`CorpusError::Empty`]
    /// where no document is left.
    pub fn new(vocabulary: Vec<String>, documents: Vec<Document>) -> Result<Self, CorpusError> {
        let mut last_seen = vec![usize::MAX; vocabulary.len()];
        for (document, Document { terms }) in documents.iter().enumerate() {
            for &Term { word, count } in terms {
                let Some(seen) = last_seen.get_mut(word) else {
                    let words = vocabulary.len();
                    return Err(CorpusError::Word { document, word, words });
                };
                if std::mem::replace(seen, document) == document {
                    return Err(CorpusError::Repeated { document, word });
                }
                if count == 0 {
                    return Err(CorpusError::Count { document, word });
                }
            }
        }
        let all = documents.len();
        let documents: Vec<_> = documents.into_iter().filter(|one| !one.is_empty()).collect();
        match documents.is_empty() {
            true => Err(CorpusError::Empty { documents: all }),
            false => Ok(Self { dropped: all - documents.len(), vocabulary, documents }),
        }
    }

    /// The documents.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The words.
    pub fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// The empty documents that were left out.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The tokens of all documents.
    pub fn tokens(&self) -> u64 {
        self.documents.iter().map(Document::tokens).sum()
    }

    /// The documents whose place is not `remainder` by `every`, and those where it is.
    ///
    /// # Errors
    /// [`CorpusError::Empty`] where either part has no document.
    ///
    /// # Example
    /// ```
    /// use lda::bars;
    ///
    /// let (train, test) = bars(50, 100, 0).unwrap().hold_out(10, 0).unwrap();
    /// assert_eq!((train.documents().len(), test.documents().len()), (45, 5));
    /// ```
    pub fn hold_out(self, every: usize, remainder: usize) -> Result<(Self, Self), CorpusError> {
        let is_held_out = |place: usize| place.checked_rem(every) == Some(remainder);
        let (test, train): (Vec<_>, Vec<_>) =
            self.documents.into_iter().enumerate().partition(|(place, _)| is_held_out(*place));
        let of = |part: Vec<(usize, Document)>| {
            let documents = part.into_iter().map(|(_, document)| document).collect();
            Self::new(self.vocabulary.clone(), documents)
        };
        Ok((of(train)?, of(test)?))
    }
}
