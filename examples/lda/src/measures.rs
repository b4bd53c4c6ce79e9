//! How good topics are.

use rayon::prelude::*;

use crate::local::dot;
use crate::{Corpus, Halves, Lda, LdaError};

/// The perplexity of second halves given the first, per token:
///
/// `exp(-Σ_dw n_dw log(Σ_k E θ_dk E β_kw) / Σ_dw n_dw)`
///
/// `E θ_d` is inferred from the first half. A word that no document had to train on has the prior's mass.
///
/// # Errors
/// [`LdaError::Size`] for a word that the model lacks, or second halves without tokens.
///
/// # Example
/// ```
/// use lda::{Lda, Topics, bars, halves, perplexity};
///
/// let test = halves(&bars(4, 50, 0).unwrap(), 0);
/// let flat = Lda::new(Topics::known(&[vec![0.04; 25]]).unwrap());
/// assert!((perplexity(&flat, &test).unwrap() - 25.0).abs() < 1e-10); // of 25 equal words
/// ```
///
/// # References
/// Wallach, Murray, Salakhutdinov & Mimno (2009), *Evaluation methods for topic models*, section 5; Hoffman, Blei, Wang & Paisley (2013), section 4.
pub fn perplexity(lda: &Lda, halves: &[Halves]) -> Result<f64, LdaError> {
    let (firsts, seconds): (Vec<_>, Vec<_>) =
        halves.iter().map(|halves| (&halves.first, &halves.second)).unzip();
    lda.check_words(&seconds)?;
    let tokens: u64 = seconds.iter().map(|second| second.tokens()).sum();
    if tokens == 0 {
        return Err(LdaError::Size { what: "tokens of second halves", expected: 1, found: 0 });
    }
    let (thetas, means) = (lda.weights_of(&firsts)?, lda.topics().means());
    let log_p: f64 = seconds
        .iter()
        .zip(&thetas)
        .flat_map(|(second, theta)| second.terms.iter().map(move |term| (term, theta)))
        .map(|(term, theta)| f64::from(term.count) * dot(means.row(term.word), theta).ln())
        .sum();
    Ok((-log_p / tokens as f64).exp())
}

/// The normalized pointwise mutual information of pairs of words of each topic, averaged over its pairs:
///
/// `log(p(v, w) / p(v) p(w)) / -log p(v, w)`, -1 for words that never meet
///
/// `p` are shares of the documents of a corpus that have the word, or both.
///
/// # Example
/// ```
/// use lda::{Corpus, Document, coherence};
///
/// let words = vec!["a".to_string(), "b".to_string(), "c".to_string()];
/// let documents = vec![Document::from_iter([(0, 1), (1, 3)]), Document::from_iter([(2, 1)])];
/// let corpus = Corpus::new(words, documents).unwrap();
/// assert_eq!(coherence(&corpus, &[vec![0, 1], vec![0, 2]]), [1.0, -1.0]);
/// ```
///
/// # References
/// Bouma (2009), *Normalized (pointwise) mutual information in collocation extraction*, equation 5; Lau, Newman & Baldwin (2014), *Machine
/// reading tea leaves*.
pub fn coherence(corpus: &Corpus, topics: &[Vec<usize>]) -> Vec<f64> {
    let mut documents_of = vec![Vec::new(); corpus.vocabulary().len()];
    for (place, document) in corpus.documents().iter().enumerate() {
        document.terms.iter().for_each(|term| documents_of[term.word].push(place));
    }
    let of_topic = |words: &Vec<usize>| {
        let lists = words.iter().filter_map(|word| documents_of.get(*word));
        mean_npmi(&lists.collect::<Vec<_>>(), corpus.documents().len())
    };
    topics.par_iter().map(of_topic).collect()
}

fn mean_npmi(lists: &[&Vec<usize>], documents: usize) -> f64 {
    let pairs = lists.iter().enumerate();
    let pairs = pairs.flat_map(|(place, one)| lists[..place].iter().map(move |other| (one, other)));
    let each: Vec<f64> = pairs.map(|(one, other)| npmi(one, other, documents as f64)).collect();
    each.iter().sum::<f64>() / each.len() as f64
}

/// Of two sorted lists of documents.
fn npmi(one: &[usize], other: &[usize], documents: f64) -> f64 {
    let both = one.iter().filter(|place| other.binary_search(place).is_ok()).count();
    if both == 0 {
        return -1.0;
    }
    let share = |count: usize| (count as f64 / documents).ln();
    let log_both = share(both);
    // Words in all documents are independent.
    if log_both == 0.0 {
        return 0.0;
    }
    (log_both - share(one.len()) - share(other.len())) / -log_both
}
