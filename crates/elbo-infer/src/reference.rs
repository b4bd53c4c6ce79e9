//! Draws of a sampler of the same log-joint.

use burn::module::Module;
use elbo_guide::{FlatDensity, FlatLatents, Guide};
use elbo_model::{Layout, Predictive, Program};
use elbo_report::{
    NutsConfig, NutsDraws, Reference, ReferenceRow, Report, Sample, moments, nuts, split_r_hat,
};

use crate::number_draws::NumberDraws;
use crate::trust::KEPT;
use crate::{InferError, Posterior};

impl<M: Module, G: Module> Posterior<M, G> {
    /// The report with moments and draws of the No-U-Turn sampler, or with why there are none.
    pub(crate) fn with_reference<B>(&self, report: Report, data: &B, config: &NutsConfig) -> Report
    where
        M: Program<B>,
        G: Guide<B>,
    {
        match self.reference(data, config) {
            Ok((reference, numbers)) => with_draws(report, reference, &numbers),
            Err(error) => {
                let reference = Reference {
                    fault: Some(error.to_string()),
                    ..of_chains(config, 0, Vec::new())
                };
                Report { reference: Some(reference), ..report }
            }
        }
    }

    /// The moments of all numbers by the No-U-Turn sampler on the same log-joint, and the draws, chain after chain. The chains start at draws
    /// of the guide.
    ///
    /// # Errors
    /// [`InferError::Sampler`], those of [`FlatLatents::new`], and those of [`Posterior::predictive`].
    fn reference<B>(
        &self,
        data: &B,
        config: &NutsConfig,
    ) -> Result<(Reference, NumberDraws), InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        let layout = Layout::discover(self.model(), data, self.noise())?;
        let flat = FlatLatents::new(&layout)?;
        let starts = flat.pack(&self.draws(data, config.chains)?)?;
        let density = FlatDensity { flat: &flat, model: self.model(), batch: data };
        let slope = |point: &[f64], gradient: &mut [f64]| {
            let slope = density.slopes(&[point.to_vec()])?.swap_remove(0);
            gradient.copy_from_slice(&slope.gradient);
            Ok::<_, elbo_model::ModelError>(slope.log_prob)
        };
        let found = nuts(flat.len(), &starts, slope, config);
        let found = found.map_err(|source| InferError::Sampler { source })?;
        let numbers = self.numbers_at(data, &flat, &found)?;
        let rows = numbers.iter().map(|(name, column)| reference_row(name, column, config.draws));
        let reference = of_chains(config, found.divergences, rows.collect());
        Ok((reference, numbers))
    }

    /// The numbers of latent and derived sites at the positions of all chains.
    fn numbers_at<B>(
        &self,
        data: &B,
        flat: &FlatLatents,
        found: &NutsDraws,
    ) -> Result<NumberDraws, InferError>
    where
        M: Program<B>,
    {
        let positions = found.chains.concat();
        let z = flat.place().tensor(positions.concat(), [positions.len(), flat.len()]);
        let (latents, _) = flat.unpack(z);
        let predictive = Predictive::new(self.model(), data);
        let observed = predictive.observed(self.noise())?;
        let values = predictive.given(&latents, self.noise())?;
        let mut numbers = NumberDraws::default();
        numbers.append(&values, positions.len(), |site| observed.value(site).is_none());
        Ok(numbers)
    }
}

/// The report with the reference, and some of its draws for pictures.
fn with_draws(report: Report, reference: Reference, numbers: &NumberDraws) -> Report {
    // Of all chains, which lie one after the other.
    let every = (reference.chains * reference.draws).div_ceil(KEPT).max(1);
    let numbers = numbers.by_name();
    let with_draws = |sample: Sample| {
        let found = numbers.get(sample.name.as_str());
        let draws = found.map(|column| column.iter().step_by(every).copied().collect());
        Sample { reference: draws.unwrap_or_default(), ..sample }
    };
    let samples = report.samples.into_iter().map(with_draws).collect();
    Report { samples, reference: Some(reference), ..report }
}

fn of_chains(config: &NutsConfig, divergences: usize, rows: Vec<ReferenceRow>) -> Reference {
    let (chains, draws) = (config.chains, config.draws);
    let sampler = "NUTS (nuts-rs)".to_string();
    Reference { sampler, chains, draws, divergences, rows, fault: None }
}

fn reference_row(name: &str, column: &[f64], draws: usize) -> ReferenceRow {
    let (mean, variance) = moments(column);
    let chains: Vec<Vec<f64>> = column.chunks(draws.max(1)).map(<[f64]>::to_vec).collect();
    ReferenceRow { name: name.to_string(), mean, sd: variance.sqrt(), r_hat: split_r_hat(&chains) }
}
