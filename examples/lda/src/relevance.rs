//! The words that say most of a topic.

/// What the frequency of a word counts, beside how much more frequent it is in the topic than elsewhere.
const FREQUENCY: f64 = 0.3;

/// Words of each topic in the order of their relevance, of expected counts `[K, V]`:
///
/// `λ log p(w | k) + (1 - λ) log (p(w | k) / p(w))`, `λ = 0.3`
///
/// By frequency alone topics share the words that all documents have; by its ratio alone words come first that hardly any has.
///
/// # Example
/// Both topics have the first word often, and the last hardly ever.
/// ```
/// let counts = [8.0, 2.0, 6.0, 0.1, 8.0, 7.0, 0.5, 0.0];
/// assert_eq!(lda::by_relevance(&counts, 4), [[2, 0, 3, 1], [1, 0, 2, 3]]);
/// ```
///
/// # References
/// Sievert & Shirley (2014), *LDAvis: a method for visualizing and interpreting topics*, equation 1.
pub fn by_relevance(counts: &[f64], words: usize) -> Vec<Vec<usize>> {
    let rows = || counts.chunks(words.max(1));
    let of_word = |word: usize| rows().map(|row| row[word]).sum::<f64>();
    let all: Vec<f64> = (0..words).map(of_word).collect();
    let order = |row: &[f64]| {
        // Terms that are the same for all words of a topic are left out.
        let relevance = |word: usize| match row[word] {
            0.0 => f64::NEG_INFINITY,
            count => count.ln() - (1.0 - FREQUENCY) * all[word].ln(),
        };
        let relevance: Vec<f64> = (0..words).map(relevance).collect();
        let mut order: Vec<usize> = (0..words).collect();
        order.sort_by(|a, b| relevance[*b].total_cmp(&relevance[*a]));
        order
    };
    rows().map(order).collect()
}
