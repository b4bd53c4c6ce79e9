//! What a run leaves.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_dist::{Distribution, Place, Support, with_particles};

use crate::checks::shape_error;
use crate::mask::Mask;
use crate::{Latents, LogTerms, ModelError, Params, Plate, Role, Site, Value};

/// The name of the distribution with a mask of its own.
pub(crate) const MASKED: &str = "Masked";

/// What a finished run leaves.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The log-density of each site.
    pub terms: LogTerms,
    /// The values of latent, deterministic and simulated sites, unless only scores were asked for.
    pub values: Latents,
    /// The names of the latents, in the order in which they were sampled.
    pub latents: Vec<Arc<str>>,
    pub(crate) sites: Vec<Site>,
    pub(crate) inputs: Vec<(Arc<str>, Vec<f64>)>,
    pub(crate) params: Params,
}

/// What a run collects.
#[derive(Default)]
pub(crate) struct Record {
    pub terms: LogTerms,
    values: Vec<(Arc<str>, Value, Option<Support>)>,
    sites: Vec<Site>,
    inputs: Vec<(Arc<str>, Vec<f64>)>,
    params: Params,
    /// Whether values are kept.
    pub keep_values: bool,
    /// Whether sites are described, which reads what they are given to the host.
    pub keep_sites: bool,
}

impl Record {
    pub fn finish(self, place: &Place) -> Traced {
        let mut values = Latents::new(place.clone());
        for (name, value, support) in self.values {
            values.insert_value(name, value, support);
        }
        let Self { terms, sites, inputs, params, .. } = self;
        Traced { terms, values, latents: Vec::new(), sites, inputs, params }
    }

    pub fn value(
        &mut self,
        name: &Arc<str>,
        value: impl FnOnce() -> Value,
        support: Option<Support>,
    ) {
        if self.keep_values {
            self.values.push((name.clone(), value(), support));
        }
    }

    /// Describes a site that has a distribution, and keeps the distribution's parameters.
    pub fn drawn<const D: usize, P: Distribution<D>>(
        &mut self,
        name: &Arc<str>,
        role: Role,
        shape: [usize; D],
        distribution: &P,
        plates: &[Plate],
    ) {
        if !self.keep_sites {
            return;
        }
        let (support, kind) = (distribution.support(), distribution.name());
        self.site(name, role, shape, support, kind, plates);
        let parameters = distribution.parameters();
        let tensors = parameters.iter().filter(|parameter| parameter.value.number().is_none());
        let inputs = tensors.flat_map(|parameter| parameter.value.numbers()).collect();
        self.inputs.push((name.clone(), inputs));
    }

    /// Keeps numbers that a described site depends on besides its parameters.
    pub fn input(&mut self, name: &Arc<str>, numbers: impl FnOnce() -> Vec<f64>) {
        if let Some((known, inputs)) = self.inputs.last_mut()
            && self.keep_sites
            && known == name
        {
            inputs.extend(numbers());
        }
    }

    /// Keeps that a mask lies over the described site, and the mask.
    pub fn masked(&mut self, name: &Arc<str>, mask: &Mask) {
        self.input(name, || mask.numbers());
        if let Some(site) = self.sites.last_mut().filter(|site| site.name == *name) {
            site.is_masked = true;
        }
    }

    /// Describes a site that is a tensor of the program's own, and keeps it.
    pub fn computed<const D: usize>(
        &mut self,
        name: &Arc<str>,
        role: Role,
        value: &Tensor<D>,
        plates: &[Plate],
    ) {
        if self.keep_sites {
            self.site(name, role, value.dims(), Support::Real, "", plates);
            self.inputs.push((name.clone(), Value::new(value.clone()).to_vec()));
        }
    }

    /// Describes a parameter, and keeps its start on the real line.
    pub fn param<const D: usize>(
        &mut self,
        name: &Arc<str>,
        initial: &Tensor<D>,
        support: Support,
        plates: &[Plate],
    ) -> Result<(), ModelError> {
        if !self.keep_sites {
            return Ok(());
        }
        self.site(name, Role::Param, initial.dims(), support, "", plates);
        let param = || name.to_string();
        if D <= support.event_shape().len() || !initial.dims().ends_with(&support.event_shape()) {
            let axes = D.saturating_sub(support.event_shape().len()).max(1);
            let expected = [vec![1; axes], support.event_shape()];
            return Err(shape_error(name, "param", expected.concat(), initial.dims()));
        }
        let Some(transform) = support.from_real::<D>() else {
            return Err(ModelError::ParamSupport { param: param(), support });
        };
        let (flat, _) = transform.inverse_and_log_det(initial.clone().inner());
        if let Some((index, _)) = Value::new(flat.clone()).find(|z| !z.is_finite()) {
            let value = Value::new(initial.clone()).at(&index);
            return Err(ModelError::ParamStart { param: param(), support, value, index });
        }
        let size = flat.dims().iter().product();
        self.params.insert(name, support, flat.reshape([1, size]));
        Ok(())
    }

    fn site<const D: usize>(
        &mut self,
        name: &Arc<str>,
        role: Role,
        shape: [usize; D],
        support: Support,
        distribution: &'static str,
        plates: &[Plate],
    ) {
        let (name, plates) = (name.clone(), plates.to_vec());
        let shape = with_particles(shape, 1).to_vec();
        let is_masked = distribution == MASKED;
        self.sites.push(Site { name, role, shape, support, plates, distribution, is_masked });
    }
}
