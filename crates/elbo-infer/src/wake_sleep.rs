//! Objectives of draws at which nothing is differentiated.

use burn::tensor::Tensor;
use elbo_model::{ControlVariate, Estimator, LogTerms, ModelGradient, Plan};

use crate::units::{Units, constants, normalized, power_mean};
use crate::{Estimate, InferError, Objective, Terms};

const CONSTANT: Estimator = Estimator::ScoreFunction(ControlVariate::None);

/// Reweighted wake-sleep, its wake phases: the importance-weighted bound for the model, the forward divergence for the
/// guide.
///
/// `Σ_s w̃_s ∂ log p(x, z_s) / ∂θ`, `Σ_s w̃_s ∂ log q(z_s) / ∂φ`, with `w̃` the normalized weights of `S` particles
///
/// It needs no estimator at any site: draws are constants. Its sleep phase is [`Svi::sleep`](crate::Svi::sleep).
/// The guide's part is consistent as `S → ∞`; at finite `S` its target is the mean of the self-normalized estimate.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::{Objective, ReweightedWakeSleep, Terms};
/// use elbo_model::{LogTerms, Role, Term};
///
/// let device = Device::flex();
/// let term = |values: [f32; 2]| {
///     let column = Tensor::<1>::from_floats(values, &device).reshape([2, 1]);
///     let mut terms = LogTerms::default();
///     terms.push(Term::new::<2>("z", Role::Latent, vec![], column));
///     terms
/// };
/// let terms = Terms::new(term([0.0, 3.0_f32.ln()]), term([0.0, 0.0]));
/// let estimate = ReweightedWakeSleep.estimate(&terms).unwrap(); // weights ¼ and ¾
/// assert!((estimate.loss.into_scalar::<f32>() + 0.75 * 3.0_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Bornschein & Bengio (2015), *Reweighted wake-sleep*; Le et al. (2019), *Revisiting reweighted wake-sleep*.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReweightedWakeSleep;

impl Objective for ReweightedWakeSleep {
    fn plan(&self) -> Plan {
        Plan::default().with_estimator_for_all(CONSTANT)
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        let weighted = Weighted::of(terms, "ReweightedWakeSleep")?;
        let loss = -(weighted.sum(&terms.log_p) + weighted.sum(&terms.log_q));
        Ok(Estimate::new(loss, weighted.bound))
    }
}

/// The forward divergence `KL(p(z | x) ‖ q(z))`, up to a constant, by importance sampling from the guide.
///
/// `- Σ_s w̃_s log q(z_s)`; only the guide learns.
///
/// It covers the posterior where [`Elbo`](crate::Elbo) seeks a mode. Consistent as `S → ∞`.
///
/// # Example
/// ```
/// use elbo_infer::{ForwardKl, Objective};
/// use elbo_model::{ControlVariate, Estimator};
///
/// let plan = ForwardKl.plan();
/// let constant = Estimator::ScoreFunction(ControlVariate::None);
/// assert_eq!(plan.estimator("z", true, 10).estimator, constant);
/// ```
///
/// # References
/// Bornschein & Bengio (2015), *Reweighted wake-sleep*.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ForwardKl;

impl Objective for ForwardKl {
    fn plan(&self) -> Plan {
        Plan::default().with_estimator_for_all(CONSTANT).with_model(ModelGradient::None)
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        let weighted = Weighted::of(terms, "ForwardKl")?;
        Ok(Estimate::new(-weighted.sum(&terms.log_q), weighted.bound))
    }
}

/// Half the variance of the log-weights over particles, the log-variance divergence of the guide from the posterior.
///
/// `½ Var_s[log p(x, z_s) - log q(z_s)]`, of constant draws; its gradient with respect to the guide is that of the
/// evidence lower bound with leave-one-out (VarGrad). The model learns by `E[log p(x, z)]`. At least 2 particles.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::{LogVariance, Objective, Terms};
/// use elbo_model::{LogTerms, Role, Term};
///
/// let device = Device::flex();
/// let term = |values: [f32; 2]| {
///     let column = Tensor::<1>::from_floats(values, &device).reshape([2, 1]);
///     let mut terms = LogTerms::default();
///     terms.push(Term::new::<2>("z", Role::Latent, vec![], column));
///     terms
/// };
/// let terms = Terms::new(term([1.0, 5.0]), term([0.0, 0.0]));
/// let estimate = LogVariance.estimate(&terms).unwrap();
/// assert_eq!(estimate.bound.into_scalar::<f32>(), 3.0);
/// assert_eq!(estimate.loss.into_scalar::<f32>(), 4.0 - 3.0); // ½ (4 + 4) and E[log p]
/// ```
///
/// # References
/// Richter et al. (2020), *VarGrad: a low-variance gradient estimator for variational inference*.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogVariance;

impl Objective for LogVariance {
    fn plan(&self) -> Plan {
        Plan::default().with_estimator_for_all(CONSTANT)
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        const NAME: &str = "LogVariance";
        let particles = terms.particles();
        if particles < 2 {
            return Err(InferError::Particles { objective: NAME, needed: 2, found: particles });
        }
        terms.allow(NAME, known)?;
        let units = Units::of(&constants(&terms.log_p), &terms.log_q, particles)?;
        let variance = units.sum(|unit| {
            let mean = unit.log_weight.clone().mean_dim(0);
            let squares = (unit.log_weight.clone() - mean).square().sum_dim(0);
            squares * (0.5 / (particles as f64 - 1.0))
        });
        let mean = units.with_rest(units.sum(|unit| power_mean(unit.log_weight.clone(), 0.0)));
        let log_p = terms.log_p.try_total().map(Tensor::mean);
        let loss = match log_p {
            Some(log_p) => variance - log_p,
            None => variance,
        };
        Ok(Estimate::new(loss, mean))
    }
}

/// An estimator whose draws are constants, or that the terms of an estimate by hand have.
fn known(estimator: &Estimator) -> bool {
    matches!(estimator, Estimator::ScoreFunction(_) | Estimator::Pathwise)
}

/// The normalized importance weights of all units.
struct Weighted {
    units: Units,
    bound: Tensor<1>,
}

impl Weighted {
    fn of(terms: &Terms, objective: &'static str) -> Result<Self, InferError> {
        terms.allow(objective, known)?;
        let units = Units::of(&terms.log_p, &terms.log_q, terms.particles())?;
        let bound = units.with_rest(units.sum(|unit| power_mean(unit.log_weight.clone(), 1.0)));
        Ok(Self { units, bound })
    }

    /// The mean of `terms` by these weights.
    fn sum(&self, terms: &LogTerms) -> Tensor<1> {
        let parts = terms.iter().map(|term| {
            let unit = self.units.units.iter().find(|unit| term.plates.starts_with(&unit.plates));
            let log_prob = term.log_prob.clone();
            let [rows, n] = log_prob.dims();
            match unit {
                Some(unit) => {
                    let weight = normalized(unit.log_weight.clone(), 1.0);
                    let particles = weight.dims()[0];
                    let weight = crate::additive::spread(&weight, n);
                    (weight * log_prob.expand([particles, n])).sum() * term.scale()
                }
                None => log_prob.sum() * (term.scale() / rows as f64),
            }
        });
        parts.reduce(|sum, part| sum + part).expect("there are units, so there are terms")
    }
}
