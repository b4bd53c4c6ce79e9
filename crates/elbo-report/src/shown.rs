//! Numbers for people.

/// Three decimals, or four digits and a power of ten where those would be too few or too many.
pub(crate) fn shown(number: f64) -> String {
    let size = number.abs();
    match size.is_finite() && size != 0.0 && !(1e-3..1e6).contains(&size) {
        true => format!("{number:.3e}"),
        false => format!("{number:.3}"),
    }
}

/// A share as a percentage: whole, but for those that would read 0 or 100 without being it.
pub(crate) fn percent(share: f64) -> String {
    let (whole, ends) = ((100.0 * share).round(), [0.0, 1.0]);
    match [0.0, 100.0].contains(&whole) && !ends.contains(&share) {
        true => format!("{:.2}%", 100.0 * share),
        false => format!("{whole}%"),
    }
}

/// A text without the characters that neither HTML nor XML has a way to write.
#[cfg(feature = "plots")]
pub(crate) fn writable(text: &str) -> String {
    let lost = |c: char| c.is_control() && !c.is_whitespace();
    text.chars().map(|c| if lost(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers = [0.0, -1.25, 1e-3, 2e-5, 1e300, f64::NAN, f64::NEG_INFINITY];
        let texts = ["0.000", "-1.250", "0.001", "2.000e-5", "1.000e300", "NaN", "-inf"];
        assert_eq!(numbers.map(shown), texts);
    }

    #[test]
    fn percentages_are_zero_only_if_they_are() {
        let texts = ["0%", "0.10%", "12%", "99.90%", "100%", "NaN%"];
        assert_eq!([0.0, 0.001, 0.123, 0.999, 1.0, f64::NAN].map(percent), texts);
    }
}
