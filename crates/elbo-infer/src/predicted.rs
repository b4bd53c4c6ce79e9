//! Statistics of data and of replicated data.

use burn::module::Module;
use elbo_model::{Latents, Predictive, Program, Value};
use elbo_report::{Predicted, Statistic};

use crate::{InferError, Posterior};

/// The draws of replicated data.
const REPLICATED: usize = 500;

/// Statistics of observed sites, over the elements that no mask hides.
pub(crate) struct PredictiveChecks {
    /// The observed sites, with the elements that count.
    sites: Vec<(String, Vec<usize>)>,
    replicated: usize,
    /// A row a statistic, with those of replicated data as far as they were added.
    pub predicted: Vec<Predicted>,
}

impl PredictiveChecks {
    /// The statistics of the data.
    pub fn of<M, G, B>(posterior: &Posterior<M, G>, data: &B) -> Result<Self, InferError>
    where
        M: Module + Program<B>,
        G: Module,
    {
        let noise = posterior.noise().site("data");
        let predictive = Predictive::new(posterior.model(), data);
        let (observed, shown) = (predictive.observed(&noise)?, predictive.shown(&noise)?);
        let mut checks = Self { sites: Vec::new(), replicated: 0, predicted: Vec::new() };
        for (site, value) in observed.iter() {
            let elements = shown.value(site).map(counted).unwrap_or_default();
            checks.predicted.extend(of_data(site, &value.to_vec(), &elements));
            checks.sites.push((site.to_string(), elements));
        }
        Ok(checks)
    }

    /// Whether `site` is observed.
    pub fn is_data(&self, site: &str) -> bool {
        self.sites.iter().any(|(known, _)| known == site)
    }

    /// Adds the statistics of replicated data, until there are enough.
    pub fn add(&mut self, replicated: &Latents) {
        let wanted = REPLICATED - self.replicated;
        self.replicated += replicated.particles().min(wanted);
        for (site, elements) in &self.sites {
            let Some(value) = replicated.value(site) else { continue };
            let rows = picked_rows(value, elements);
            for predicted in self.predicted.iter_mut().filter(|of| of.site == *site) {
                let statistics = rows.iter().take(wanted).map(|row| predicted.statistic.of(row));
                predicted.replicated.extend(statistics);
            }
        }
    }
}

/// The elements that are shown.
fn counted(shown: &Value) -> Vec<usize> {
    let shown = shown.to_vec().into_iter().enumerate();
    shown.filter(|(_, shown)| *shown != 0.0).map(|(element, _)| element).collect()
}

/// The statistics of data: of one number all are the same, or none.
fn of_data(site: &str, numbers: &[f64], elements: &[usize]) -> impl Iterator<Item = Predicted> {
    let numbers = picked(numbers, elements);
    let count = match numbers.len() {
        0 => 0,
        1 => 1,
        _ => Statistic::ALL.len(),
    };
    Statistic::ALL.into_iter().take(count).map(move |statistic| Predicted {
        site: site.to_string(),
        statistic,
        observed: statistic.of(&numbers),
        replicated: Vec::new(),
    })
}

fn picked(numbers: &[f64], elements: &[usize]) -> Vec<f64> {
    elements.iter().map(|element| numbers[*element]).collect()
}

/// These numbers of each draw of a value.
fn picked_rows(value: &Value, elements: &[usize]) -> Vec<Vec<f64>> {
    let [_, size] = value.flat().dims();
    value.to_vec().chunks(size.max(1)).map(|row| picked(row, elements)).collect()
}
