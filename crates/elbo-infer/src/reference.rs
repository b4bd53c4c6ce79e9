//! Draws of a sampler of the same log-joint.

use burn::module::Module;
use elbo_guide::{FlatDensity, FlatLatents, Guide};
use elbo_model::{Layout, Predictive, Program};
use elbo_report::{
    NutsConfig, NutsDraws, Reference, ReferenceRow, Report, Sample, nuts, split_r_hat,
};

use crate::summary::moments;
use crate::trust::{KEPT, Numbers, append};
use crate::{InferError, Posterior};

impl<M: Module, G: Module> Posterior<M, G> {
    /// The report with moments and draws of the No-U-Turn sampler.
    pub(crate) fn with_reference<B>(
        &self,
        report: Report,
        data: &B,
        config: &NutsConfig,
    ) -> Result<Report, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        let (reference, numbers) = self.reference(data, config)?;
        // Of all chains, which lie one after the other.
        let every = (config.chains * config.draws).div_ceil(KEPT).max(1);
        let with_draws = |sample: Sample| {
            let found = numbers.iter().find(|(name, _)| *name == sample.name);
            let draws = found.map(|(_, column)| column.iter().step_by(every).copied().collect());
            Sample { reference: draws.unwrap_or_default(), ..sample }
        };
        let samples = report.samples.into_iter().map(with_draws).collect();
        Ok(Report { samples, reference: Some(reference), ..report })
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
    ) -> Result<(Reference, Numbers), InferError>
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
        let rows = numbers.iter().map(|(name, column)| row(name, column, config.draws));
        let reference = Reference {
            sampler: "NUTS (nuts-rs)".to_string(),
            chains: config.chains,
            draws: config.draws,
            divergences: found.divergences,
            rows: rows.collect(),
        };
        Ok((reference, numbers))
    }

    /// The numbers of latent and derived sites at the positions of all chains.
    fn numbers_at<B>(
        &self,
        data: &B,
        flat: &FlatLatents,
        found: &NutsDraws,
    ) -> Result<Numbers, InferError>
    where
        M: Program<B>,
    {
        let positions = found.chains.concat();
        let z = flat.place().tensor(positions.concat(), [positions.len(), flat.len()]);
        let (latents, _) = flat.unpack(z);
        let predictive = Predictive::new(self.model(), data);
        let observed = predictive.observed(self.noise())?;
        let values = predictive.given(&latents, self.noise())?;
        let mut numbers = Numbers::new();
        append(&mut numbers, &values, |site| observed.value(site).is_none());
        Ok(numbers)
    }
}

fn row(name: &str, column: &[f64], draws: usize) -> ReferenceRow {
    let (mean, variance) = moments(column);
    let chains: Vec<Vec<f64>> = column.chunks(draws.max(1)).map(<[f64]>::to_vec).collect();
    ReferenceRow { name: name.to_string(), mean, sd: variance.sqrt(), r_hat: split_r_hat(&chains) }
}
