//! What was found, as text.

use std::fmt::Write as _;

use crate::{Lda, SIDE};

/// What a method reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The method.
    pub method: String,
    /// The perplexity of second halves, per token.
    pub perplexity: f64,
    /// The mean coherence of topics.
    pub npmi: f64,
    /// The seconds of the fit.
    pub seconds: f64,
}

/// The bound after each pass, in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The method.
    pub method: String,
    /// Passes, from 0, and bounds.
    pub points: Vec<(usize, f64)>,
}

/// Rows as a table.
///
/// # Example
/// ```
/// use lda::{Row, table};
///
/// let row = Row { method: "batch".to_string(), perplexity: 12.34, npmi: 0.5, seconds: 1.0 };
/// let text = table(&[row]);
/// assert_eq!(text.lines().nth(1), Some("batch                 12.3   0.500      1.0"));
/// ```
pub fn table(rows: &[Row]) -> String {
    let mut text = format!("{:<16} {:>9} {:>7} {:>8}\n", "method", "perplexity", "NPMI", "seconds");
    for Row { method, perplexity, npmi, seconds } in rows {
        let _ = writeln!(text, "{method:<16} {perplexity:>9.1} {npmi:>7.3} {seconds:>8.1}");
    }
    text
}

/// A line for each topic, the largest first: its share of all tokens, its coherence and its words.
pub fn topic_lines(lda: &Lda, words: &[String], tops: &[Vec<usize>], coherence: &[f64]) -> String {
    let mut text = String::from("  share    NPMI  words\n");
    for (topic, share) in by_share(lda) {
        let Some(top) = tops.get(topic) else { continue };
        let names: Vec<_> =
            top.iter().filter_map(|word| Some(words.get(*word)?.as_str())).collect();
        let npmi = coherence.get(topic).copied().unwrap_or(f64::NAN);
        let _ = writeln!(text, "{:6.1}%  {npmi:6.3}  {}", 100.0 * share, names.join(" "));
    }
    text
}

/// A line for each topic, the most coherent first: its coherence and its words.
pub fn word_lines(words: &[String], tops: &[Vec<usize>], coherence: &[f64]) -> String {
    let mut order: Vec<_> = tops.iter().zip(coherence).collect();
    order.sort_by(|a, b| b.1.total_cmp(a.1));
    let mut text = String::from("   NPMI  words\n");
    for (top, npmi) in order {
        let names: Vec<_> =
            top.iter().filter_map(|word| Some(words.get(*word)?.as_str())).collect();
        let _ = writeln!(text, " {npmi:6.3}  {}", names.join(" "));
    }
    text
}

/// Topics of the words of [`bars`](crate::bars()) as grids, five side by side, the largest first, each word by its probability in percent.
pub fn grids(lda: &Lda) -> String {
    let means = lda.topics().means();
    let order: Vec<_> = by_share(lda).into_iter().map(|(topic, _)| topic).collect();
    let mut text = String::new();
    for topics in order.chunks(5) {
        for row in 0..SIDE {
            let line = topics.iter().map(|topic| grid_row(&means.column(*topic), row));
            let _ = writeln!(text, "{}", line.collect::<Vec<_>>().join("  |"));
        }
        text.push('\n');
    }
    text
}

fn grid_row(topic: &[f64], row: usize) -> String {
    let cell = |value: &f64| match 100.0 * value {
        percent if percent < 1.0 => "  .".to_string(),
        percent => format!("{percent:3.0}"),
    };
    topic.iter().skip(SIDE * row).take(SIDE).map(cell).collect()
}

/// Topics by their share of the tokens, the largest first.
fn by_share(lda: &Lda) -> Vec<(usize, f64)> {
    let sums = lda.topics().table().sums();
    let total: f64 = sums.iter().sum();
    let mut shares: Vec<_> = sums.iter().map(|sum| sum / total).enumerate().collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

/// Curves as lines `method,pass,bound`.
pub fn curves_as_csv(curves: &[Curve]) -> String {
    let mut text = String::from("method,pass,bound\n");
    for Curve { method, points } in curves {
        for (pass, bound) in points {
            let _ = writeln!(text, "{method},{pass},{bound}");
        }
    }
    text
}
