//! The moments of a fit against the published ones.

use elbo::prelude::*;
use elbo::{Posterior, Summary, summarize};

use crate::Reference;
use crate::fit::Failure;

/// Draws that are in memory together, with replicated data.
const CHUNK: usize = 250;

/// The moments of every number whose moments are published, in the order of those.
pub(crate) fn summary<M, G>(
    posterior: &Posterior<M, G>,
    draws: usize,
    place: &Place,
    references: &[Reference],
) -> Result<Summary, Failure>
where
    M: Program + Module,
    G: Guide,
{
    let mut columns = vec![Vec::with_capacity(draws); references.len()];
    for chunk in posterior.predictive_chunks(&(), draws, CHUNK) {
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

/// The largest errors of moments against the published ones.
pub(crate) fn compare(summary: &Summary, references: &[Reference]) -> (f64, [f64; 2], Option<f64>) {
    let (mut mean_error, mut ratio) = (0.0_f64, [f64::INFINITY, f64::NEG_INFINITY]);
    let mut quantile_error: Option<f64> = None;
    for (found, reference) in summary.rows.iter().zip(references) {
        mean_error = mean_error.max((found.mean - reference.mean).abs() / reference.sd);
        ratio = [ratio[0].min(found.sd / reference.sd), ratio[1].max(found.sd / reference.sd)];
        for (found, published) in [(found.q05, reference.q05), (found.q95, reference.q95)] {
            if let Some(published) = published {
                let error = (found - published).abs() / reference.sd;
                quantile_error = Some(quantile_error.map_or(error, |most| most.max(error)));
            }
        }
    }
    (mean_error, ratio, quantile_error)
}
