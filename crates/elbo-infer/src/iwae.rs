//! Importance-weighted bounds.

use elbo_model::{ControlVariate, Estimator, ModelGradient, Path, Plan};

use crate::units::{self, Units, constants, lower, normalized, power_bound, power_mean};
use crate::{Ascends, Estimate, InferError, Objective, Terms};

/// The importance-weighted bound of `S` particles.
///
/// `L_S = E[log 1/S Σ_s p(x, z_s) / q(z_s)] ≤ log p(x)`
///
/// for each part of the data that is independent of the others given the parameters, such as each image of a batch:
/// the outermost plate elements whose latents are drawn. A plate's scale multiplies the bounds of its elements.
/// Sites whose draws carry no gradient have the score estimate of VIMCO by default.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::{Iwae, Objective, Terms};
/// use elbo_model::{LogTerms, Role, Term};
///
/// let device = Device::flex();
/// let term = |values: [f32; 2]| {
///     let column = Tensor::<1>::from_floats(values, &device).reshape([2, 1]);
///     let mut terms = LogTerms::default();
///     terms.push(Term::new::<2>("z", Role::Latent, vec![], column));
///     terms
/// };
/// let terms = Terms::new(term([0.0, 3.0_f32.ln()]), term([0.0, 0.0])); // weights 1 and 3
/// let bound: f32 = Iwae.estimate(&terms).unwrap().bound.into_scalar();
/// assert!((bound - 2.0_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Burda, Grosse & Salakhutdinov (2016), *Importance weighted autoencoders*, equation 8.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Iwae;

impl Ascends for Iwae {}

impl Objective for Iwae {
    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        Ok(lower(power_bound(terms, 1.0, "Iwae")?))
    }
}

/// The importance-weighted bound, with the score function at all sites and what the bound is without each particle as
/// control variate.
///
/// `Σ_s (L_S - L_S without s) ∂ log q(z_s) + Σ_s w̃_s ∂ log w_s`
///
/// Without a particle, its weight is the geometric mean of the others'. This is [`Iwae`] with
/// [`Estimator::LEAVE_ONE_OUT`] everywhere, whatever a site asks for.
///
/// # Example
/// ```
/// use elbo_infer::{Objective, Vimco};
/// use elbo_model::Estimator;
///
/// let of_a_normal = Vimco.plan().estimator("z", true, 5);
/// assert_eq!(of_a_normal.estimator, Estimator::LEAVE_ONE_OUT);
/// ```
///
/// # References
/// Mnih & Rezende (2016), *Variational inference for Monte Carlo objectives*.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vimco;

impl Ascends for Vimco {}

impl Objective for Vimco {
    fn plan(&self) -> Plan {
        Plan::default()
            .with_estimator_for_all(Estimator::ScoreFunction(ControlVariate::LeaveOneOut))
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        Ok(lower(power_bound(terms, 1.0, "Vimco")?))
    }
}

/// The importance-weighted bound, with a gradient of the guide whose signal does not fade as particles are added.
///
/// `Σ_s w̃_s² ∂z_s/∂φ ∂ log w_s/∂z_s` for the guide, `Σ_s w̃_s ∂ log p / ∂θ` for the model
///
/// The model is evaluated twice. All draws must carry gradients.
///
/// # Example
/// ```
/// use elbo_infer::{DoublyReparameterizedIwae, Objective};
/// use elbo_model::ModelGradient;
///
/// assert_eq!(DoublyReparameterizedIwae.plan().model(), ModelGradient::Split);
/// ```
///
/// # References
/// Tucker et al. (2019), *Doubly reparameterized gradient estimators for Monte Carlo objectives*.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DoublyReparameterizedIwae;

impl Ascends for DoublyReparameterizedIwae {}

impl Objective for DoublyReparameterizedIwae {
    fn plan(&self) -> Plan {
        Plan::new(Path::DrawsOnly).with_model(ModelGradient::Split)
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        const NAME: &str = "DoublyReparameterizedIwae";
        terms.allow(NAME, |estimator| *estimator == Estimator::Pathwise)?;
        let of_draws = terms.log_p_of_draws.as_ref();
        let of_draws = of_draws.ok_or(InferError::NotSplit { objective: NAME })?;
        let particles = terms.particles();
        let model = Units::of(&terms.log_p, &constants(&terms.log_q), particles)?;
        let draws = Units::of(of_draws, &terms.log_q, particles)?;
        let weight = |unit: &units::Unit| normalized(unit.log_weight.clone(), 1.0);
        let of_model = model.with_rest(model.sum(|unit| weight(unit) * unit.log_weight.clone()));
        let of_draws = draws.sum(|unit| weight(unit).square() * unit.log_weight.clone());
        let bound = model.sum(|unit| power_mean(unit.log_weight.clone(), 1.0));
        Ok(Estimate::new(-(of_model + of_draws), model.with_rest(bound)))
    }
}
