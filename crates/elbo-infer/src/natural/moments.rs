//! The expected log-joint.

use burn::module::Module;
use elbo_guide::{ExponentialFamily, Nodes};
use elbo_model::Program;

use super::evaluate::{self, Evaluated, Points};
use super::{Joint, NaturalSvi};
use crate::InferError;

/// The expected log-joint of a guide, with its slopes.
pub(super) struct Moments {
    nodes: Nodes,
    exact: Option<evaluate::Slopes>,
    drawn: Option<evaluate::Slopes>,
    pub fraction: f64,
    discrete: Option<ExponentialFamily>,
}

impl Moments {
    /// The natural gradient of the expected log-joint at a site.
    pub fn optimum(&self, site: &str) -> Result<Vec<f64>, InferError> {
        let mut discrete = self.discrete.iter().flat_map(|guide| guide.sites());
        let is_discrete = discrete.any(|found| &*found.name == site);
        let exact = match (&self.exact, is_discrete) {
            (None, _) => None,
            (Some(slopes), true) => Some(slopes.natural_gradient(site)?),
            (Some(slopes), false) => Some(self.nodes.optimum(site, &slopes.at_points(site))?),
        };
        let drawn = self.drawn.as_ref().map(|slopes| slopes.natural_gradient(site)).transpose()?;
        Ok(match (exact, drawn) {
            (Some(exact), Some(drawn)) => exact.iter().zip(&drawn).map(|(x, y)| x + y).collect(),
            (exact, drawn) => exact.or(drawn).unwrap_or_default(),
        })
    }

    pub fn bound(&self, joint: &ExponentialFamily) -> Result<f64, InferError> {
        let means = self.exact.iter().chain(&self.drawn).map(|slopes| slopes.mean);
        Ok(means.sum::<f64>() + joint.entropy()?)
    }
}

impl<M: Module> NaturalSvi<M> {
    /// The expected log-joint of a guide with its slopes.
    pub(super) fn moments<B>(&self, joint: &Joint, batch: &B) -> Result<Moments, InferError>
    where
        M: Program<B>,
    {
        let Joint { guide, conjugacy, .. } = joint;
        let (noise, count) = (self.noise_of_step(), self.count(guide)?);
        let nodes = guide.nodes(count, &mut noise.clone())?;
        let (mut fraction, mut exact, mut drawn) = (1.0, None, None);
        if conjugacy.some(true) {
            let points = Points::of(&nodes, count);
            let evaluated = Evaluated::at(&self.model, guide, batch, &points, &noise)?;
            fraction = evaluated.fraction();
            exact = Some(evaluated.slopes(|term| conjugacy.has(term))?);
        }
        if conjugacy.some(false) {
            let evaluated = Evaluated::drawn(&self.model, guide, batch, count, &noise)?;
            fraction = evaluated.fraction();
            drawn = Some(evaluated.slopes(|term| !conjugacy.has(term))?);
        }
        Ok(Moments { nodes, exact, drawn, fraction, discrete: evaluate::discrete(guide) })
    }
}
