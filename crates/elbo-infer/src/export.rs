//! Draws for other programs.

use burn::module::Module;
use elbo_guide::{Guide, ParetoSmoothed};
use elbo_model::{Latents, Predictive, Program};
use elbo_report::{Draws, Group, SiteDraws};

use crate::{InferError, Posterior};

impl<M: Module, G: Module> Posterior<M, G> {
    /// Draws of all sites with their log-densities and smoothed importance weights, beside the data and as many draws of the prior, as plain
    /// data: what [`Draws`] writes as Parquet, Arrow and Zarr files, the last as ArviZ reads them.
    ///
    /// A program with an improper prior has no draws of it.
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
        let [log_p, log_q] = self.log_densities(data, draws)?;
        let log_weights = log_p.iter().zip(&log_q).map(|(p, q)| p - q).collect();
        let log_weights = ParetoSmoothed::new(log_weights).log_weights;
        let predictive = Predictive::new(self.model(), data);
        let observed = predictive.observed(&self.noise().site("data"))?;
        let is_data = |site: &str| observed.value(site).is_some();
        let mut sites = sites(&observed, 1, |_| Group::ObservedData);
        let of_draws = self.predictive(data, draws)?;
        sites.extend(of_posterior(&of_draws, draws, is_data));
        if let Ok(prior) = predictive.prior(draws, &self.noise().site("prior")) {
            sites.extend(self::sites(&prior, draws, |_| Group::Prior));
        }
        Ok(Draws { sites, log_p, log_q, log_weights })
    }
}

fn of_posterior(values: &Latents, draws: usize, is_data: impl Fn(&str) -> bool) -> Vec<SiteDraws> {
    sites(values, draws, |site| match is_data(site) {
        true => Group::PosteriorPredictive,
        false => Group::Posterior,
    })
}

/// The values of each site, so many draws of it: what all particles share is repeated.
fn sites(values: &Latents, draws: usize, group: impl Fn(&str) -> Group) -> Vec<SiteDraws> {
    let site = |(name, value): (&str, &elbo_model::Value)| {
        let numbers = value.to_vec();
        let times = if value.shape()[0] == 1 { draws } else { 1 };
        SiteDraws {
            name: name.to_string(),
            shape: value.shape()[1..].to_vec(),
            group: group(name),
            values: numbers.repeat(times),
        }
    };
    values.iter().map(site).collect()
}
