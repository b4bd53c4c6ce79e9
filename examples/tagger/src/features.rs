//! Features of words in their sentences.

use std::collections::HashMap;

use crate::{Sentence, shape};

/// The longest prefix, in letters.
const PREFIX: usize = 4;

/// The longest suffix, in letters.
const SUFFIX: usize = 5;

/// The features that weights are for: those that words of the training set have at least so many times.
///
/// # Example
/// ```
/// use tagger::{FeatureIndex, Grammar};
///
/// let sentences = Grammar::shipped().sentences(100, 0);
/// let index = FeatureIndex::new(&sentences, 2);
/// let words = index.encode(&sentences);
/// assert_eq!(words.sentences(), 100);
/// assert!(words.of(0).all(|features| !features.is_empty())); // all words have the constant
/// ```
#[derive(Clone, Debug)]
pub struct FeatureIndex {
    ids: HashMap<String, u32>,
    counts: Vec<u32>,
}

/// The features of all words of some sentences, as lists one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    /// The features of all words.
    ids: Vec<u32>,
    /// Where the list of each word starts, and where the last one ends.
    words: Vec<usize>,
    /// Which word each sentence starts with, and the number of words.
    sentences: Vec<usize>,
}

impl FeatureIndex {
    /// The features that words of `sentences` have at least `cutoff` times, in the order of their first word.
    pub fn new(sentences: &[Sentence], cutoff: u32) -> Self {
        let (mut first, mut counts) = (HashMap::new(), Vec::new());
        for_each_feature(sentences, |feature| {
            let next = counts.len();
            let id = match first.get(feature) {
                Some(id) => *id,
                None => *first.entry(feature.to_string()).or_insert(next),
            };
            if id == next {
                counts.push((id, 0));
            }
            counts[id].1 += 1;
        });
        counts.retain(|(_, count)| *count >= cutoff);
        let kept: HashMap<usize, u32> =
            (0..).zip(&counts).map(|(id, (old, _))| (*old, id)).collect();
        let ids = first.into_iter().filter_map(|(name, old)| Some((name, *kept.get(&old)?)));
        Self { ids: ids.collect(), counts: counts.iter().map(|(_, count)| *count).collect() }
    }

    /// The number of features.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is no feature.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many words of the training set have each feature.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The features that the words of sentences have; what the index does not hold is left out.
    pub fn encode(&self, sentences: &[Sentence]) -> Features {
        let mut all = Features { ids: Vec::new(), words: vec![0], sentences: vec![0] };
        for sentence in sentences {
            for place in 0..sentence.words.len() {
                for_each_of_word(&sentence.words, place, |name| all.ids.extend(self.ids.get(name)));
                all.words.push(all.ids.len());
            }
            all.sentences.push(all.words.len() - 1);
        }
        all
    }
}

impl Features {
    /// The number of sentences.
    pub fn sentences(&self) -> usize {
        self.sentences.len() - 1
    }

    /// The number of words.
    pub fn words(&self) -> usize {
        self.words.len() - 1
    }

    /// The features of each word of a sentence.
    pub fn of(&self, sentence: usize) -> impl ExactSizeIterator<Item = &[u32]> {
        let words = self.sentences[sentence]..self.sentences[sentence + 1];
        words.map(|word| &self.ids[self.words[word]..self.words[word + 1]])
    }
}

fn for_each_feature(sentences: &[Sentence], mut each: impl FnMut(&str)) {
    for sentence in sentences {
        for place in 0..sentence.words.len() {
            for_each_of_word(&sentence.words, place, &mut each);
        }
    }
}

/// The features of one word by name: a letter or two for the kind, `=`, and the value.
fn for_each_of_word(words: &[String], place: usize, mut each: impl FnMut(&str)) {
    let mut name = String::new();
    let mut give = |kind: &str, value: &str| {
        name.clear();
        name.push_str(kind);
        name.push('=');
        name.push_str(value);
        each(&name);
    };
    let at = |offset: isize| {
        let word = place.checked_add_signed(offset).and_then(|place| words.get(place));
        word.map_or("", String::as_str)
    };
    let (word, before, after) = (at(0), at(-1), at(1));
    let lower = [-2, -1, 0, 1, 2].map(|offset| at(offset).to_lowercase());
    let [lower2, lower1, lower0, lower_1, lower_2] = lower.each_ref().map(String::as_str);
    give("bias", "");
    give("w", word);
    give("l", lower0);
    for length in 1..=PREFIX {
        shape::prefix(lower0, length).into_iter().for_each(|part| give("p", part));
    }
    for length in 1..=SUFFIX {
        shape::suffix(lower0, length).into_iter().for_each(|part| give("s", part));
    }
    let own = shape::shape(word);
    give("h", &own);
    give(if place == 0 { "first" } else { "later" }, &own);
    if word.contains(|letter: char| letter.is_ascii_digit()) {
        give("digit", "");
    }
    if word.contains('-') {
        give("hyphen", "");
    }
    give("w-1", lower1);
    give("w+1", lower_1);
    give("w-2", lower2);
    give("w+2", lower_2);
    give("w-1w", &format!("{lower1} {lower0}"));
    give("ww+1", &format!("{lower0} {lower_1}"));
    give("w-1w+1", &format!("{lower1} {lower_1}"));
    for length in 2..=3 {
        shape::suffix(lower1, length).into_iter().for_each(|part| give("s-1", part));
        shape::suffix(lower_1, length).into_iter().for_each(|part| give("s+1", part));
    }
    give("h-1", &shape::shape(before));
    give("h+1", &shape::shape(after));
}
