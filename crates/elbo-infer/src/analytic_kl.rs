//! The evidence lower bound with what is known of its divergences.

use elbo_model::{Order, Plan, Role, Term};

use crate::additive::{self, Cost, Costs, Weights};
use crate::dependencies::depends;
use crate::{Ascends, Estimate, InferError, Objective, Terms};

/// The evidence lower bound, with divergences from the prior in closed form where they have one.
///
/// `E_q[log p(x | z)] - Σ_i KL(q(z_i) ‖ p(z_i))`
///
/// Where a site's pair of distributions is not in [`KL_PAIRS`](elbo_dist::KL_PAIRS), the entropy of its guide's
/// distribution takes the place of `-log q` if that has a closed form, and else both stay Monte Carlo estimates:
/// [`Svi::sites`](crate::Svi::sites) says which.
///
/// A divergence in closed form takes the mean over the draws of its site with the site's parents held. So no parent in
/// the model may depend on the site in the guide, as in every mean-field guide, and in every guide that draws parents
/// first.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::MeanFieldConfig;
/// use elbo_infer::{AnalyticKl, Svi};
/// use elbo_model::{Layout, Model, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let at = layout.at([("z", layout.place().zeros::<2>([1, 1]) + 1.0)]);
/// let config = MeanFieldConfig::new().with_init(elbo_guide::Init::Value(at)).with_scale(1.0);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let mut svi = Svi::new(Model::new(model), guide, AnalyticKl, noise);
/// assert!((svi.step(&()).unwrap().bound + 0.5).abs() < 1e-6); // KL(N(1, 1) ‖ N(0, 1)), without noise
/// ```
///
/// # References
/// Kingma & Welling (2014), *Auto-encoding variational Bayes*, equation 7.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnalyticKl;

impl Ascends for AnalyticKl {}

impl Objective for AnalyticKl {
    fn plan(&self) -> Plan {
        Plan::default().with_redraws()
    }

    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        let mut weights = Weights::elbo(terms);
        let mut known = Vec::new();
        for (position, q) in terms.log_q.iter().enumerate() {
            match Divergence::of(terms, q) {
                Divergence::Closed { position_in_p } => {
                    check_mean_field(terms, position, position_in_p)?;
                    let p = terms.log_p.iter().nth(position_in_p).expect("found there");
                    let kl = closed(q, p).expect("it is closed");
                    (weights.log_q[position], weights.log_p[position_in_p]) = (0.0, 0.0);
                    known.push((Side::P(position_in_p), kl, -1.0));
                }
                Divergence::Entropy => {
                    let entropy = q.distribution.as_ref().and_then(elbo_model::Known::entropy);
                    weights.log_q[position] = 0.0;
                    known.push((Side::Q(position), entropy.expect("it is known"), 1.0));
                }
                Divergence::MonteCarlo => {}
            }
        }
        let mut costs = Costs::of(terms, &weights)?;
        for (side, value, weight) in known {
            let cost: &mut Cost = match side {
                Side::P(position) => &mut costs.log_p[position],
                Side::Q(position) => &mut costs.log_q[position],
            };
            (cost.value, cost.weight) = (value, weight);
        }
        additive::estimate_of(terms, &weights, &costs)
    }
}

enum Side {
    P(usize),
    Q(usize),
}

/// How the divergence at a site is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Divergence {
    /// In closed form, in the place of this term of the model.
    Closed { position_in_p: usize },
    /// The guide's entropy in closed form.
    Entropy,
    /// By draws.
    MonteCarlo,
}

impl Divergence {
    /// That at the site of a guide's term.
    pub fn of(terms: &Terms, q: &Term) -> Self {
        // The mean over all values of an enumerated site has no noise, and weighs what depends on them.
        if !terms.enumerated().is_empty() {
            return Self::MonteCarlo;
        }
        let is_prior = |p: &Term| p.role == Role::Latent && p.site == q.site;
        let position_in_p = terms.log_p.iter().position(is_prior);
        let p = position_in_p.and_then(|position| terms.log_p.iter().nth(position));
        match (position_in_p, p.and_then(|p| closed(q, p))) {
            (Some(position_in_p), Some(_)) => Self::Closed { position_in_p },
            _ if q.distribution.as_ref().and_then(elbo_model::Known::entropy).is_some() => {
                Self::Entropy
            }
            _ => Self::MonteCarlo,
        }
    }
}

fn closed(q: &Term, p: &Term) -> Option<burn::tensor::Tensor<2>> {
    let (q, p) = (q.distribution.as_ref()?, p.distribution.as_ref()?);
    q.divergence(p)
}

/// Checks that no site that may be a parent in the model depends on this one in the guide.
fn check_mean_field(
    terms: &Terms,
    position: usize,
    position_in_p: usize,
) -> Result<(), InferError> {
    let sites: Vec<_> = terms.log_q.iter().collect();
    let site = &sites[position].site;
    let is_parent = |name: &str| match &terms.dependencies {
        Some(known) if !known.is_everything() => known.of_model(name).any(|child| *child == **site),
        _ if terms.log_p.order() == Order::Unknown => true,
        _ => terms.log_p.iter().take(position_in_p).any(|term| term.covers(name)),
    };
    let fault = sites.iter().enumerate().find(|(later, other)| {
        other.site != *site && is_parent(&other.site) && depends(terms, position, *later)
    });
    match fault {
        None => Ok(()),
        Some((_, parent)) => {
            Err(InferError::MeanField { site: site.to_string(), parent: parent.site.to_string() })
        }
    }
}
