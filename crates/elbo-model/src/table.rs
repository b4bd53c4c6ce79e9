//! Plain-text tables.

use comfy_table::{Table, presets};

/// A table with a head and aligned columns, without borders at its sides.
///
/// ```
/// let table = elbo_model::table(&["site", "mean"], [vec!["mu".into(), "4.4".into()]]);
/// assert!(table.starts_with(" site  mean"));
/// ```
pub fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(heads.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}
