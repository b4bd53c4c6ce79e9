//! Kullback-Leibler divergences in closed form.

mod exponential_family;
mod location_scale;
mod to_moments;

use crate::{Distribution, Operand};

/// A distribution whose divergence from `P` is known in closed form.
///
/// `KL(p ‖ q) = E_p[log p(x) - log q(x)]`, in nats
///
/// # Shapes
/// That of a log-probability under both: parameters broadcast, an event's axis has size 1.
///
/// # Example
/// ```
/// use elbo_dist::{KlDivergence, Normal, Operand};
///
/// let (p, q) = (Normal::<2>::new(1.0, 1.0), Normal::new(0.0, 1.0));
/// assert!(matches!(p.kl(&q), Operand::Scalar(kl) if (kl - 0.5).abs() < 1e-15));
/// ```
///
/// # References
/// Kullback & Leibler (1951), *On information and sufficiency*.
pub trait KlDivergence<P: Distribution<D>, const D: usize>: Distribution<D> {
    /// The divergence of `other` from this distribution, elementwise: infinite where this one has
    /// density and `other` has none.
    fn kl(&self, other: &P) -> Operand<D>;
}

/// Whether the divergence of `to` from `from`, by the names of distributions, is known in closed form:
/// [`KL_PAIRS`] has the pair.
///
/// ```
/// use elbo_dist::kl_is_closed;
///
/// assert!(kl_is_closed("Gamma", "Exponential"));
/// assert!(!kl_is_closed("Cauchy", "Normal"));
/// ```
pub fn kl_is_closed(from: &str, to: &str) -> bool {
    KL_PAIRS.contains(&(from, to))
}

/// The pairs of names `(p, q)` for which `KL(p ‖ q)` is implemented.
pub const KL_PAIRS: &[(&str, &str)] = &[
    ("AsymmetricLaplace", "Normal"),
    ("Bernoulli", "Bernoulli"),
    ("Beta", "Beta"),
    ("Beta", "Exponential"),
    ("Beta", "Gamma"),
    ("Beta", "HalfNormal"),
    ("Beta", "Normal"),
    ("Binomial", "Binomial"),
    ("Categorical", "Categorical"),
    ("Cauchy", "Cauchy"),
    ("Chi2", "Chi2"),
    ("Chi2", "Exponential"),
    ("Chi2", "Gamma"),
    ("Chi2", "HalfNormal"),
    ("Chi2", "Normal"),
    ("Dirichlet", "Dirichlet"),
    ("DiscreteUniform", "DiscreteUniform"),
    ("Exponential", "Chi2"),
    ("Exponential", "Exponential"),
    ("Exponential", "Gamma"),
    ("Exponential", "HalfNormal"),
    ("Exponential", "Normal"),
    ("Exponential", "Weibull"),
    ("Gamma", "Chi2"),
    ("Gamma", "Exponential"),
    ("Gamma", "Gamma"),
    ("Gamma", "HalfNormal"),
    ("Gamma", "InverseGamma"),
    ("Gamma", "LogNormal"),
    ("Gamma", "Normal"),
    ("Geometric", "Geometric"),
    ("Gumbel", "Gumbel"),
    ("Gumbel", "Normal"),
    ("HalfCauchy", "HalfCauchy"),
    ("HalfNormal", "Exponential"),
    ("HalfNormal", "HalfNormal"),
    ("HalfNormal", "Normal"),
    ("InverseGamma", "Exponential"),
    ("InverseGamma", "Gamma"),
    ("InverseGamma", "InverseGamma"),
    ("InverseGamma", "LogNormal"),
    ("InverseGamma", "Normal"),
    ("Kumaraswamy", "Normal"),
    ("Laplace", "Laplace"),
    ("Laplace", "Normal"),
    ("LogNormal", "Exponential"),
    ("LogNormal", "Gamma"),
    ("LogNormal", "HalfNormal"),
    ("LogNormal", "InverseGamma"),
    ("LogNormal", "LogNormal"),
    ("LogNormal", "Normal"),
    ("Logistic", "Normal"),
    ("LogitNormal", "LogitNormal"),
    ("MultivariateNormal", "MultivariateNormal"),
    ("NegativeBinomial", "NegativeBinomial"),
    ("Normal", "Laplace"),
    ("Normal", "Normal"),
    ("OneHotCategorical", "OneHotCategorical"),
    ("Pareto", "Exponential"),
    ("Pareto", "Gamma"),
    ("Pareto", "Normal"),
    ("Pareto", "Pareto"),
    ("Poisson", "Poisson"),
    ("Uniform", "Exponential"),
    ("Uniform", "Normal"),
    ("Uniform", "Uniform"),
    ("VonMises", "VonMises"),
    ("Weibull", "Exponential"),
    ("Weibull", "Gamma"),
    ("Weibull", "HalfNormal"),
    ("Weibull", "Normal"),
    ("Weibull", "Weibull"),
];
