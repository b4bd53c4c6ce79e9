//! Histograms.

use plotters::prelude::*;

use super::canvas::{Chart, Fault};
use super::range::Range;

/// The bins of a histogram.
pub(super) struct Histogram {
    range: Range,
    /// The share of all values that lies in each.
    shares: Vec<f64>,
}

impl Histogram {
    /// The shares of `values` in `bins` parts of `range`; those elsewhere count to the whole alone.
    pub(super) fn new(values: &[f64], range: Range, bins: usize) -> Self {
        let (mut shares, part) = (vec![0.0; bins], 1.0 / values.len() as f64);
        let width = range.end - range.start;
        for value in values.iter().filter(|value| range.contains(value)) {
            let bin = ((value - range.start) / width * bins as f64) as usize;
            shares[bin.min(bins - 1)] += part;
        }
        Self { range, shares }
    }

    /// The largest share.
    pub(super) fn largest(&self) -> f64 {
        self.shares.iter().copied().fold(0.0, f64::max)
    }

    fn edge(&self, bin: usize) -> f64 {
        let width = self.range.end - self.range.start;
        self.range.start + width * (bin as f64 / self.shares.len() as f64)
    }

    /// Bars, named in the legend unless the name is empty.
    pub(super) fn bars(
        &self,
        chart: &mut Chart,
        name: &str,
        colour: RGBColor,
    ) -> Result<(), Fault> {
        let style = colour.mix(0.5).filled();
        let filled = self.shares.iter().enumerate().filter(|(_, share)| **share > 0.0);
        let bars = filled.map(|(bin, share)| {
            Rectangle::new([(self.edge(bin), *share), (self.edge(bin + 1), 0.0)], style)
        });
        let series = chart.draw_series(bars)?;
        if !name.is_empty() {
            let sample = move |(x, y)| Rectangle::new([(x, y - 4), (x + 14, y + 4)], style);
            series.label(name).legend(sample);
        }
        Ok(())
    }

    /// The upper edges of the bars.
    pub(super) fn outline(&self) -> Vec<(f64, f64)> {
        let steps = self.shares.iter().enumerate();
        steps.flat_map(|(bin, y)| [(self.edge(bin), *y), (self.edge(bin + 1), *y)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_all_values() {
        let histogram = Histogram::new(&[0.1, 0.4, 0.6, 0.7, 9.0, f64::NAN], 0.0..1.0, 2);
        assert_eq!(histogram.shares, [1.0 / 3.0, 1.0 / 3.0]);
        assert_eq!(histogram.outline()[1..3], [(0.5, 1.0 / 3.0), (0.5, 1.0 / 3.0)]);
        assert_eq!(Histogram::new(&[], 0.0..1.0, 2).largest(), 0.0);
    }
}
