//! Pieces of HTML.

use crate::pictures::PictureError;
use crate::shown::writable;
use crate::{Check, Verdict};

/// A text as it is to be read, whatever characters it has.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in writable(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A verdict by word and by colour.
pub(super) fn badge(verdict: Verdict) -> String {
    format!("<span class=\"verdict {verdict}\">{verdict}</span>")
}

/// A table of cells of HTML.
pub(super) fn table(
    class: &str,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let heads: String =
        heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", escaped(head))).collect();
    let row = |cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = rows.map(row).collect();
    format!(
        "<div class=\"scroll {class}\"><table>\n<thead><tr>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// The cells of a check.
pub(super) fn check(check: &Check) -> Vec<String> {
    let advice = match check.advice.is_empty() {
        true => String::new(),
        false => format!("<div class=\"advice\">{}</div>", escaped(&check.advice)),
    };
    let found = escaped(&check.found) + &advice;
    vec![escaped(&check.name), badge(check.verdict), found]
}

/// A section; none without content.
pub(super) fn section(head: &str, content: &str) -> String {
    match content.is_empty() {
        true => String::new(),
        false => format!("<section>\n<h2>{}</h2>\n{content}</section>\n", escaped(head)),
    }
}

/// Pictures side by side, and what to look for; nothing if there is nothing to draw.
///
/// # Errors
/// [`PictureError::Drawing`].
pub(super) fn figure(
    pictures: impl IntoIterator<Item = Result<String, PictureError>>,
    caption: &str,
) -> Result<String, PictureError> {
    let drawn = pictures.into_iter().filter(|p| !matches!(p, Err(PictureError::Empty { .. })));
    let caption = escaped(caption);
    let framed = |svg| format!("<div class=\"picture\">\n{svg}</div>\n");
    let pictures: String = drawn.map(|svg| svg.map(framed)).collect::<Result<_, _>>()?;
    Ok(match pictures.is_empty() {
        true => String::new(),
        false => format!(
            "<figure>\n<div class=\"pictures\">\n{pictures}</div>\n\
             <figcaption>{caption}</figcaption>\n</figure>\n"
        ),
    })
}
