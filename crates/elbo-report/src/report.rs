//! The data of a report.

use serde::{Deserialize, Serialize};

use crate::Statistic;

/// All that is known of whether a fit can be trusted.
///
/// It is plain data: what the numbers mean is said by [`Report::checks`], of the fit, and [`Report::model_checks`], of the model.
///
/// Numbers come back from JSON with all their bits if `serde_json` has its feature `float_roundtrip`; without, the last one may differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What was fitted, for the head of a page.
    pub title: String,
    /// The course of the fit, if it is known.
    pub course: Option<Course>,
    /// The evidence lower bound.
    pub bound: Bound,
    /// What is wrong with the first draw that has no density, if there is one.
    #[serde(default)]
    pub fault: Option<String>,
    /// The importance weights of the joint draws; a draw without a density has the weight 0.
    pub importance: Importance,
    /// The importance weights of the elements of each plate with latents of its own.
    pub local: Vec<LocalImportance>,
    /// A row for each number of each latent and derived site, by the draws that have a density.
    pub numbers: Vec<NumberRow>,
    /// The noise of the gradient of each site of the guide.
    pub signals: Vec<Signal>,
    /// Fits from other starts, if there were any.
    pub agreement: Option<Agreement>,
    /// Statistics of replicated data, beside those of the data.
    pub predicted: Vec<Predicted>,
    /// Fits of simulated data, if they were asked for.
    pub calibration: Option<Calibration>,
    /// Draws of a sampler of the same log-joint, if they were asked for.
    pub reference: Option<Reference>,
    /// Some draws of some numbers, for pictures.
    pub samples: Vec<Sample>,
}

impl Report {
    /// A report of what each one has, and of nothing else yet.
    pub fn new(title: impl Into<String>, bound: Bound, importance: Importance) -> Self {
        Self {
            title: title.into(),
            course: None,
            bound,
            fault: None,
            importance,
            local: Vec::new(),
            numbers: Vec::new(),
            signals: Vec::new(),
            agreement: None,
            predicted: Vec::new(),
            calibration: None,
            reference: None,
            samples: Vec::new(),
        }
    }
}

/// The course of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Whether the bound had stopped rising.
    pub has_settled: bool,
    /// Why the fit ended, in words.
    pub end: String,
    /// The steps.
    pub steps: u64,
    /// The steps of which a point of `bounds` is the mean.
    pub every: u64,
    /// The bounds, in nats.
    #[serde(with = "crate::number::list")]
    pub bounds: Vec<f64>,
    /// The first step of each level, and its learning rate.
    pub levels: Vec<(u64, f64)>,
}

/// A Monte Carlo estimate of the evidence lower bound, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The mean over draws; `-∞` where one of them has no density.
    #[serde(with = "crate::number")]
    pub mean: f64,
    /// Its standard error.
    #[serde(with = "crate::number")]
    pub standard_error: f64,
}

/// The smoothed importance weights `p(x, z) / q(z)` of draws of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The draws.
    pub draws: usize,
    /// The shape of the tail of the weights.
    #[serde(with = "crate::number")]
    pub k_hat: f64,
    /// The number of independent draws of the posterior that say as much: `1 / Σ w²`.
    #[serde(with = "crate::number")]
    pub effective_size: f64,
    /// The evidence by the weights less the bound, an estimate of `KL(q | p)` in nats, from below where the tail is heavy.
    #[serde(with = "crate::number")]
    pub divergence: f64,
}

/// The importance weights of each element of a plate, given one draw of what lies outside of it; of a guide whose draws may depend on those
/// before them, as of a program, given the draw of each, so that they hold how much the evidence of an element varies with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocalImportance {
    /// The plate.
    pub plate: String,
    /// The draws of each element.
    pub draws: usize,
    /// The shape of the tail of the weights of each element.
    #[serde(with = "crate::number::list")]
    pub k_hats: Vec<f64>,
    /// The effective sample size of each element.
    #[serde(with = "crate::number::list")]
    pub effective_sizes: Vec<f64>,
}

/// One number of a latent or derived site: `mu`, or `theta[3]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberRow {
    /// Its name.
    pub name: String,
    /// The mean of the guide's draws.
    #[serde(with = "crate::number")]
    pub mean: f64,
    /// Their standard deviation.
    #[serde(with = "crate::number")]
    pub sd: f64,
    /// The Monte Carlo standard error of the mean.
    #[serde(with = "crate::number")]
    pub mcse: f64,
    /// The 5% quantile.
    #[serde(with = "crate::number")]
    pub q05: f64,
    /// The median.
    #[serde(with = "crate::number")]
    pub median: f64,
    /// The 95% quantile.
    #[serde(with = "crate::number")]
    pub q95: f64,
    /// The mean by the smoothed importance weights.
    #[serde(with = "crate::number")]
    pub corrected_mean: f64,
    /// The standard deviation by them.
    #[serde(with = "crate::number")]
    pub corrected_sd: f64,
}

/// The noise of the gradient through one site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The site.
    pub site: String,
    /// The sum of the variances of all elements, of one step.
    #[serde(with = "crate::number")]
    pub variance: f64,
    /// The length of the mean gradient over the root of that, corrected for the noise of the mean.
    #[serde(with = "crate::number")]
    pub signal_to_noise: f64,
}

/// Fits from several starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The bound of each.
    pub bounds: Vec<Bound>,
    /// The largest distance between means of the best fit and of another one, in standard deviations of the best.
    #[serde(with = "crate::number")]
    pub distance: f64,
    /// The number where that is.
    pub least: String,
}

/// A statistic of an observed site, of the elements that no mask hides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// The site.
    pub site: String,
    /// The statistic.
    pub statistic: Statistic,
    /// Its value on the data.
    #[serde(with = "crate::number")]
    pub observed: f64,
    /// Its values on replicated data.
    #[serde(with = "crate::number::list")]
    pub replicated: Vec<f64>,
}

/// Fits of data that were simulated from the prior.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// A row a number.
    pub rows: Vec<Calibrated>,
    /// The fits that ended before they had settled; their shares count.
    #[serde(default)]
    pub unsettled: usize,
}

/// Where the true value of one number lay in each fit of simulated data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// The number.
    pub name: String,
    /// The share of draws below the true value, a simulation each.
    #[serde(with = "crate::number::list")]
    pub shares: Vec<f64>,
}

/// Draws of a sampler of the same log-joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The sampler, in words.
    pub sampler: String,
    /// The chains.
    pub chains: usize,
    /// The draws of a chain.
    pub draws: usize,
    /// The transitions that diverged.
    pub divergences: usize,
    /// A row a number.
    pub rows: Vec<ReferenceRow>,
    /// Why there are no draws, if the sampler failed.
    #[serde(default)]
    pub fault: Option<String>,
}

/// The moments of one number by a sampler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferenceRow {
    /// The number.
    pub name: String,
    /// The mean.
    #[serde(with = "crate::number")]
    pub mean: f64,
    /// The standard deviation.
    #[serde(with = "crate::number")]
    pub sd: f64,
    /// The rank-normalized potential scale reduction of split chains, [`split_r_hat`](crate::split_r_hat).
    #[serde(with = "crate::number")]
    pub r_hat: f64,
}

/// Draws of one number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The number.
    pub name: String,
    /// Draws of the guide.
    #[serde(with = "crate::number::list")]
    pub posterior: Vec<f64>,
    /// Draws of the prior; none where it has none.
    #[serde(with = "crate::number::list")]
    pub prior: Vec<f64>,
    /// Draws of the reference sampler; none without one.
    #[serde(with = "crate::number::list")]
    pub reference: Vec<f64>,
}
