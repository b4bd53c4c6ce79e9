//! Which terms of a log-joint are conjugate to a guide's families.

use std::fmt;
use std::sync::Arc;

use burn::tensor::DType;
use elbo_dist::Noise;
use elbo_guide::ExponentialFamily;
use elbo_model::LogJoint;
use elbo_report::table;

use super::evaluate::{Evaluated, Points};
use crate::InferError;

/// Which terms of a log-joint are affine in the sufficient statistics of each continuous site, the others given: their means are exact at nodes.
///
/// Its `Display` is a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Conjugacy {
    terms: Vec<Arc<str>>,
    /// Of each continuous site how far each term is from it, relative to its largest slope.
    sites: Vec<(Arc<str>, Vec<f64>)>,
    tolerance: f64,
}

/// The numbers of a site that are looked at.
const PROBES: u64 = 3;

impl Conjugacy {
    /// Looks at each term along some numbers of each site.
    pub(super) fn of<B, M: LogJoint<B>>(
        model: &M,
        guide: &ExponentialFamily,
        batch: &B,
        points: &Points,
        noise: &Noise,
    ) -> Result<Self, InferError> {
        let first = Evaluated::at(model, guide, batch, points, noise)?.checked(noise)?;
        let terms: Vec<Arc<str>> = first.log_p().iter().map(|term| term.site.clone()).collect();
        let mut sites = Vec::new();
        for (name, _) in &points.sites {
            let mut excess = vec![0.0_f64; terms.len()];
            for number in 0..PROBES {
                let probe = guide.probe(name, &mut noise.at_step(number).site(name))?;
                let points = points.probing(name, probe.values.clone());
                for (index, excess) in excess.iter_mut().enumerate() {
                    let evaluated = Evaluated::at(model, guide, batch, &points, noise)?;
                    let slopes = evaluated.slopes(|term| term == index)?;
                    *excess = excess.max(probe.excess(&slopes.at_points(name)));
                }
            }
            sites.push((name.clone(), excess));
        }
        let tolerance = if noise.place().dtype() == DType::F64 { 1e-7 } else { 1e-3 };
        Ok(Self { terms, sites, tolerance })
    }

    /// Whether the term of this number is conjugate to all sites.
    pub(super) fn has(&self, term: usize) -> bool {
        self.sites.iter().all(|(_, excess)| excess[term] <= self.tolerance)
    }

    /// The first site and term that are not conjugate.
    pub fn fault(&self) -> Option<(&str, &str)> {
        let fault = |(site, excess): &(Arc<str>, Vec<f64>)| {
            let term = excess.iter().position(|excess| *excess > self.tolerance)?;
            Some((site.clone(), term))
        };
        let (site, term) = self.sites.iter().find_map(fault)?;
        let (site, _) = self.sites.iter().find(|(name, _)| *name == site)?;
        Some((site, &self.terms[term]))
    }

    pub(super) fn some(&self, conjugate: bool) -> bool {
        (0..self.terms.len()).any(|term| self.has(term) == conjugate)
    }
}

impl fmt::Display for Conjugacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |(index, term): (usize, &Arc<str>)| {
            let at = |(_, excess): &(Arc<str>, Vec<f64>)| match excess[index] <= self.tolerance {
                true => "conjugate".to_string(),
                false => format!("by draws ({:.0e})", excess[index]),
            };
            std::iter::once(term.to_string()).chain(self.sites.iter().map(at)).collect()
        };
        let heads: Vec<&str> =
            std::iter::once("term").chain(self.sites.iter().map(|(site, _)| &**site)).collect();
        f.write_str(&table(&heads, self.terms.iter().enumerate().map(row)))
    }
}
