//! Draws of all sites.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ReportError;

/// Draws of a guide, with what importance sampling needs of each.
///
/// The fields are open, so that they can be read; whatever writes them checks them again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draws {
    /// The sites of all groups.
    pub sites: Vec<SiteDraws>,
    /// `log p(x, z)` of each draw of the posterior.
    #[serde(with = "crate::number::list")]
    pub log_p: Vec<f64>,
    /// `log q(z)` of each.
    #[serde(with = "crate::number::list")]
    pub log_q: Vec<f64>,
    /// The logarithms of the smoothed importance weights, which sum to 1.
    #[serde(with = "crate::number::list")]
    pub log_weights: Vec<f64>,
}

/// The draws of one site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteDraws {
    /// The site.
    pub name: String,
    /// The shape of one draw; empty for a number.
    pub shape: Vec<usize>,
    /// What the values are draws of.
    pub group: Group,
    /// All numbers, draw by draw, each row-major.
    #[serde(with = "crate::number::list")]
    pub values: Vec<f64>,
}

/// What values of a site are, by the names that ArviZ has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Group {
    /// Draws of a latent or derived site from the guide.
    Posterior,
    /// Replicated data, one for each draw of the posterior.
    PosteriorPredictive,
    /// The data themselves: one "draw".
    ObservedData,
    /// Draws of a site from the prior, of any number.
    Prior,
}

impl Group {
    /// Each of them.
    pub const ALL: [Self; 4] =
        [Self::Posterior, Self::PosteriorPredictive, Self::ObservedData, Self::Prior];
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Posterior => "posterior",
            Self::PosteriorPredictive => "posterior_predictive",
            Self::ObservedData => "observed_data",
            Self::Prior => "prior",
        })
    }
}

impl SiteDraws {
    /// The numbers of one draw.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Draws {
    /// Draws whose lengths agree.
    ///
    /// # Shapes
    /// With `S` numbers in `log_p`, `log_q` and `log_weights` have `S`; a site of the posterior or of replicated data has `S · size` values,
    /// one of the data `size`, and those of the prior `R · size` with one `R` for all.
    ///
    /// # Errors
    /// [`ReportError::DensityLength`], [`ReportError::SiteLength`], and [`ReportError::NameTaken`] for two sites of one name in a group.
    ///
    /// # Example
    /// ```
    /// use elbo_report::{Draws, Group, SiteDraws};
    ///
    /// let theta = SiteDraws {
    ///     name: "theta".into(),
    ///     shape: vec![2],
    ///     group: Group::Posterior,
    ///     values: vec![1.0, 2.0, 3.0, 4.0, 5.0],
    /// };
    /// let error = Draws::new(vec![theta], vec![-1.0; 3], vec![-2.0; 3], vec![-1.1; 3]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "posterior site theta should have 3 x [2] values, but has 5; give those of all draws, draw by draw"
    /// );
    /// ```
    pub fn new(
        sites: Vec<SiteDraws>,
        log_p: Vec<f64>,
        log_q: Vec<f64>,
        log_weights: Vec<f64>,
    ) -> Result<Self, ReportError> {
        let draws = Self { sites, log_p, log_q, log_weights };
        draws.check()?;
        Ok(draws)
    }

    /// The sites of a group, in the order of the model.
    pub fn of(&self, group: Group) -> impl Iterator<Item = &SiteDraws> {
        self.sites.iter().filter(move |site| site.group == group)
    }

    /// The number of draws of a group: 1 for the data.
    pub fn count(&self, group: Group) -> usize {
        match group {
            Group::Posterior | Group::PosteriorPredictive => self.log_p.len(),
            Group::ObservedData => 1,
            // The prior may have been drawn from more often, or not at all.
            Group::Prior => {
                let counts = self.of(group).map(|site| site.values.len().checked_div(site.size()));
                counts.flatten().next().unwrap_or(0)
            }
        }
    }

    /// See [`Draws::new`].
    pub(crate) fn check(&self) -> Result<(), ReportError> {
        let draws = self.log_p.len();
        for (list, found) in [("log_q", self.log_q.len()), ("log_weights", self.log_weights.len())]
        {
            if found != draws {
                return Err(ReportError::DensityLength { list, draws, found });
            }
        }
        let mut names = BTreeSet::new();
        for site in &self.sites {
            if !names.insert((site.group, &site.name)) {
                let name = site.name.clone();
                return Err(ReportError::NameTaken { what: "sites of a group", name });
            }
            self.check_site(site)?;
        }
        Ok(())
    }

    fn check_site(&self, site: &SiteDraws) -> Result<(), ReportError> {
        let SiteDraws { name, shape, group, values } = site;
        let draws = self.count(*group);
        if values.len() == draws * site.size() {
            return Ok(());
        }
        let (site, shape, found) = (name.clone(), shape.clone(), values.len());
        Err(ReportError::SiteLength { group: *group, site, draws, shape, found })
    }
}
