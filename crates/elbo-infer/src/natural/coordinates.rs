//! Coordinate ascent over programs.

use burn::module::Module;
use elbo_conjugate::Coordinates;
use elbo_model::Program;

use super::{Joint, NaturalSvi, names_of};
use crate::InferError;

/// The factors are the guide's sites, from the last to the first; what is local to the data is at its optimum given them.
impl<B, M: Program<B> + Module> Coordinates<B> for NaturalSvi<M> {
    type Error = InferError;

    fn factors(&self) -> usize {
        self.guide.sites().count()
    }

    fn update(&mut self, factor: usize, data: &B) -> Result<(), InferError> {
        let mut joint = self.conjugate(data)?;
        let site = names_of(&self.guide).into_iter().rev().nth(factor).unwrap_or_default();
        let optimum = self.moments(&joint, data)?.optimum(&site)?;
        joint.blend(&site, &optimum, 1.0)?;
        self.take(joint);
        Ok(())
    }

    fn bound(&self, data: &B) -> Result<f64, InferError> {
        let joint = self.conjugate(data)?;
        self.moments(&joint, data)?.bound(&joint.guide)
    }
}

impl<M: Module> NaturalSvi<M> {
    /// The guide with what is local to the data, if all terms are conjugate.
    fn conjugate<B>(&self, data: &B) -> Result<Joint, InferError>
    where
        M: Program<B>,
    {
        let joint = self.joint(data)?;
        match joint.conjugacy.fault() {
            None => Ok(joint),
            Some((site, term)) => {
                let (site, term) = (site.to_string(), term.to_string());
                Err(InferError::NotConjugate { site, term })
            }
        }
    }
}
