//! Step sizes that fall.

use serde::{Deserialize, Serialize};

/// A setting of step sizes that is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("RobbinsMonro: {setting} is {value}, but must be {expected}")]
pub struct RobbinsMonroError {
    /// The setting.
    pub setting: &'static str,
    /// Its value.
    pub value: f64,
    /// What it must be.
    pub expected: &'static str,
}

/// Step sizes whose sum has no limit and whose squares have one, so that steps by noisy optima end at the optimum:
///
/// `ρ_t = (t + delay)^-forgetting`, `t = 0, 1, ..`
///
/// # Example
/// ```
/// use elbo_conjugate::RobbinsMonro;
///
/// let sizes = RobbinsMonro::new(1.0, 0.5 + 0.25).unwrap();
/// assert_eq!(sizes.rate(0), 1.0);
/// assert!((sizes.rate(15) - 0.125).abs() < 1e-12); // 16^-0.75
/// assert!(RobbinsMonro::new(1.0, 0.5).is_err()); // the squares would have no limit
/// ```
///
/// # References
/// Robbins & Monro (1951); Hoffman, Blei, Wang & Paisley (2013), *Stochastic variational inference*, equation 26.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RobbinsMonro {
    delay: f64,
    forgetting: f64,
}

impl RobbinsMonro {
    /// A delay of at least 1, which weakens the first steps, and a forgetting rate in (½, 1].
    ///
    /// # Errors
    /// [`RobbinsMonroError`] with the setting that is out of its range.
    pub fn new(delay: f64, forgetting: f64) -> Result<Self, RobbinsMonroError> {
        let error = |setting, value, expected| Err(RobbinsMonroError { setting, value, expected });
        if !(delay.is_finite() && delay >= 1.0) {
            return error("delay", delay, "finite and at least 1");
        }
        if !(forgetting > 0.5 && forgetting <= 1.0) {
            return error("forgetting", forgetting, "more than 0.5 and at most 1");
        }
        Ok(Self { delay, forgetting })
    }

    /// `ρ_t` of step `t`, counted from 0.
    pub fn rate(&self, step: u64) -> f64 {
        (step as f64 + self.delay).powf(-self.forgetting)
    }
}
