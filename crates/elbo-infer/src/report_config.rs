//! What a report takes.

use burn::module::Module;
use elbo_report::{Agreement, Bound, Course};

use crate::scored::at_least;
use crate::{BoundEstimate, FitInfo, Fits, InferError};

/// What a [report](crate::Svi::report) takes.
///
/// # Example
/// ```
/// let config = elbo_infer::ReportConfig::new().with_title("eight schools").with_draws(2000);
/// assert_ne!(config, elbo_infer::ReportConfig::new());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ReportConfig {
    pub(crate) title: String,
    pub(crate) draws: usize,
    pub(crate) gradients: usize,
    pub(crate) course: Option<Course>,
    pub(crate) agreement: Option<Agreement>,
    #[cfg(feature = "nuts")]
    pub(crate) reference: Option<elbo_report::NutsConfig>,
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

    /// The draws of the guide, at least 1.
    pub fn with_draws(self, draws: usize) -> Self {
        Self { draws, ..self }
    }

    /// The gradients by which the noise at a site is measured, at least 2.
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

    /// Without a run of a sampler, which takes long.
    #[cfg(feature = "nuts")]
    pub(crate) fn without_reference(self) -> Self {
        Self { reference: None, ..self }
    }

    #[cfg(not(feature = "nuts"))]
    pub(crate) fn without_reference(self) -> Self {
        self
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

    pub(crate) fn check(&self) -> Result<(), InferError> {
        at_least(1, self.draws, "ReportConfig::with_draws")?;
        at_least(2, self.gradients, "ReportConfig::with_gradients")
    }
}

pub(crate) fn of_bound(bound: &BoundEstimate) -> Bound {
    Bound { mean: bound.mean, standard_error: bound.standard_error }
}
