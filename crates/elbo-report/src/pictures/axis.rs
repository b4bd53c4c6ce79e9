//! Axes and their ticks.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::range::Range;

/// The most parts between ticks of a chart.
const PARTS: f64 = 6.0;

/// The same of a small one.
const FEW_PARTS: f64 = 3.0;

/// What an axis shows, and where.
pub(super) struct Axis<'a> {
    pub(super) name: &'a str,
    pub(super) scale: Scale,
}

/// The numbers of an axis.
///
/// plotters' own leaves out ticks at the ends, and those of tiny ranges.
#[derive(Clone)]
pub(super) struct Scale {
    range: Range,
    /// The distance of ticks: 1, 2 or 5 times a power of ten.
    step: f64,
}

impl<'a> Axis<'a> {
    /// An axis of a chart.
    pub(super) fn new(name: &'a str, range: Range) -> Self {
        Self { name, scale: Scale::new(range, PARTS) }
    }

    /// An axis of a small chart.
    pub(super) fn small(name: &'a str, range: Range) -> Self {
        Self { name, scale: Scale::new(range, FEW_PARTS) }
    }

    /// An axis of what is counted.
    pub(super) fn whole(name: &'a str, range: Range) -> Self {
        let Scale { range, step } = Scale::new(range, PARTS);
        Self { name, scale: Scale { range, step: step.max(1.0) } }
    }
}

impl Scale {
    fn new(range: Range, parts: f64) -> Self {
        let step = round_step((range.end - range.start) / parts);
        Self { range, step }
    }

    /// The multiples of the step.
    fn ticks(&self) -> Vec<f64> {
        let [first, last] = [self.range.start / self.step, self.range.end / self.step];
        let whole = first.ceil() as i64..=last.floor() as i64;
        whole.map(|multiple| multiple as f64 * self.step).collect()
    }

    /// The text of a tick, of as many digits as tell one from the next.
    fn label(&self, tick: f64) -> String {
        let size = self.range.start.abs().max(self.range.end.abs());
        let step = place(self.step);
        match (1e-3..1e6).contains(&size) {
            true => format!("{tick:.0$}", (-step).max(0) as usize),
            false if tick == 0.0 => "0".into(),
            false => format!("{tick:.0$e}", (place(tick.abs()) - step).max(0) as usize),
        }
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, number: &f64, (first, last): (i32, i32)) -> i32 {
        let share = (number - self.range.start) / (self.range.end - self.range.start);
        first + (share.clamp(0.0, 1.0) * f64::from(last - first)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.ticks()
    }

    fn range(&self) -> Range {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, tick: &f64) -> String {
        self.label(*tick)
    }
}

/// The least of 1, 2 or 5 times a power of ten that is not below.
fn round_step(least: f64) -> f64 {
    let unit = 10_f64.powi(place(least));
    let steps = [1.0, 2.0, 5.0].map(|times| times * unit);
    steps.into_iter().find(|step| *step >= least).unwrap_or(10.0 * unit)
}

/// The place of the first digit: 0 for 5, and -1 for 0.5. (Without the summand, that of a power of ten might be one below.)
fn place(number: f64) -> i32 {
    (number.log10() + 1e-9).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.scale.ticks().into_iter().map(|tick| axis.scale.label(tick)).collect()
    }

    #[test]
    fn ticks_are_round_and_told_apart() {
        let ticks = |range| labels(&Axis::new("x", range));
        assert_eq!(ticks(0.0..1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(ticks(-31.345..-31.155), ["-31.30", "-31.25", "-31.20"]);
        assert_eq!(ticks(-5.0..305.0), ["0", "100", "200", "300"]);
        assert_eq!(
            ticks(0.999_999..1.000_001),
            ["0.9999990", "0.9999995", "1.0000000", "1.0000005", "1.0000010"]
        );
        assert_eq!(ticks(-1e300..1e300), ["-1.0e300", "-5e299", "0", "5e299", "1.0e300"]);
        assert_eq!(
            ticks(0.0..3e-9),
            ["0", "5e-10", "1.0e-9", "1.5e-9", "2.0e-9", "2.5e-9", "3.0e-9"]
        );
    }

    #[test]
    fn small_axes_have_few_ticks_and_counts_are_whole() {
        assert_eq!(labels(&Axis::small("x", 0.0..1.0)), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(&Axis::whole("x", -0.1..2.1)), ["0", "1", "2"]);
        assert_eq!(labels(&Axis::whole("x", -1.0..1.0)), ["-1", "0", "1"]);
    }
}
