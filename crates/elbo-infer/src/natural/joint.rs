//! What is local to a batch.

use std::sync::Arc;

use burn::module::Module;
use elbo_guide::{ExponentialFamily, GuideError};
use elbo_model::{Layout, Program, Site};

use super::evaluate::Points;
use super::{Conjugacy, NaturalSvi, names_of};
use crate::{InferError, gradients};

/// The most passes over what is local to a batch.
const ROUNDS: usize = 100;

/// A change of natural parameters, relative to their size, that is none.
const SETTLED: f64 = 1e-5;

/// A guide with what is local to a batch.
#[derive(Clone)]
pub(super) struct Joint {
    pub guide: ExponentialFamily,
    pub local: Vec<String>,
    pub conjugacy: Arc<Conjugacy>,
}

impl Joint {
    /// A step of a site; the number of its parts whose step was shorter.
    pub fn blend(&mut self, site: &str, optimum: &[f64], rate: f64) -> Result<usize, GuideError> {
        let (guide, shortened) = self.guide.clone().blended(site, optimum, rate)?;
        self.guide = guide;
        Ok(shortened)
    }

    /// The guide without what is local.
    pub fn own(&self) -> ExponentialFamily {
        let own = self.guide.only(|site| !self.local.contains(&site.name.to_string()));
        own.expect("a guide has latents")
    }
}

impl<M: Module> NaturalSvi<M> {
    /// The guide with the optimum of what is local to the batch.
    pub(super) fn joint<B>(&self, batch: &B) -> Result<Joint, InferError>
    where
        M: Program<B>,
    {
        if gradients::has_trained(&self.model.clone().train()) {
            return Err(InferError::TrainedModel);
        }
        if let (true, Some(known)) = (self.is_whole, &self.conjugacy) {
            let (guide, conjugacy) = (self.guide.clone(), known.clone());
            return Ok(Joint { guide, local: Vec::new(), conjugacy });
        }
        let layout = Layout::discover(&self.model, batch, &self.noise.at_step(self.step))?;
        let is_own = |name: &str| self.guide.sites().any(|site| &*site.name == name);
        let is_astray = |site: &&Site| !is_own(&site.name) && site.plates.is_empty();
        if let Some(site) = layout.latents().find(is_astray) {
            return Err(InferError::NotLocal { site: site.name.to_string() });
        }
        let (mut guide, mut local) = (self.guide.clone(), Vec::new());
        if layout.latents().any(|site| !is_own(&site.name)) {
            let rest = ExponentialFamily::of_batch(&layout.of_latents(|name| !is_own(name)))?;
            local = names_of(&rest);
            guide = guide.joined(&rest);
        }
        let conjugacy = match &self.conjugacy {
            Some(known) => known.clone(),
            None => Arc::new(self.looked_for(&guide, batch)?),
        };
        self.settled(Joint { guide, local, conjugacy }, batch)
    }

    fn looked_for<B>(&self, guide: &ExponentialFamily, batch: &B) -> Result<Conjugacy, InferError>
    where
        M: Program<B>,
    {
        let (noise, count) = (self.noise_of_step(), self.count(guide)?);
        let points = Points::of(&guide.nodes(count, &mut noise.clone())?, count);
        Conjugacy::of(&self.model, guide, batch, &points, &noise)
    }

    /// The optimum of what is local given the others: a pass for one site, or passes until nothing changes.
    fn settled<B>(&self, mut joint: Joint, batch: &B) -> Result<Joint, InferError>
    where
        M: Program<B>,
    {
        let rounds = if joint.local.len() == 1 { 1 } else { ROUNDS };
        for _ in 0..rounds {
            let mut change = 0.0_f64;
            for site in joint.local.clone().iter().rev() {
                let before = joint.guide.natural(site)?;
                let optimum = self.moments(&joint, batch)?.optimum(site)?;
                joint.blend(site, &optimum, 1.0)?;
                let pairs = before.iter().zip(&optimum);
                change =
                    pairs.fold(change, |most, (x, y)| most.max((x - y).abs() / (1.0 + y.abs())));
            }
            if change < SETTLED {
                break;
            }
        }
        Ok(joint)
    }
}
