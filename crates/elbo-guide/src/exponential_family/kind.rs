//! The families that a site may have, and where they start.

use elbo_dist::Support;
use elbo_model::{Names, Site};

use crate::GuideError;
use crate::flat::check_unmasked;

/// The families that a site may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    LogNormal,
    LogitNormal,
    Gamma,
    InverseGamma,
    Exponential,
    Beta,
    Dirichlet,
    Bernoulli,
    Categorical,
    OneHotCategorical,
    Poisson,
    Geometric,
    /// A normal vector with all its covariances.
    Vector,
}

/// The names of the families.
const KINDS: [(&str, Kind); 14] = [
    ("Normal", Kind::Normal),
    ("LogNormal", Kind::LogNormal),
    ("LogitNormal", Kind::LogitNormal),
    ("Gamma", Kind::Gamma),
    ("InverseGamma", Kind::InverseGamma),
    ("Exponential", Kind::Exponential),
    ("Beta", Kind::Beta),
    ("Dirichlet", Kind::Dirichlet),
    ("Bernoulli", Kind::Bernoulli),
    ("Categorical", Kind::Categorical),
    ("OneHotCategorical", Kind::OneHotCategorical),
    ("Poisson", Kind::Poisson),
    ("Geometric", Kind::Geometric),
    ("MultivariateNormal", Kind::Vector),
];

/// The family of a site's prior.
pub(super) fn kind(site: &Site) -> Result<Kind, GuideError> {
    check_unmasked(site)?;
    let found = KINDS.iter().find(|(name, _)| *name == site.distribution);
    let fits = |kind: Kind| match kind {
        Kind::Vector => is_vector(site),
        _ => (2..=6).contains(&site.shape.len()),
    };
    match found.filter(|(_, kind)| fits(*kind)) {
        Some((_, kind)) => Ok(*kind),
        None => Err(GuideError::NoFamily {
            site: site.name.to_string(),
            distribution: site.distribution.to_string(),
            known: Names(KINDS.iter().map(told).collect()),
        }),
    }
}

/// Whether the site is one vector, outside plates.
pub(super) fn is_vector(site: &Site) -> bool {
    site.shape.len() == 2 && site.plates.is_empty()
}

fn told((name, kind): &(&str, Kind)) -> String {
    match kind {
        Kind::Vector => format!("{name} (of one vector, outside plates)"),
        _ => (*name).to_string(),
    }
}

impl Kind {
    /// The parameters of each of `size` elements.
    pub fn parameters(self, size: usize) -> usize {
        match self {
            Self::Vector => size + 1,
            Self::Normal | Self::LogNormal | Self::LogitNormal => 2,
            Self::Gamma | Self::InverseGamma | Self::Beta => 2,
            _ => 1,
        }
    }
}

/// The shape of a site's parameters: of a categorical one, an axis for the categories.
pub(super) fn parameter_shape(kind: Kind, site: &Site) -> Vec<usize> {
    let mut shape = site.shape.clone();
    if let (Kind::Categorical, Support::Category { count }) = (kind, site.support)
        && let Some(last) = shape.last_mut()
    {
        *last = count;
    }
    shape
}

/// Unconstrained parameters about the means of `draws`, element by element.
pub(super) fn start(kind: Kind, site: &Site, draws: Vec<f64>) -> Vec<f64> {
    let size = site.size();
    let count = draws.len() / size;
    let mean = |i: usize| draws.iter().skip(i).step_by(size).sum::<f64>() / count as f64;
    let means: Vec<f64> = (0..size).map(mean).collect();
    let share = |m: &f64| m.clamp(0.1, 0.9);
    let logit = |m: &f64| (share(m) / (1.0 - share(m))).ln();
    let positive = |m: &f64| m.clamp(1e-3, 1e3);
    let each = |change: &dyn Fn(&f64) -> f64| means.iter().map(change).collect::<Vec<_>>();
    let narrow = vec![0.1_f64.ln(); size];
    // Means as those of the prior; a positive number or a share as uncertain as after two observations.
    match kind {
        Kind::Normal => [means, narrow].concat(),
        Kind::Vector => {
            let diagonal = (0..size * size).map(|at| match at / size == at % size {
                true => narrow[0],
                false => 0.0,
            });
            means.into_iter().chain(diagonal).collect()
        }
        Kind::LogNormal => [each(&|m| positive(m).ln()), narrow].concat(),
        Kind::LogitNormal => [each(&logit), narrow].concat(),
        Kind::Gamma => [vec![2.0_f64.ln(); size], each(&|m| (2.0 / positive(m)).ln())].concat(),
        Kind::InverseGamma => {
            [vec![3.0_f64.ln(); size], each(&|m| (2.0 * positive(m)).ln())].concat()
        }
        Kind::Exponential => each(&|m| -positive(m).ln()),
        Kind::Beta => {
            [each(&|m| (4.0 * share(m)).ln()), each(&|m| (4.0 - 4.0 * share(m)).ln())].concat()
        }
        Kind::Dirichlet => {
            let categories = *site.shape.last().expect("a simplex has an axis") as f64;
            each(&|m| (categories * m.clamp(0.1 / categories, 1.0)).ln())
        }
        Kind::Bernoulli => each(&logit),
        Kind::OneHotCategorical => vec![0.0; size],
        Kind::Categorical => vec![0.0; parameter_shape(kind, site).iter().product()],
        Kind::Poisson => each(&|m| positive(m).ln()),
        Kind::Geometric => each(&|m| logit(&(1.0 / (1.0 + positive(m))))),
    }
}
