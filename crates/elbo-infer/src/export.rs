//! Draws for other programs.

use burn::module::Module;
use elbo_guide::{Guide, ParetoSmoothed};
use elbo_model::{Latents, Predictive, Program, Value};
use elbo_report::{Draws, Group, SiteDraws};

use crate::scored::{CHUNK, at_least, chunks};
use crate::{InferError, Posterior};

impl<M: Module, G: Module> Posterior<M, G> {
    /// Draws of all sites with their log-densities and smoothed importance weights, beside the data and as many draws of the prior, as plain
    /// data: what [`Draws`] writes as Parquet, Arrow and Zarr files, the last as ArviZ reads them.
    ///
    /// A program with an improper prior has no draws of it, nor has one some of whose prior draws lead a parameter out of its domain.
    ///
    /// # Errors
    /// As [`Posterior::bound`] and [`Posterior::predictive`].
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_guide::MeanField;
    /// use elbo_infer::{Elbo, Svi};
    /// use elbo_model::{Layout, Model, Trace};
    /// use elbo_report::Group;
    ///
    /// fn chain(t: &mut Trace, x: &Tensor<2>) {
    ///     let z = t.sample("z", Normal::new(0.0, 1.0));
    ///     t.observe("x", Normal::new(z, 1.0), x.clone());
    /// }
    ///
    /// let device = Device::flex();
    /// let mut noise = Noise::new(0, &device);
    /// let x = Tensor::from_floats([[1.0, 2.0]], &device);
    /// let layout = Layout::discover(&chain, &x, &noise).unwrap();
    /// let guide = MeanField::new(&layout, &chain, &x, &mut noise).unwrap();
    /// let posterior = Svi::new(Model::new(chain), guide, Elbo, noise).posterior();
    /// let draws = posterior.export(&x, 100).unwrap();
    /// let data = draws.of(Group::ObservedData).next().unwrap();
    /// assert_eq!((&*data.name, &data.values[..]), ("x", &[1.0, 2.0][..]));
    /// assert_eq!(draws.of(Group::PosteriorPredictive).next().unwrap().values.len(), 200);
    /// let total: f64 = draws.log_weights.iter().map(|weight| weight.exp()).sum();
    /// assert!((total - 1.0).abs() < 1e-12);
    /// ```
    pub fn export<B>(&self, data: &B, draws: usize) -> Result<Draws, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        at_least(1, draws, "Posterior::export")?;
        let predictive = Predictive::new(self.model(), data);
        let observed = predictive.observed(&self.noise().site("data"))?;
        let (mut log_p, mut log_q) = (Vec::new(), Vec::new());
        let mut sites = Vec::new();
        for (first, count) in chunks(draws, CHUNK) {
            let scored = self.scored(data, first, count)?;
            let values = predictive.given(&scored.latents, &scored.noise)?;
            append(&mut sites, of_posterior(&values, count, &observed));
            log_p.extend(scored.log_p);
            log_q.extend(scored.log_q);
        }
        sites.extend(of_group(&observed, 1, Group::ObservedData));
        if let Some(prior) = self.prior_draws(data, draws)? {
            sites.extend(of_group(&prior, draws, Group::Prior));
        }
        let log_weights = log_p.iter().zip(&log_q).map(|(p, q)| p - q).collect();
        let log_weights = ParetoSmoothed::new(log_weights).log_weights;
        Ok(Draws { sites, log_p, log_q, log_weights })
    }
}

/// Adds the draws of a further chunk, whose sites are the same.
fn append(sites: &mut Vec<SiteDraws>, chunk: Vec<SiteDraws>) {
    if sites.is_empty() {
        *sites = chunk;
        return;
    }
    for (site, more) in sites.iter_mut().zip(chunk) {
        site.values.extend(more.values);
    }
}

/// Latents and derived values, and replicated data.
fn of_posterior(values: &Latents, draws: usize, observed: &Latents) -> Vec<SiteDraws> {
    let group = |site: &str| match observed.value(site) {
        Some(_) => Group::PosteriorPredictive,
        None => Group::Posterior,
    };
    values.iter().map(|(site, value)| site_draws(site, value, draws, group(site))).collect()
}

fn of_group(values: &Latents, draws: usize, group: Group) -> impl Iterator<Item = SiteDraws> {
    values.iter().map(move |(site, value)| site_draws(site, value, draws, group))
}

/// So many draws of a site: what all particles share is repeated.
fn site_draws(site: &str, value: &Value, draws: usize, group: Group) -> SiteDraws {
    let times = if value.shape()[0] == 1 { draws } else { 1 };
    let (name, shape) = (site.to_string(), value.shape()[1..].to_vec());
    SiteDraws { name, shape, group, values: value.to_vec().repeat(times) }
}
