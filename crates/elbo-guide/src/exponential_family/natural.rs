//! Families with natural parameters.

use elbo_model::Site;

use super::kind::{Kind, parameter_shape};
use super::pair::{Pair, solve};
use super::vector::Vector;
use super::{discrete, simplex};

/// A family with natural parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Natural {
    Pair(Pair),
    /// Of so many numbers each.
    Dirichlet(usize),
    /// A normal vector of this length.
    Vector(usize),
    Bernoulli,
    /// Of so many categories each.
    Categorical(usize),
}

impl Natural {
    pub fn of(kind: Kind, site: &Site) -> Option<Self> {
        let last = || parameter_shape(kind, site).last().copied();
        Some(match kind {
            Kind::Normal => Self::Pair(Pair::Normal),
            Kind::LogNormal => Self::Pair(Pair::LogNormal),
            Kind::Gamma => Self::Pair(Pair::Gamma),
            Kind::InverseGamma => Self::Pair(Pair::InverseGamma),
            Kind::Beta => Self::Pair(Pair::Beta),
            Kind::Dirichlet => Self::Dirichlet(last()?),
            Kind::Vector => Self::Vector(site.size()),
            Kind::Bernoulli => Self::Bernoulli,
            Kind::Categorical | Kind::OneHotCategorical => Self::Categorical(last()?),
            Kind::LogitNormal | Kind::Exponential | Kind::Poisson | Kind::Geometric => return None,
        })
    }

    pub fn is_discrete(&self) -> bool {
        matches!(self, Self::Bernoulli | Self::Categorical(_))
    }

    /// The numbers of a continuous site of `size` elements that have signs of their own.
    pub fn numbers(&self, size: usize) -> usize {
        match self {
            Self::Pair(_) | Self::Vector(_) => size,
            Self::Dirichlet(k) => size / k,
            Self::Bernoulli | Self::Categorical(_) => 0,
        }
    }

    /// What belongs together among `len` parameters, by position: those of a number, a simplex or a vector.
    pub fn parts(&self, len: usize) -> Vec<Vec<usize>> {
        let chunks =
            |size: usize| (0..len / size).map(move |i| (i * size..(i + 1) * size).collect());
        match self {
            Self::Pair(_) => (0..len / 2).map(|i| vec![i, len / 2 + i]).collect(),
            Self::Dirichlet(k) | Self::Categorical(k) => chunks(*k).collect(),
            Self::Vector(_) => vec![(0..len).collect()],
            Self::Bernoulli => chunks(1).collect(),
        }
    }

    pub fn natural(&self, kept: &[f64]) -> Vec<f64> {
        match *self {
            Self::Pair(pair) => pair.natural([kept[0], kept[1]]).to_vec(),
            Self::Dirichlet(_) => kept.iter().map(|a| a.exp() - 1.0).collect(),
            Self::Vector(n) => Vector::of(kept, n).natural(),
            Self::Bernoulli | Self::Categorical(_) => kept.to_vec(),
        }
    }

    /// What is kept, for natural parameters that a density has.
    pub fn kept(&self, natural: &[f64]) -> Option<Vec<f64>> {
        if natural.iter().any(|eta| !eta.is_finite()) {
            return None;
        }
        let kept = match *self {
            Self::Pair(pair) => pair.kept([natural[0], natural[1]])?.to_vec(),
            Self::Dirichlet(_) => natural.iter().map(|eta| (eta + 1.0).ln()).collect(),
            Self::Vector(n) => Vector::of_natural(natural, n)?.kept(),
            Self::Bernoulli => vec![natural[0].clamp(-69.0, 69.0)], // a chance of 1e-30
            Self::Categorical(_) => discrete::centred(natural),
        };
        kept.iter().all(|x| x.is_finite()).then_some(kept)
    }

    pub fn gradient(&self, kept: &[f64], gradient: &[f64]) -> Vec<f64> {
        match *self {
            Self::Pair(pair) => {
                solve(pair.mean_slopes([kept[0], kept[1]]), [gradient[0], gradient[1]]).to_vec()
            }
            Self::Dirichlet(_) => {
                let alpha: Vec<f64> = kept.iter().map(|a| a.exp()).collect();
                simplex::natural_gradient(&alpha, gradient)
            }
            Self::Vector(n) => Vector::of(kept, n).natural_gradient(gradient),
            Self::Bernoulli => discrete::natural_gradient(&[kept[0], 0.0], gradient)
                .into_iter()
                .map(|slope| slope * (1.0 + kept[0].exp())) // over p (1 - p)
                .collect(),
            Self::Categorical(_) => discrete::natural_gradient(kept, gradient),
        }
    }

    pub fn entropy(&self, kept: &[f64]) -> f64 {
        match *self {
            Self::Pair(pair) => pair.entropy([kept[0], kept[1]]),
            Self::Dirichlet(_) => {
                simplex::entropy(&kept.iter().map(|a| a.exp()).collect::<Vec<_>>())
            }
            Self::Vector(n) => Vector::of(kept, n).entropy(),
            Self::Bernoulli => discrete::entropy(&[kept[0], 0.0]),
            Self::Categorical(_) => discrete::entropy(kept),
        }
    }
}
