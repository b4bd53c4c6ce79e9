//! Parts and shapes of words.

/// The first letters of a word, if it has more than those.
pub(crate) fn prefix(word: &str, length: usize) -> Option<&str> {
    word.char_indices().nth(length).map(|(end, _)| &word[..end])
}

/// The last letters of a word, if it has more than those.
pub(crate) fn suffix(word: &str, length: usize) -> Option<&str> {
    let (start, _) = word.char_indices().rev().nth(length.checked_sub(1)?)?;
    (start > 0).then(|| &word[start..])
}

/// The kinds of letters in a word, those in a row once: `X` for capitals, `x` for small ones, `d` for digits, and others as they are; `McGill-5`
/// is `XxXx-d`.
pub(crate) fn shape(word: &str) -> String {
    let mut shape = String::new();
    for letter in word.chars() {
        let kind = match letter {
            _ if letter.is_uppercase() => 'X',
            _ if letter.is_alphabetic() => 'x',
            _ if letter.is_numeric() => 'd',
            _ => letter,
        };
        if !shape.ends_with(kind) {
            shape.push(kind);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_runs_of_kinds_of_letters() {
        let shapes = ["McGill-5", "can", "1,200.5", "", "ÉTÉ"].map(shape);
        assert_eq!(shapes, ["XxXx-d", "x", "d,d.d", "", "X"]);
    }

    #[test]
    fn parts_are_shorter_than_the_word_and_never_cut_a_letter() {
        assert_eq!(
            (prefix("été", 1), prefix("été", 2), prefix("été", 3)),
            (Some("é"), Some("ét"), None)
        );
        assert_eq!(
            (suffix("été", 1), suffix("été", 2), suffix("été", 3)),
            (Some("é"), Some("té"), None)
        );
        assert_eq!((prefix("", 1), suffix("", 1), suffix("a", 1)), (None, None, None));
    }
}
