//! Entropies of distributions whose types are known when the program runs only.

use std::any::Any;

use crate::kl::of_rank;
use crate::*;

/// The search among distributions of rank `D` by type.
macro_rules! entropies {
    ($($distribution:ident,)*) => {
        fn of_numbers<const D: usize>(distribution: &dyn Any) -> Option<Operand<D>> {
            $(
                if let Some(distribution) = distribution.downcast_ref::<$distribution<D>>() {
                    return Some(distribution.entropy());
                }
            )*
            None
        }
    };
}

entropies! {
    AsymmetricLaplace, AutoRegressive, Bernoulli, Beta, Categorical, Cauchy, Chi2, ContinuousBernoulli, Dirichlet,
    Exponential, Gamma, GaussianRandomWalk, Geometric, Gumbel, HalfCauchy, HalfNormal, HalfStudentT, InverseGamma,
    Kumaraswamy, Laplace, LinearGaussianStateSpace, LkjCholesky, LogNormal, Logistic, MatrixNormal, Normal,
    OneHotCategorical, OrderedLogistic, Pareto, StudentT, TruncatedNormal, VonMises, Weibull, Wishart,
    WishartCholesky,
}

/// The entropy of a distribution of rank `D` whose type is known when the program runs only
/// ([`Distribution::erased`] gives it), if it has a closed form.
///
/// ```
/// use elbo_dist::{Distribution, Exponential, Operand, Poisson, known_entropy};
///
/// let wait = Exponential::<2>::new(1.0).iid([1, 3]);
/// assert!(matches!(known_entropy::<2>(wait.erased()), Some(Operand::Scalar(1.0))));
/// assert!(known_entropy::<2>(Poisson::<2>::new(1.0).erased()).is_none());
/// ```
pub fn known_entropy<const D: usize>(distribution: &dyn Any) -> Option<Operand<D>> {
    let plain = distribution.downcast_ref::<Uniform>().map(Entropy::<D>::entropy);
    let counts = distribution.downcast_ref::<DiscreteUniform>().map(Entropy::<D>::entropy);
    of_numbers(distribution)
        .or(plain)
        .or(counts)
        .or_else(|| of_vectors::<2, 3>(distribution).and_then(of_rank))
        .or_else(|| of_vectors::<3, 4>(distribution).and_then(of_rank))
        .or_else(|| of_vectors::<4, 5>(distribution).and_then(of_rank))
}

fn of_vectors<const D: usize, const M: usize>(distribution: &dyn Any) -> Option<Operand<D>> {
    let normal = distribution.downcast_ref::<MultivariateNormal<D, M>>().map(Entropy::entropy);
    let low_rank =
        distribution.downcast_ref::<LowRankMultivariateNormal<D, M>>().map(Entropy::entropy);
    let student = distribution.downcast_ref::<MultivariateStudentT<D, M>>().map(Entropy::entropy);
    normal.or(low_rank).or(student)
}
