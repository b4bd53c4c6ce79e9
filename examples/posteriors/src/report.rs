//! Rows of fits as tables.

use std::fmt::Write as _;

use crate::{KINDS, Row};

const HEADS: [&str; 8] =
    ["d", "mean error", "sd ratio", "quantile error", "ELBO", "k-hat", "steps", "seconds"];

/// A number with so many decimals; that of a fit that has left all bounds by its size.
fn rounded(x: f64, decimals: usize) -> String {
    if x.abs() < 1e6 { format!("{x:.decimals$}") } else { format!("{x:.1e}") }
}

fn cells(row: &Row) -> Vec<String> {
    let number = |x: f64| rounded(x, 3);
    vec![
        row.size.to_string(),
        row.error.clone().unwrap_or_else(|| number(row.mean_error)),
        row.sd_ratio.map(|ratio| rounded(ratio, 2)).join(" - "),
        row.quantile_error.map_or(String::new(), number),
        row.elbo.map(number).join(" ± "),
        format!("{:.2}{}", row.k_hat, if row.is_flagged() { " !" } else { "" }),
        row.steps.to_string(),
        format!("{:.1}", row.seconds),
    ]
}

/// The rows as a table, with a mark where the importance weights say that a fit is not to be trusted, and how many posteriors the better of the full-rank normal and the flow hits.
pub fn report(rows: &[Row]) -> String {
    let heads = [&["posterior", "guide"], &HEADS[..]].concat();
    let all = |row: &Row| [vec![row.posterior.clone(), row.guide.to_string()], cells(row)].concat();
    let table = elbo::report::table(&heads, rows.iter().map(all));
    format!("{table}\n{}", hits(rows))
}

/// The rows as Markdown, a table a guide. A fit with all means and standard deviations within a tenth has its mean error in bold.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::new();
    for (guide, _) in KINDS {
        let of_guide: Vec<_> = rows.iter().filter(|row| row.guide == guide).collect();
        if of_guide.is_empty() {
            continue;
        }
        let _ = write!(text, "### {guide}\n\n| posterior | {} |\n", HEADS.join(" | "));
        let _ = writeln!(text, "|{}", "---|".repeat(HEADS.len() + 1));
        for row in of_guide {
            let mut cells = cells(row);
            if row.error.is_some() {
                cells = vec![String::new(), cells.swap_remove(1)];
                cells.resize(HEADS.len(), String::new());
            } else if row.is_accurate() {
                cells[1] = format!("**{}**", cells[1]);
            }
            let _ = writeln!(text, "| {} | {} |", row.posterior, cells.join(" | "));
        }
        text.push('\n');
    }
    text + &hits(rows) + "\n"
}

fn hits(rows: &[Row]) -> String {
    let mut names: Vec<_> = rows.iter().map(|row| &row.posterior).collect();
    names.dedup();
    let is_hit = |name: &&&String| {
        let wanted = |row: &&Row| row.posterior == ***name && row.is_in_question();
        rows.iter().filter(wanted).any(Row::is_accurate)
    };
    let hits = names.iter().filter(is_hit).count();
    format!("full-rank or flow within 0.1 sd and 10%: {hits} of {}", names.len())
}
