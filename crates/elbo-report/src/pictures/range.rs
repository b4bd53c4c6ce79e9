//! The ranges of axes.

/// The ends of an axis.
pub(super) type Range = std::ops::Range<f64>;

/// The largest number that is drawn: distances of larger ones overflow.
const LARGEST: f64 = 1e300;

/// The width, beside the size of its ends, below which a range has no room for ticks between rounded numbers.
const NARROW: f64 = 1e-6;

/// The width below which differences have too few digits left.
const TINY: f64 = 1e-290;

/// The share of draws at each end that an axis leaves out, for a few in the tails would flatten the rest.
const TAIL: f64 = 0.005;

/// Whether a number can be drawn.
pub(super) fn is_drawn(number: f64) -> bool {
    number.abs() < LARGEST
}

/// The range of `numbers` that can be drawn, or none.
pub(super) fn extent(numbers: impl IntoIterator<Item = f64>) -> Option<Range> {
    let drawn = numbers.into_iter().filter(|x| is_drawn(*x)).map(|x| x..x);
    drawn.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
}

/// The range of `numbers` without [`TAIL`] of them at each end, or none.
pub(super) fn trimmed(numbers: &[f64]) -> Option<Range> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|x| is_drawn(*x)).collect();
    sorted.sort_by(f64::total_cmp);
    let cut = (TAIL * sorted.len() as f64) as usize;
    Some(*sorted.get(cut)?..*sorted.get(sorted.len() - 1 - cut)?)
}

/// The range with a margin at each end; one without width gets some.
pub(super) fn widened(range: Range) -> Range {
    let Range { start, end } = range;
    let margin = 0.05 * (end - start).max(NARROW * start.abs().max(end.abs()));
    match margin > TINY {
        true => start - margin..end + margin,
        false => start - 1.0..end + 1.0,
    }
}

/// The range of shares up to `largest`, with a margin; all of them if none is above 0.
pub(super) fn heights(largest: f64) -> Range {
    match largest > 0.0 {
        true => 0.0..1.05 * largest,
        false => 0.0..1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_width() {
        assert_eq!(widened(0.0..0.0), -1.0..1.0);
        assert_eq!(widened(0.0..20.0), -1.0..21.0);
        assert!(widened(1e16..1e16).end > 1e16);
        assert_eq!(extent([f64::NAN, f64::INFINITY, 2.0, 1.0]), Some(1.0..2.0));
        assert_eq!(extent([f64::NAN]), None);
        assert_eq!(trimmed(&[]), None);
    }
}
