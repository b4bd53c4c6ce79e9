//! The moments of a fit against the published ones.

use elbo::prelude::*;
use elbo::{Summary, summarize};

use crate::Reference;
use crate::fit::Failure;

/// Draws that are in memory together, with replicated data.
pub(crate) const CHUNK: usize = 250;

/// The moments of every number whose moments are published, in the order of those, by draws that come in chunks.
pub(crate) fn summary(
    chunks: impl Iterator<Item = Result<Latents, Failure>>,
    place: &Place,
    references: &[Reference],
) -> Result<Summary, Failure> {
    let mut columns = vec![Vec::new(); references.len()];
    for chunk in chunks {
        let chunk = chunk?;
        for (reference, column) in references.iter().zip(&mut columns) {
            let missing = || format!("no site has a number \"{}\"", reference.name);
            let value = chunk.value(reference.site()).ok_or_else(missing)?;
            let axes = value.shape().iter().skip(1);
            // A scalar has no index.
            let at = reference.index().iter().zip(axes).fold(0, |at, (i, size)| at * size + i);
            column.extend(value.flat().narrow(1, at, 1).into_data().iter::<f64>());
        }
    }
    let mut found = Latents::new(place.clone());
    for (reference, column) in references.iter().zip(columns) {
        let count = column.len();
        found.insert(&*reference.name, place.tensor::<2>(column, [count, 1]));
    }
    Ok(summarize(&found))
}

/// The largest error of a mean, the least and the largest ratio of a deviation, and the largest error of a quantile, against the
/// published moments.
pub(crate) fn compare(summary: &Summary, references: &[Reference]) -> (f64, [f64; 2], Option<f64>) {
    let pairs = || summary.rows.iter().zip(references);
    let ratio = |sign: f64| most(pairs().map(|(found, of)| sign * found.sd / of.sd));
    let quantiles = pairs().flat_map(|(found, of)| {
        [(found.q05, of.q05), (found.q95, of.q95)]
            .map(|(found, published)| published.map(|q| (found - q).abs() / of.sd))
    });
    let quantiles: Vec<f64> = quantiles.flatten().collect();
    let mean_error = most(pairs().map(|(found, of)| (found.mean - of.mean).abs() / of.sd));
    let quantile_error = (!quantiles.is_empty()).then(|| most(quantiles.into_iter()));
    (mean_error, [-ratio(-1.0), ratio(1.0)], quantile_error)
}

/// The largest of the numbers; NaN if one of them is.
fn most(numbers: impl Iterator<Item = f64>) -> f64 {
    let larger = |most: f64, x: f64| if x.is_nan() || x > most { x } else { most };
    numbers.fold(f64::NEG_INFINITY, |most, x| if most.is_nan() { most } else { larger(most, x) })
}
