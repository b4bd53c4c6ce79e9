//! Reports of whether a fit can be trusted.

use burn::module::Module;
use elbo_guide::{Guide, ParetoSmoothed};
use elbo_model::{Latents, LogJoint, Predictive, Program, Value};
use elbo_report::{
    Agreement, Bound, Course, Importance, LocalImportance, NumberRow, Predicted, Report, Sample,
    Signal, element_name,
};

use crate::summary::{moments, row};
use crate::units::local;
use crate::{
    BoundEstimate, Controls, FitInfo, Fits, InferError, Objective, Posterior, SiteNoise, Svi,
};

/// What a [report](Svi::report) takes.
///
/// # Example
/// ```
/// let config = elbo_infer::ReportConfig::new().with_title("eight schools").with_draws(2000);
/// assert_ne!(config, elbo_infer::ReportConfig::new());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ReportConfig {
    title: String,
    draws: usize,
    gradients: usize,
    course: Option<Course>,
    agreement: Option<Agreement>,
    #[cfg(feature = "nuts")]
    reference: Option<elbo_report::NutsConfig>,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            title: "fit".to_string(),
            draws: 4000,
            gradients: 50,
            course: None,
            agreement: None,
            #[cfg(feature = "nuts")]
            reference: None,
        }
    }
}

impl ReportConfig {
    /// 4,000 draws, and 50 gradients a site.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was fitted.
    pub fn with_title(self, title: &str) -> Self {
        Self { title: title.to_string(), ..self }
    }

    /// The draws of the guide.
    pub fn with_draws(self, draws: usize) -> Self {
        Self { draws, ..self }
    }

    /// The gradients by which the noise at a site is measured.
    pub fn with_gradients(self, gradients: usize) -> Self {
        Self { gradients, ..self }
    }

    /// The course of the fit.
    pub fn with_course(self, info: &FitInfo) -> Self {
        let first = info.steps - info.levels.iter().map(|level| level.steps).sum::<u64>();
        let levels = info.levels.iter().scan(first, |step, level| {
            let level = (std::mem::replace(step, *step + level.steps), level.rate);
            Some(level)
        });
        let course = Course {
            has_settled: info.has_settled(),
            end: info.end.to_string(),
            steps: info.steps,
            every: info.curve.every(),
            bounds: info.curve.points().to_vec(),
            levels: levels.collect(),
        };
        Self { course: Some(course), ..self }
    }

    /// A run of the No-U-Turn sampler on the same log-joint, with which means and deviations are compared.
    #[cfg(feature = "nuts")]
    pub fn with_reference(self, nuts: elbo_report::NutsConfig) -> Self {
        Self { reference: Some(nuts), ..self }
    }

    /// Fits from several starts.
    pub fn with_fits<M: Module, G: Module>(self, fits: &Fits<M, G>) -> Self {
        let least = fits.least.as_ref();
        let agreement = Agreement {
            bounds: fits.bounds.iter().map(of_bound).collect(),
            distance: fits.agreement,
            least: least.map(|(number, _)| number.clone()).unwrap_or_default(),
        };
        Self { agreement: Some(agreement), ..self }
    }
}

fn of_bound(bound: &BoundEstimate) -> Bound {
    Bound { mean: bound.mean, standard_error: bound.standard_error }
}

/// Draws that are in memory together, with replicated data.
const CHUNK: usize = 250;

/// The numbers of a site beyond which it has no rows.
const LARGEST: usize = 1000;

/// The draws of replicated data.
const REPLICATED: usize = 500;

/// The draws of each element of a plate.
const LOCAL: usize = 1000;

/// The numbers of which draws are kept for pictures, and how many.
const SHOWN: usize = 12;
pub(crate) const KEPT: usize = 400;

impl<M: Module, G: Module, O: Objective, C: Module> Svi<M, G, O, C> {
    /// All that can be said of whether this fit is to be trusted, by draws of its guide and of its gradient, on data that are read and
    /// checked: see [`Report`].
    ///
    /// Sites of more than 1,000 numbers have no rows, and masked ones no predictive check.
    ///
    /// # Errors
    /// Those of [`Posterior::bound`], [`Posterior::predictive`] and [`Svi::measured_sites`].
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
        let posterior = self.posterior();
        let log_weights = posterior.log_weights(data, config.draws)?;
        let bound = of_bound(&BoundEstimate::of(&log_weights)?);
        let divergence = log_mean_exp(&log_weights) - bound.mean;
        let smoothed = ParetoSmoothed::new(log_weights);
        let columns = Columns::of(&posterior, data, config.draws)?;
        let weights: Vec<f64> = smoothed.log_weights.iter().map(|weight| weight.exp()).collect();
        let report = Report {
            title: config.title.clone(),
            course: config.course.clone(),
            bound,
            importance: Importance {
                draws: config.draws,
                k_hat: smoothed.k_hat,
                effective_size: smoothed.effective_size(),
                divergence,
            },
            local: posterior.local_importance(data)?,
            numbers: columns.rows(&weights),
            signals: self.signals(data, config.gradients)?,
            agreement: config.agreement.clone(),
            predicted: columns.predicted,
            calibration: None,
            reference: None,
            samples: samples(&columns.numbers, &posterior.prior_columns(data)),
        };
        #[cfg(feature = "nuts")]
        let report = match &config.reference {
            Some(nuts) => posterior.with_reference(report, data, nuts)?,
            None => report,
        };
        Ok(report)
    }

    fn signals<B>(&self, data: &B, draws: usize) -> Result<Vec<Signal>, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
        C: Controls<B>,
    {
        let rows = self.measured_sites(data, draws)?.rows;
        let signal = |site: String, noise: SiteNoise| {
            let SiteNoise { variance, signal_to_noise } = noise;
            Signal { site, variance, signal_to_noise }
        };
        Ok(rows.into_iter().filter_map(|row| Some(signal(row.site, row.noise?))).collect())
    }
}

/// `log 1/n Σ e^w`
fn log_mean_exp(log_weights: &[f64]) -> f64 {
    let largest = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = log_weights.iter().map(|weight| (weight - largest).exp()).sum();
    largest + (sum / log_weights.len() as f64).ln()
}

/// Draws by number, on the host.
pub(crate) type Numbers = Vec<(String, Vec<f64>)>;

/// What is kept of draws with their derived values and replicated data.
struct Columns {
    numbers: Numbers,
    predicted: Vec<Predicted>,
}

impl Columns {
    fn of<M, G, B>(posterior: &Posterior<M, G>, data: &B, draws: usize) -> Result<Self, InferError>
    where
        M: Module + Program<B>,
        G: Guide<B>,
    {
        let mut predicted = posterior.statistics_of_data(data)?;
        let mut numbers = Numbers::new();
        for chunk in posterior.predictive_chunks(data, draws, CHUNK) {
            let chunk = chunk?;
            append(&mut numbers, &chunk, |site| !predicted.iter().any(|of| of.site == site));
            for of in predicted.iter_mut().filter(|of| of.replicated.len() < REPLICATED) {
                if let Some(value) = chunk.value(&of.site) {
                    of.replicated
                        .extend(rows_of(value).iter().map(|row| statistic(&of.statistic, row)));
                }
            }
        }
        Ok(Self { numbers, predicted })
    }

    /// Moments of each number, beside those by normalized weights.
    fn rows(&self, weights: &[f64]) -> Vec<NumberRow> {
        self.numbers.iter().map(|(name, column)| number_row(name, column, weights)).collect()
    }
}

fn number_row(name: &str, column: &[f64], weights: &[f64]) -> NumberRow {
    let plain = row(name.to_string(), column.to_vec());
    let weighted = |of: &dyn Fn(f64) -> f64| -> f64 {
        column.iter().zip(weights).map(|(x, weight)| weight * of(*x)).sum()
    };
    let corrected_mean = weighted(&|x| x);
    NumberRow {
        name: plain.name,
        mean: plain.mean,
        sd: plain.sd,
        mcse: plain.sd / (column.len() as f64).sqrt(),
        q05: plain.q05,
        median: plain.median,
        q95: plain.q95,
        corrected_mean,
        corrected_sd: weighted(&|x| (x - corrected_mean).powi(2)).sqrt(),
    }
}

/// The numbers of each draw of a value.
fn rows_of(value: &Value) -> Vec<Vec<f64>> {
    let [_, size] = value.flat().dims();
    value.to_vec().chunks(size.max(1)).map(<[f64]>::to_vec).collect()
}

/// Adds draws of all sites that are wanted and not too large.
pub(crate) fn append(numbers: &mut Numbers, draws: &Latents, is_wanted: impl Fn(&str) -> bool) {
    let particles = draws.particles();
    for (site, value) in draws.iter().filter(|(site, _)| is_wanted(site)) {
        let [own, size] = value.flat().dims();
        if size > LARGEST {
            continue;
        }
        let values = value.to_vec();
        for element in 0..size {
            let name = element_name(site, &value.shape()[1..], element);
            // What all particles share is constant.
            let column = (0..particles).map(|draw| values[(draw % own.max(1)) * size + element]);
            match numbers.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => known.extend(column),
                None => numbers.push((name, column.collect())),
            }
        }
    }
}

/// The statistics of data that are compared.
const STATISTICS: [&str; 4] = ["mean", "sd", "least", "largest"];

fn statistic(name: &str, numbers: &[f64]) -> f64 {
    match name {
        "mean" => moments(numbers).0,
        "sd" => moments(numbers).1.sqrt(),
        "least" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        _ => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

fn samples(numbers: &Numbers, prior: &Numbers) -> Vec<Sample> {
    let kept = |column: &Vec<f64>| column.iter().take(KEPT).copied().collect();
    let shown = numbers.iter().take(SHOWN).map(|(name, column)| Sample {
        name: name.clone(),
        posterior: kept(column),
        prior: prior
            .iter()
            .find(|(known, _)| known == name)
            .map(|of| kept(&of.1))
            .unwrap_or_default(),
        reference: Vec::new(),
    });
    shown.collect()
}

impl<M: Module, G: Module> Posterior<M, G> {
    /// The statistics of the observed sites that no mask lies over, each without replicated values.
    fn statistics_of_data<B>(&self, data: &B) -> Result<Vec<Predicted>, InferError>
    where
        M: Program<B>,
    {
        let noise = self.noise().site("data");
        let observed = Predictive::new(self.model(), data).observed(&noise)?;
        let mut predicted = Vec::new();
        for (site, value) in observed.iter() {
            let numbers = value.to_vec();
            let is_one = numbers.len() == 1;
            // Of one number all statistics are the same, or none.
            for name in STATISTICS.iter().take(if is_one { 1 } else { STATISTICS.len() }) {
                predicted.push(Predicted {
                    site: site.to_string(),
                    statistic: (*name).to_string(),
                    observed: statistic(name, &numbers),
                    replicated: Vec::new(),
                });
            }
        }
        Ok(predicted)
    }

    /// Draws of the prior; none where a part of it is improper.
    fn prior_columns<B>(&self, data: &B) -> Numbers
    where
        M: Program<B>,
    {
        let mut numbers = Numbers::new();
        let noise = self.noise().site("prior");
        if let Ok(draws) = Predictive::new(self.model(), data).prior(KEPT, &noise) {
            append(&mut numbers, &draws, |_| true);
        }
        numbers
    }

    /// The importance weights of each element of the plates that latents lie in.
    fn local_importance<B>(&self, data: &B) -> Result<Vec<LocalImportance>, InferError>
    where
        M: Program<B>,
        G: Guide<B>,
    {
        let mut noise = self.noise().site("local");
        let draw = self.draw(data, LOCAL, &mut noise)?;
        if draw.log_q.iter().all(|term| term.plates.is_empty()) {
            return Ok(Vec::new());
        }
        let log_p = self.model().check(&draw.latents, data)?;
        let of_plate = |(plate, log_weight): (String, Vec<Vec<f64>>)| {
            let smoothed: Vec<_> = log_weight.into_iter().map(ParetoSmoothed::new).collect();
            LocalImportance {
                plate,
                draws: LOCAL,
                k_hats: smoothed.iter().map(|of| of.k_hat).collect(),
                effective_sizes: smoothed.iter().map(ParetoSmoothed::effective_size).collect(),
            }
        };
        Ok(local(&log_p, &draw.log_q, LOCAL).into_iter().map(of_plate).collect())
    }
}
