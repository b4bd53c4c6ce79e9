//! Kullback-Leibler divergences in closed form.

mod exponential_family;
mod location_scale;
mod to_moments;

use std::any::Any;

use crate::{
    AsymmetricLaplace, Bernoulli, Beta, Binomial, Categorical, Cauchy, Chi2, Dirichlet,
    Distribution, Exponential, Gamma, Geometric, Gumbel, HalfCauchy, HalfNormal, InverseGamma,
    Kumaraswamy, Laplace, LogNormal, Logistic, LogitNormal, MultivariateNormal, NegativeBinomial,
    Normal, OneHotCategorical, Operand, Pareto, Poisson, VonMises, Weibull,
};

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

/// Both have no tensors, and so no rank of their own.
type Uniform<const D: usize> = crate::Uniform;
type DiscreteUniform<const D: usize> = crate::DiscreteUniform;

/// The list of pairs, and the search among them by type.
macro_rules! pairs {
    ($($from:ident $to:ident,)*) => {
        /// The pairs of names `(p, q)` for which `KL(p ‖ q)` is implemented.
        pub const KL_PAIRS: &[(&str, &str)] = &[
            $((stringify!($from), stringify!($to)),)*
            ("MultivariateNormal", "MultivariateNormal"),
        ];

        fn of_numbers<const D: usize>(from: &dyn Any, to: &dyn Any) -> Option<Operand<D>> {
            $(
                if let Some(from) = from.downcast_ref::<$from<D>>()
                    && let Some(to) = to.downcast_ref::<$to<D>>()
                {
                    return Some(from.kl(to));
                }
            )*
            None
        }
    };
}

pairs! {
    AsymmetricLaplace Normal,
    Bernoulli Bernoulli,
    Beta Beta,
    Beta Exponential,
    Beta Gamma,
    Beta HalfNormal,
    Beta Normal,
    Binomial Binomial,
    Categorical Categorical,
    Cauchy Cauchy,
    Chi2 Chi2,
    Chi2 Exponential,
    Chi2 Gamma,
    Chi2 HalfNormal,
    Chi2 Normal,
    Dirichlet Dirichlet,
    DiscreteUniform DiscreteUniform,
    Exponential Chi2,
    Exponential Exponential,
    Exponential Gamma,
    Exponential HalfNormal,
    Exponential Normal,
    Exponential Weibull,
    Gamma Chi2,
    Gamma Exponential,
    Gamma Gamma,
    Gamma HalfNormal,
    Gamma InverseGamma,
    Gamma LogNormal,
    Gamma Normal,
    Geometric Geometric,
    Gumbel Gumbel,
    Gumbel Normal,
    HalfCauchy HalfCauchy,
    HalfNormal Exponential,
    HalfNormal HalfNormal,
    HalfNormal Normal,
    InverseGamma Exponential,
    InverseGamma Gamma,
    InverseGamma InverseGamma,
    InverseGamma LogNormal,
    InverseGamma Normal,
    Kumaraswamy Normal,
    Laplace Laplace,
    Laplace Normal,
    LogNormal Exponential,
    LogNormal Gamma,
    LogNormal HalfNormal,
    LogNormal InverseGamma,
    LogNormal LogNormal,
    LogNormal Normal,
    Logistic Normal,
    LogitNormal LogitNormal,
    NegativeBinomial NegativeBinomial,
    Normal Laplace,
    Normal Normal,
    OneHotCategorical OneHotCategorical,
    Pareto Exponential,
    Pareto Gamma,
    Pareto Normal,
    Pareto Pareto,
    Poisson Poisson,
    Uniform Exponential,
    Uniform Normal,
    Uniform Uniform,
    VonMises VonMises,
    Weibull Exponential,
    Weibull Gamma,
    Weibull HalfNormal,
    Weibull Normal,
    Weibull Weibull,
}

/// `KL(from ‖ to)` of two distributions of rank `D` whose types are known when the program runs only
/// ([`Distribution::erased`] gives them), if it has a closed form.
///
/// ```
/// use elbo_dist::{Distribution, Laplace, Normal, Operand, known_kl};
///
/// let (p, q) = (Normal::<2>::new(1.0, 1.0), Normal::<2>::new(0.0, 1.0).iid([1, 3]));
/// let kl = known_kl::<2>(p.erased(), q.erased());
/// assert!(matches!(kl, Some(Operand::Scalar(kl)) if (kl - 0.5).abs() < 1e-15));
/// assert!(known_kl::<2>(Laplace::<2>::new(0.0, 1.0).erased(), p.erased()).is_some());
/// assert!(known_kl::<3>(p.erased(), q.erased()).is_none()); // of rank 2
/// ```
pub fn known_kl<const D: usize>(from: &dyn Any, to: &dyn Any) -> Option<Operand<D>> {
    of_numbers(from, to)
        .or_else(|| of_vectors::<2, 3>(from, to).and_then(of_rank))
        .or_else(|| of_vectors::<3, 4>(from, to).and_then(of_rank))
        .or_else(|| of_vectors::<4, 5>(from, to).and_then(of_rank))
}

fn of_vectors<const D: usize, const M: usize>(from: &dyn Any, to: &dyn Any) -> Option<Operand<D>> {
    let from = from.downcast_ref::<MultivariateNormal<D, M>>()?;
    Some(from.kl(to.downcast_ref::<MultivariateNormal<D, M>>()?))
}

/// The operand itself, if it has rank `D`.
pub(crate) fn of_rank<const E: usize, const D: usize>(operand: Operand<E>) -> Option<Operand<D>> {
    (&operand as &dyn Any).downcast_ref::<Operand<D>>().cloned()
}
