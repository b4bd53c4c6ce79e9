//! Reports of whether a fit can be trusted.

use burn::module::Module;
use elbo_guide::Guide;
use elbo_model::Program;
use elbo_report::{Report, Sample, Signal};

use crate::drawn::Drawn;
use crate::number_draws::NumberDraws;
use crate::{Controls, InferError, Objective, Posterior, ReportConfig, SiteNoise, Svi};

/// The numbers of which draws are kept for pictures, and how many.
const SHOWN: usize = 12;
pub(crate) const KEPT: usize = 400;

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// All that can be said of whether this fit is to be trusted, by draws of its guide and of its gradient, on data that are read and
    /// checked: see [`Report`].
    ///
    /// Sites of more than 1,000 numbers have no rows. Predictive checks are about the elements that no mask hides.
    ///
    /// Draws without a density under the model are no error: the bound is then `-∞`, which the report says, and moments and predictive checks
    /// are those of the other draws. Neither is a sampler that fails, as the reference then says.
    ///
    /// The weights of the elements of a plate are those given one draw of what lies outside of it where the guide draws each site by itself
    /// ([`MeanField`](elbo_guide::MeanField), [`Local`](elbo_guide::Local)). Where a draw of the guide may depend on those before it, as in a
    /// program, they also hold how much the evidence of the element varies with these.
    ///
    /// # Errors
    /// [`InferError::NoDraws`], and those of [`Posterior::bound`], [`Posterior::predictive`] and [`Svi::measured_sites`] that are not of
    /// single draws.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Noise, Normal, Place};
    /// use elbo_guide::{FullRankConfig, Init};
    /// use elbo_infer::{Elbo, ReportConfig, Svi};
    /// use elbo_model::{Layout, Model, Trace};
    ///
    /// fn chain(t: &mut Trace, _: &()) {
    ///     let z = t.sample("z", Normal::new(0.0, 1.0));
    ///     let x = t.place().tensor(vec![1.0], [1, 1]);
    ///     t.observe("x", Normal::new(z, 1.0), x);
    /// }
    ///
    /// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
    /// let layout = Layout::discover(&chain, &(), &noise).unwrap();
    /// let config = FullRankConfig::new().with_init(Init::Laplace); // here the posterior itself
    /// let guide = config.init(&layout, &chain, &(), &mut noise).unwrap();
    /// let svi = Svi::new(Model::new(chain), guide, Elbo, noise);
    /// let report = svi.report(&(), &ReportConfig::new()).unwrap();
    /// assert!(report.importance.divergence < 1e-9); // KL(q | p), in nats
    /// assert!((report.bound.mean + 1.515_512).abs() < 1e-6); // log N(1; 0, 2)
    /// let z = &report.numbers[0];
    /// assert!((z.corrected_mean - z.mean).abs() < 1e-6);
    /// ```
    pub fn report<B>(&self, data: &B, config: &ReportConfig) -> Result<Report, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        config.check()?;
        let posterior = self.posterior();
        let drawn = Drawn::of(&posterior, data, config.draws)?;
        let report = Report {
            course: config.course.clone(),
            local: posterior.local_importance(data)?,
            numbers: drawn.rows(),
            signals: self.signals(data, config.gradients)?,
            agreement: config.agreement.clone(),
            samples: samples(&drawn.numbers, &posterior.prior_numbers(data)?),
            ..Report::new(config.title.as_str(), drawn.bound(), drawn.importance())
        };
        let report = Report { predicted: drawn.predicted, fault: drawn.fault, ..report };
        #[cfg(feature = "nuts")]
        let report = match &config.reference {
            Some(nuts) => posterior.with_reference(report, data, nuts),
            None => report,
        };
        Ok(report)
    }

    /// None where nothing is trained; not a number where a draw has no density, and so no gradient.
    fn signals<B>(&self, data: &B, draws: usize) -> Result<Vec<Signal>, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let rows = match self.measured_sites(data, draws) {
            Ok(sites) => sites.rows,
            Err(InferError::NothingToTrain) => return Ok(Vec::new()),
            Err(error) if error.is_numeric() => {
                let draw = self.posterior().draw(data, 1, &mut self.posterior().noise().clone())?;
                let mut sites: Vec<_> =
                    draw.log_q.iter().map(|term| term.site.to_string()).collect();
                sites.dedup();
                let none = SiteNoise { variance: f64::NAN, signal_to_noise: f64::NAN };
                return Ok(sites.into_iter().map(|site| signal(site, none)).collect());
            }
            Err(error) => return Err(error),
        };
        Ok(rows.into_iter().filter_map(|row| Some(signal(row.site, row.noise?))).collect())
    }
}

fn signal(site: String, noise: SiteNoise) -> Signal {
    let SiteNoise { variance, signal_to_noise } = noise;
    Signal { site, variance, signal_to_noise }
}

impl<M: Module, G: Module> Posterior<M, G> {
    fn prior_numbers<B>(&self, data: &B) -> Result<NumberDraws, InferError>
    where
        M: Program<B>,
    {
        let draws = self.prior_draws(data, KEPT)?;
        Ok(draws.map(|draws| NumberDraws::of(&draws, KEPT)).unwrap_or_default())
    }
}

fn samples(numbers: &NumberDraws, prior: &NumberDraws) -> Vec<Sample> {
    let kept = |column: &[f64]| column.iter().take(KEPT).copied().collect();
    let prior = prior.by_name();
    let shown = numbers.iter().take(SHOWN).map(|(name, column)| Sample {
        name: name.to_string(),
        posterior: kept(column),
        prior: prior.get(name).map(|column| kept(column)).unwrap_or_default(),
        reference: Vec::new(),
    });
    shown.collect()
}
