//! What the numbers of a report mean.

mod calibration;
mod fit;
mod model;
mod reference;
mod weights;

#[cfg(feature = "plots")]
pub(crate) use weights::{HOPELESS, RELIABLE};

use crate::{Check, Report, Verdict};

impl Report {
    /// What is known of the fit, a line a question; what was not measured has none.
    ///
    /// # Example
    /// ```
    /// use elbo_report::{Bound, Importance, Report, Verdict};
    ///
    /// let bound = Bound { mean: -31.2, standard_error: 0.01 };
    /// let importance = Importance { draws: 1000, k_hat: 0.9, effective_size: 400.0, divergence: 0.4 };
    /// let checks = Report::new("Eight schools", bound, importance).checks();
    /// assert_eq!(checks[1].name, "k-hat");
    /// assert_eq!(checks[1].verdict, Verdict::Warn); // above 0.7
    /// assert!(checks[1].advice.contains("richer family"));
    /// ```
    ///
    /// # References
    /// Yao, Vehtari, Simpson & Gelman (2018), *Yes, but did it work? Evaluating variational inference*;
    /// Vehtari, Simpson, Gelman, Yao & Gabry (2024), *Pareto smoothed importance sampling*.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![fit::bound(&self.bound, self.fault.as_deref())];
        checks.extend(self.course.as_ref().map(fit::convergence));
        checks.extend([weights::k_hat(&self.importance), weights::size(&self.importance)]);
        checks.extend(self.local.iter().filter_map(weights::local));
        checks.extend(weights::shift(&self.numbers, &self.importance));
        checks.extend(fit::gradient(&self.signals));
        checks.extend(self.agreement.as_ref().map(fit::restarts));
        checks.extend(self.calibration.as_ref().and_then(calibration::calibration));
        let against = |reference| reference::reference(reference, &self.numbers);
        checks.extend(self.reference.as_ref().map(against));
        checks
    }

    /// What is known of the model: whether data like those observed are to be expected of it, a line a statistic.
    ///
    /// None fails, for a model that cannot reproduce one statistic may be good enough for another.
    ///
    /// # Example
    /// ```
    /// use elbo_report::{Bound, Importance, Predicted, Report, Statistic, Verdict};
    ///
    /// let bound = Bound { mean: -31.2, standard_error: 0.01 };
    /// let importance = Importance { draws: 1000, k_hat: 0.1, effective_size: 900.0, divergence: 0.4 };
    /// let mut report = Report::new("Eight schools", bound, importance);
    /// let (site, statistic) = ("y".to_string(), Statistic::Largest);
    /// report.predicted.push(Predicted { site, statistic, observed: 28.0, replicated: vec![9.0; 200] });
    /// let checks = report.model_checks();
    /// assert_eq!(checks[0].verdict, Verdict::Warn);
    /// assert!(checks[0].found.ends_with("p < 0.005"));
    /// ```
    ///
    /// # References
    /// Gelman, Meng & Stern (1996), *Posterior predictive assessment of model fitness via realized discrepancies*.
    pub fn model_checks(&self) -> Vec<Check> {
        self.predicted.iter().map(model::predicted).collect()
    }

    /// The worst of [`Report::checks`].
    ///
    /// # Example
    /// ```
    /// use elbo_report::{Bound, Importance, Report, Verdict};
    ///
    /// let bound = Bound { mean: f64::NAN, standard_error: f64::NAN };
    /// let importance = Importance { draws: 1000, k_hat: 0.1, effective_size: 900.0, divergence: 0.4 };
    /// assert_eq!(Report::new("Eight schools", bound, importance).verdict(), Verdict::Fail);
    /// ```
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.checks().into_iter().map(|check| check.verdict);
        verdicts.max().unwrap_or(Verdict::Pass)
    }
}
