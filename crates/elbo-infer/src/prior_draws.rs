//! Draws of the prior beside those of a posterior.

use burn::module::Module;
use elbo_dist::DistError;
use elbo_model::{Latents, ModelError, Predictive, Program};

use crate::fault::is_of_numbers;
use crate::{InferError, Posterior};

impl<M: Module, G: Module> Posterior<M, G> {
    /// Draws of the prior; none where a part of it is improper, or where some of them lead a parameter out of its domain.
    pub(crate) fn prior_draws<B>(
        &self,
        data: &B,
        draws: usize,
    ) -> Result<Option<Latents>, InferError>
    where
        M: Program<B>,
    {
        let noise = self.noise().site("prior");
        where_there_is_one(Predictive::new(self.model(), data).prior(draws, &noise))
    }
}

fn where_there_is_one(draws: Result<Latents, ModelError>) -> Result<Option<Latents>, InferError> {
    match draws {
        Ok(draws) => Ok(Some(draws)),
        Err(ModelError::Distribution { source: DistError::Improper { .. }, .. }) => Ok(None),
        Err(error) if is_of_numbers(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(source: DistError) -> Result<Latents, ModelError> {
        Err(ModelError::Distribution { site: "z".into(), source })
    }

    #[test]
    fn an_improper_prior_has_no_draws() {
        let improper = fault(DistError::Improper { distribution: "Flat" });
        assert!(where_there_is_one(improper).unwrap().is_none());
    }

    #[test]
    fn what_is_wrong_with_a_program_is_told() {
        let particles = DistError::Particles { distribution: "Normal", asked: 400, found: 3 };
        let error = where_there_is_one(fault(particles)).unwrap_err();
        assert!(error.to_string().starts_with("\"z\": Normal: 400 particles"), "{error}");
        let error = where_there_is_one(Err(ModelError::DuplicateSite { site: "z".into() }));
        assert!(matches!(error, Err(InferError::Model(ModelError::DuplicateSite { .. }))));
    }
}
