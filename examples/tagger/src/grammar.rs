//! A small language of which everything is known.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::chain::START;
use crate::{Chain, Corpus, Row, Sentence, TAGS, Tag, Transitions};

/// What follows each tag, and what starts a sentence, with shares in hundredths; a sentence ends with its PUNCT.
const FOLLOWS: [(&str, &[(&str, u32)]); 13] = [
    ("", &[("DET", 40), ("PRON", 30), ("PROPN", 15), ("NOUN", 10), ("ADV", 5)]),
    ("DET", &[("NOUN", 70), ("ADJ", 30)]),
    ("ADJ", &[("NOUN", 75), ("ADJ", 10), ("PUNCT", 15)]),
    ("NOUN", &[("VERB", 30), ("AUX", 15), ("ADP", 20), ("PUNCT", 25), ("CCONJ", 5), ("SCONJ", 5)]),
    ("PRON", &[("VERB", 50), ("AUX", 30), ("PUNCT", 20)]),
    ("PROPN", &[("VERB", 45), ("AUX", 20), ("PUNCT", 30), ("CCONJ", 5)]),
    ("AUX", &[("VERB", 70), ("ADV", 15), ("ADJ", 15)]),
    (
        "VERB",
        &[
            ("DET", 30),
            ("PRON", 12),
            ("ADP", 15),
            ("PUNCT", 13),
            ("ADV", 12),
            ("SCONJ", 8),
            ("PART", 5),
            ("NOUN", 5),
        ],
    ),
    ("PART", &[("VERB", 100)]),
    ("ADP", &[("DET", 60), ("NOUN", 20), ("PROPN", 20)]),
    ("ADV", &[("VERB", 35), ("ADP", 15), ("PUNCT", 35), ("DET", 15)]),
    ("SCONJ", &[("DET", 40), ("PRON", 45), ("PROPN", 15)]),
    ("CCONJ", &[("DET", 40), ("NOUN", 30), ("PROPN", 30)]),
];

/// The words of each tag, with their weights; many are words of several tags.
const WORDS: [(&str, &[(&str, u32)]); 13] = [
    ("DET", &[("the", 10), ("a", 6), ("that", 3), ("her", 3)]),
    ("ADJ", &[("cold", 3), ("light", 3), ("long", 3), ("well", 1), ("open", 2), ("back", 1)]),
    (
        "NOUN",
        &[
            ("can", 2),
            ("fish", 3),
            ("saw", 1),
            ("light", 2),
            ("cold", 1),
            ("duck", 2),
            ("watch", 2),
            ("play", 2),
            ("dog", 3),
            ("house", 3),
            ("back", 2),
            ("well", 1),
            ("run", 1),
            ("time", 2),
        ],
    ),
    ("PRON", &[("she", 4), ("they", 4), ("that", 2), ("her", 2), ("you", 3)]),
    ("PROPN", &[("Mark", 3), ("Will", 3), ("Ann", 3), ("May", 2)]),
    ("AUX", &[("can", 4), ("will", 4), ("may", 3), ("is", 4)]),
    (
        "VERB",
        &[
            ("fish", 2),
            ("saw", 4),
            ("light", 1),
            ("duck", 1),
            ("watch", 3),
            ("play", 3),
            ("run", 3),
            ("like", 3),
            ("back", 1),
            ("time", 1),
            ("open", 2),
            ("long", 1),
            ("can", 1),
        ],
    ),
    ("PART", &[("to", 1)]),
    ("ADP", &[("to", 4), ("like", 2), ("down", 2), ("in", 4), ("by", 2)]),
    ("ADV", &[("well", 3), ("down", 2), ("back", 2), ("long", 1), ("often", 2)]),
    ("SCONJ", &[("that", 4), ("if", 3), ("like", 1)]),
    ("CCONJ", &[("and", 4), ("or", 2)]),
    ("PUNCT", &[(".", 4), ("!", 1)]),
];

/// A hidden Markov model of sentences: each tag follows from the one before, each word from its tag.
///
/// `p(y, x) = Π_t p(y_t | y_{t-1}) p(x_t | y_t)`
///
/// Its [`marginals`](Self::marginals) are exact, so no tagger is better than the one that takes the largest of them.
///
/// # Example
/// ```
/// use tagger::{Grammar, Tag};
///
/// let marginals = Grammar::shipped().marginals(&["they", "can", "fish", "."].map(str::to_string));
/// assert_eq!(Tag::largest(&marginals[1]).name(), "AUX");
/// assert_eq!(Tag::largest(&marginals[2]).name(), "VERB");
/// ```
#[derive(Clone, Debug)]
pub struct Grammar {
    /// Logarithms of the shares of what follows.
    transitions: Transitions<f64>,
    /// The words of each tag with logarithms of their shares.
    words: Vec<Vec<(&'static str, f64)>>,
}

impl Grammar {
    /// Thirteen tags and some fifty words, of which a third have several tags.
    pub fn shipped() -> Self {
        let mut transitions = [[f64::NEG_INFINITY; TAGS]; TAGS + 1];
        for (tag, follows) in FOLLOWS {
            let row = if tag.is_empty() { START } else { known(tag).index() };
            for (next, share) in shares(follows) {
                transitions[row][known(next).index()] = share.ln();
            }
        }
        let mut words = vec![Vec::new(); TAGS];
        for (tag, of) in WORDS {
            words[known(tag).index()] =
                shares(of).map(|(word, share)| (word, share.ln())).collect();
        }
        Self { transitions, words }
    }

    /// Sentences drawn by a seed.
    pub fn sentences(&self, count: usize, seed: u64) -> Vec<Sentence> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| self.sentence(&mut generator)).collect()
    }

    /// 200 sentences to train on, 200 to choose by and 2,000 to measure on.
    pub fn corpus(&self, seed: u64) -> Corpus {
        let mut train = self.sentences(2400, seed);
        let test = train.split_off(400);
        let dev = train.split_off(200);
        Corpus { train, dev, test }
    }

    /// `p(y_t | x)` at each place of a sentence of its words.
    pub fn marginals(&self, words: &[String]) -> Vec<Row<f64>> {
        let scores: Vec<Row<f64>> = words.iter().map(|word| self.log_shares(word)).collect();
        Chain { scores: &scores, transitions: &self.transitions }.sums().tags
    }

    /// `log p(x_t | y_t)` of a word, by tag.
    fn log_shares(&self, word: &str) -> Row<f64> {
        std::array::from_fn(|tag| {
            let entry = self.words[tag].iter().find(|(known, _)| *known == word);
            entry.map_or(f64::NEG_INFINITY, |(_, log_share)| *log_share)
        })
    }

    fn sentence(&self, generator: &mut ChaCha8Rng) -> Sentence {
        let (mut sentence, mut last) = (Sentence::default(), START);
        while last != known("PUNCT").index() {
            last = pick(self.transitions[last].iter().copied(), generator);
            let words = &self.words[last];
            let word = pick(words.iter().map(|(_, log_share)| *log_share), generator);
            sentence.words.push(words[word].0.to_string());
            sentence.tags.push(Tag::at(last));
        }
        sentence
    }
}

/// The tag of a name in the tables above.
fn known(name: &str) -> Tag {
    Tag::named(name).expect("the tables name tags of Universal Dependencies")
}

/// Weights as shares of their sum.
fn shares<'a>(
    weights: &'a [(&'static str, u32)],
) -> impl Iterator<Item = (&'static str, f64)> + 'a {
    let total: u32 = weights.iter().map(|(_, weight)| weight).sum();
    weights.iter().map(move |(name, weight)| (*name, f64::from(*weight) / f64::from(total)))
}

/// One of some by logarithms of their shares, the last if rounding leaves a rest.
fn pick(log_shares: impl Iterator<Item = f64>, generator: &mut ChaCha8Rng) -> usize {
    let (mut rest, mut last) = (generator.random::<f64>(), 0);
    for (index, share) in log_shares.map(f64::exp).enumerate().filter(|(_, share)| *share > 0.0) {
        (rest, last) = (rest - share, index);
        if rest < 0.0 {
            break;
        }
    }
    last
}
