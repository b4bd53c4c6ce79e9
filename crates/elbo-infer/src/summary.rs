//! Tables of posterior draws.

use std::fmt;

use elbo_model::Latents;
use elbo_report::{element_name, moments, table};

/// Mean, deviation and quantiles of every element of every site.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::Place;
/// use elbo_infer::summarize;
/// use elbo_model::Latents;
///
/// let device = Device::flex();
/// let mut draws = Latents::new(Place::f32(&device));
/// draws.insert("mu", Tensor::<2>::from_floats([[1.0], [2.0], [3.0]], &device));
/// let summary = summarize(&draws);
/// assert_eq!(summary.get("mu").unwrap().mean, 2.0);
/// assert_eq!(summary.get("mu").unwrap().sd, 1.0);
/// assert_eq!(summary.get("mu").unwrap().mcse, (1.0_f64 / 3.0).sqrt());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// A row an element.
    pub rows: Vec<SummaryRow>,
}

/// One element of one site.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// `mu`, or `theta[3]`.
    pub name: String,
    /// The mean.
    pub mean: f64,
    /// The standard deviation (with `n - 1`).
    pub sd: f64,
    /// The Monte Carlo standard error of the mean, `sd / √n`: draws of a guide are independent.
    pub mcse: f64,
    /// The 5% quantile.
    pub q05: f64,
    /// The median.
    pub median: f64,
    /// The 95% quantile.
    pub q95: f64,
}

impl Summary {
    /// The row of an element.
    pub fn get(&self, name: &str) -> Option<&SummaryRow> {
        self.rows.iter().find(|row| row.name == name)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.iter().map(|row| {
            let numbers = [row.mean, row.sd, row.mcse, row.q05, row.median, row.q95];
            let cells = numbers.iter().map(|number| format!("{number:.3}"));
            std::iter::once(row.name.clone()).chain(cells).collect()
        });
        f.write_str(&table(&["site", "mean", "sd", "mcse", "5%", "50%", "95%"], rows))
    }
}

/// The summary of `draws`, read to the host; without rows if there is no draw, and with a standard
/// deviation of NaN if there is but one.
pub fn summarize(draws: &Latents) -> Summary {
    let mut rows = Vec::new();
    let particles = draws.particles();
    for (name, value) in draws.iter().filter(|(_, value)| value.shape()[0] > 0) {
        let [own, size] = value.flat().dims();
        let values = value.to_vec();
        // What all particles share is constant.
        let (count, stride) = if own == 1 { (particles, 0) } else { (own, size) };
        for element in 0..size {
            let column = (0..count).map(|i| values[i * stride + element]).collect();
            let name = element_name(name, &value.shape()[1..], element);
            rows.push(summary_row(name, column));
        }
    }
    Summary { rows }
}

/// The row of a number by its draws.
pub(crate) fn summary_row(name: String, mut values: Vec<f64>) -> SummaryRow {
    values.sort_by(f64::total_cmp);
    let (mean, variance) = moments(&values);
    let [q05, median, q95] = [0.05, 0.5, 0.95].map(|p| quantile(&values, p));
    let (sd, mcse) = (variance.sqrt(), (variance / values.len() as f64).sqrt());
    SummaryRow { name, mean, sd, mcse, q05, median, q95 }
}

/// The quantile by linear interpolation between order statistics (Hyndman & Fan 1996, type 7).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let position = p * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}
