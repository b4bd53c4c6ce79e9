//! Bounds of other divergences.

use elbo_model::{ControlVariate, Estimator};

use crate::units::{lower, power_bound};
use crate::{Ascends, Estimate, InferError, Objective, Terms};

/// The variational Rényi bound of order `α`.
///
/// `L_α = E[1 / (1 - α) log 1/S Σ_s (p(x, z_s) / q(z_s))^(1 - α)]`
///
/// for each part of the data that is independent of the others given the parameters (see [`Iwae`](crate::Iwae)).
/// `α → 1` is the evidence lower bound, `α = 0` the importance-weighted one. With finitely many particles it is the
/// bound of that many: its gradient is unbiased for it.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::{Objective, Renyi, Terms};
/// use elbo_model::{LogTerms, Role, Term};
///
/// let device = Device::flex();
/// let term = |values: [f32; 2]| {
///     let column = Tensor::<1>::from_floats(values, &device).reshape([2, 1]);
///     let mut terms = LogTerms::default();
///     terms.push(Term::new::<2>("z", Role::Latent, vec![], column));
///     terms
/// };
/// let terms = Terms::new(term([0.0, 4.0_f32.ln()]), term([0.0, 0.0])); // weights 1 and 4
/// let bound: f32 = Renyi { alpha: 0.5 }.estimate(&terms).unwrap().bound.into_scalar();
/// assert!((bound - 2.0 * 1.5_f32.ln()).abs() < 1e-6); // of the square roots 1 and 2
/// ```
///
/// # References
/// Li & Turner (2016), *Rényi divergence variational inference*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Renyi {
    /// The order, any finite number.
    pub alpha: f64,
}

impl Ascends for Renyi {
    fn check_ascent(&self) -> Result<(), InferError> {
        match self.alpha < 0.0 {
            true => Err(setting(
                "Renyi",
                "alpha",
                self.alpha,
                "at least 0 in a fit that compares bounds, for below it is an upper bound",
            )),
            false => Ok(()),
        }
    }
}

impl Objective for Renyi {
    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        let power = 1.0 - self.alpha;
        if !power.is_finite() {
            return Err(setting("Renyi", "alpha", self.alpha, "a finite number"));
        }
        Ok(lower(power_bound(terms, power, "Renyi")?))
    }
}

/// The chi upper bound of order `n`, which is minimized.
///
/// `U_n = 1/n log E_q[(p(x, z) / q(z))^n] ≥ log p(x)`
///
/// for each part of the data that is independent of the others given the parameters (see [`Iwae`](crate::Iwae)).
/// The estimate by `S` particles, `1/n log 1/S Σ_s w_s^n`, lies below it in the mean; the gradient is
/// unbiased for that estimate. That estimate may fall below any bound where the guide leaves the posterior and no particle
/// finds it again: start from a guide that covers the posterior, take many particles, and look at
/// [`Posterior::bound`](crate::Posterior::bound) beside it. Score functions have no trained baseline here.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::{Cubo, Objective, Terms};
/// use elbo_model::{LogTerms, Role, Term};
///
/// let device = Device::flex();
/// let term = |values: [f32; 2]| {
///     let column = Tensor::<1>::from_floats(values, &device).reshape([2, 1]);
///     let mut terms = LogTerms::default();
///     terms.push(Term::new::<2>("z", Role::Latent, vec![], column));
///     terms
/// };
/// let terms = Terms::new(term([0.0, 7.0_f32.ln()]), term([0.0, 0.0])); // weights 1 and 7
/// let estimate = Cubo { order: 2.0 }.estimate(&terms).unwrap();
/// assert!((estimate.bound.into_scalar::<f32>() - 5.0_f32.ln()).abs() < 1e-6); // ½ log ½ (1 + 49)
/// assert!((estimate.loss.into_scalar::<f32>() - 5.0_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Dieng et al. (2017), *Variational inference via χ upper bound minimization*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cubo {
    /// The order, at least 1.
    pub order: f64,
}

impl Objective for Cubo {
    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        if !(self.order.is_finite() && self.order >= 1.0) {
            return Err(setting("Cubo", "order", self.order, "a number of at least 1"));
        }
        let trained = Estimator::ScoreFunction(ControlVariate::Baseline);
        terms.allow("Cubo", |estimator| *estimator != trained)?;
        let (bound, surrogate, memory) = power_bound(terms, self.order, "Cubo")?;
        Ok(Estimate { memory, ..Estimate::new(surrogate, bound) })
    }
}

pub(crate) fn setting(
    objective: &'static str,
    setting: impl Into<String>,
    value: f64,
    expected: &'static str,
) -> InferError {
    InferError::Setting { objective, setting: setting.into(), value, expected }
}
