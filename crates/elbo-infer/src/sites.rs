//! What is done at each site of a guide.

use std::fmt;

use burn::module::Module;
use elbo_guide::Guide;
use elbo_model::{InForce, Known, LogJoint, Term};
use elbo_report::table;

use crate::analytic_kl::Divergence;
use crate::{Controls, InferError, Objective, Svi, Terms};

/// The sites of a guide with their estimators, as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Sites {
    /// A row a site.
    pub rows: Vec<SiteRow>,
}

/// What is done at one site.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteRow {
    /// The site.
    pub site: String,
    /// The guide's distribution, where it has a name.
    pub distribution: Option<&'static str>,
    /// The estimator, and who chose it.
    pub estimator: InForce,
    /// How much of the divergence from the prior is known in closed form, which [`AnalyticKl`](crate::AnalyticKl) uses.
    pub closed: Closed,
    /// The gradient of the guide's parameters through this site alone, if it was measured.
    pub noise: Option<SiteNoise>,
}

/// How much of a divergence is known in closed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// All of it.
    Divergence,
    /// The guide's entropy.
    Entropy,
    /// Nothing.
    Nothing,
}

/// The measured noise of a site's gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SiteNoise {
    /// The sum of the variances of all elements, of one step.
    pub variance: f64,
    /// The length of the mean divided by the root of that, corrected for the noise of the mean: infinite for a gradient
    /// without noise, and 0 where there is no signal.
    pub signal_to_noise: f64,
}

impl Sites {
    /// The row of a site.
    pub fn get(&self, site: &str) -> Option<&SiteRow> {
        self.rows.iter().find(|row| row.site == site)
    }
}

impl fmt::Display for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.iter().map(|row| {
            let biased = if row.estimator.estimator.is_biased() { " (biased)" } else { "" };
            let number = |of: fn(&SiteNoise) -> f64| {
                row.noise.as_ref().map(|noise| format!("{:.3e}", of(noise))).unwrap_or_default()
            };
            vec![
                row.site.clone(),
                row.distribution.unwrap_or_default().to_string(),
                format!("{}{biased}", row.estimator.estimator),
                row.estimator.chosen.to_string(),
                row.closed.to_string(),
                number(|noise| noise.variance),
                number(|noise| noise.signal_to_noise),
            ]
        });
        let heads = [
            "site",
            "distribution",
            "estimator",
            "why",
            "closed form",
            "variance",
            "signal / noise",
        ];
        f.write_str(&table(&heads, rows))
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Divergence => "divergence",
            Self::Entropy => "entropy",
            Self::Nothing => "none",
        })
    }
}

fn row(terms: &Terms, term: &Term) -> SiteRow {
    SiteRow {
        site: term.site.to_string(),
        distribution: term.distribution.as_ref().map(Known::name),
        estimator: term.estimator,
        closed: match Divergence::of(terms, term) {
            Divergence::Closed { .. } => Closed::Divergence,
            Divergence::Entropy => Closed::Entropy,
            Divergence::MonteCarlo => Closed::Nothing,
        },
        noise: None,
    }
}

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// The sites of the guide with the estimators in force there, before or between steps.
    ///
    /// # Errors
    /// As [`Svi::step`].
    ///
    /// # Example
    /// ```
    /// use burn::module::{Module, Param};
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Bernoulli, Noise};
    /// use elbo_guide::Amortized;
    /// use elbo_infer::{Elbo, Objective, Svi};
    /// use elbo_model::{Estimator, Model, Program, Trace};
    ///
    /// #[derive(Module, Debug)]
    /// struct Coin {
    ///     logit: Param<Tensor<2>>,
    /// }
    ///
    /// impl Program for Coin {
    ///     fn run(&self, t: &mut Trace, _: &()) {
    ///         t.sample("z", Bernoulli::logits(self.logit.val()));
    ///     }
    /// }
    ///
    /// fn model(t: &mut Trace, _: &()) {
    ///     t.sample("z", Bernoulli::<2>::probs(0.3));
    /// }
    ///
    /// let device = Device::flex();
    /// let coin = || Amortized::new(Coin { logit: Param::from_tensor(Tensor::zeros([1, 1], &device)) });
    /// let noise = Noise::new(0, &device);
    /// let svi = Svi::new(Model::new(model), coin(), Elbo, noise.clone()).with_particles(2);
    /// let sites = svi.sites(&()).unwrap();
    /// assert_eq!(sites.rows[0].estimator.estimator, Estimator::LEAVE_ONE_OUT);
    /// assert!(sites.to_string().contains("default: draws carry no gradient"));
    ///
    /// let objective = Elbo.with_estimator("z", Estimator::Enumerate);
    /// let svi = Svi::new(Model::new(model), coin(), objective, noise);
    /// let noise = svi.measured_sites(&(), 10).unwrap().rows[0].noise.unwrap();
    /// assert_eq!(noise.variance, 0.0); // all values are told
    /// ```
    pub fn sites<B>(&self, batch: &B) -> Result<Sites, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        self.check_settings()?;
        let plan = self.objective.plan().with_term_by_site();
        let terms = self.terms(batch, &plan, self.noise.at_step(self.step), false)?;
        let mut rows: Vec<SiteRow> = Vec::new();
        for term in terms.log_q.iter() {
            if !rows.iter().any(|row| row.site == *term.site) {
                rows.push(row(&terms, term));
            }
        }
        Ok(Sites { rows })
    }

    /// The same, with the noise of the gradient that each site's draws give the guide, by `draws` independent steps a site
    /// that are not taken. In them, the draws of all other sites are constants.
    ///
    /// # Errors
    /// As [`Svi::gradient_moments`].
    pub fn measured_sites<B>(&self, batch: &B, draws: usize) -> Result<Sites, InferError>
    where
        M: LogJoint<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let mut sites = self.sites(batch)?;
        let alone = sites.rows.len() == 1;
        for row in &mut sites.rows {
            let plan = self.objective.plan().with_term_by_site();
            let plan = if alone { plan } else { plan.isolating(&row.site) };
            let moments = self.moments(batch, &plan, draws)?;
            let of_guide = moments.iter().filter(|moments| moments.parameter.starts_with("1."));
            let of_guide: Vec<_> = of_guide.collect();
            let variance: f64 = of_guide.iter().map(|moments| moments.total_variance()).sum();
            let mean = of_guide.iter().flat_map(|moments| &moments.mean);
            let square: f64 = mean.map(|mean| mean * mean).sum();
            let signal = square - variance / draws as f64;
            let signal_to_noise = if signal <= 0.0 { 0.0 } else { (signal / variance).sqrt() };
            row.noise = Some(SiteNoise { variance, signal_to_noise });
        }
        Ok(sites)
    }
}
