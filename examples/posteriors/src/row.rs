//! What a fit comes to.

use serde_json::{Value, json};

/// How far a fit is from the published moments.
#[derive(Clone, Debug)]
pub struct Row {
    /// The posterior.
    pub posterior: String,
    /// The guide.
    pub guide: &'static str,
    /// The latents on the real line.
    pub size: usize,
    /// The largest error of a mean, in published standard deviations.
    pub mean_error: f64,
    /// The least and the largest ratio of a standard deviation to the published one.
    pub sd_ratio: [f64; 2],
    /// The largest error of a 5% or 95% quantile, in published standard deviations, where they are published.
    pub quantile_error: Option<f64>,
    /// The evidence lower bound and its standard error.
    pub elbo: [f64; 2],
    /// The shape of the tail of the importance weights.
    pub k_hat: f64,
    /// The steps.
    pub steps: usize,
    /// The time of the fit.
    pub seconds: f64,
    /// What went wrong, if anything did.
    pub error: Option<String>,
}

impl Row {
    /// Whether all means are within a tenth of a standard deviation, and all standard deviations within a tenth.
    pub fn is_accurate(&self) -> bool {
        self.mean_error <= 0.1 && self.sd_ratio[0] >= 0.9 && self.sd_ratio[1] <= 1.1
    }

    /// Whether the importance weights say that the fit is not to be trusted: a shape above 0.7, or none.
    pub fn is_flagged(&self) -> bool {
        self.k_hat.is_nan() || self.k_hat > 0.7
    }

    /// Whether the guide is one of those that are to hit.
    pub(crate) fn is_in_question(&self) -> bool {
        ["full-rank", "flow"].contains(&self.guide)
    }

    /// The row for a file.
    pub fn to_json(&self) -> Value {
        json!({
            "posterior": self.posterior, "guide": self.guide, "size": self.size,
            "mean_error": self.mean_error, "sd_ratio": self.sd_ratio,
            "quantile_error": self.quantile_error, "elbo": self.elbo, "k_hat": self.k_hat,
            "steps": self.steps, "seconds": self.seconds, "error": self.error,
        })
    }

    pub(crate) fn failed(posterior: &str, guide: &'static str, error: String) -> Self {
        Self {
            posterior: posterior.to_string(),
            guide,
            size: 0,
            mean_error: f64::NAN,
            sd_ratio: [f64::NAN; 2],
            quantile_error: None,
            elbo: [f64::NAN; 2],
            k_hat: f64::NAN,
            steps: 0,
            seconds: 0.0,
            error: Some(error),
        }
    }
}
