//! Priors of the parameters of a network.

use std::fmt;
use std::sync::Arc;

use burn::tensor::{Float, Tensor};
use elbo_dist::Distribution;

use crate::checks::shape_error;
use crate::{ModelError, Trace};

/// Draws a site of a shape that is known later.
type Sample<const D: usize> = dyn Fn(&mut Trace, &str, [usize; D]) -> Tensor<D> + Send + Sync;

/// The prior of a network's parameters: any distribution of numbers, of which each parameter takes independent copies.
#[derive(Clone)]
pub(crate) struct Prior<const D: usize> {
    name: &'static str,
    sample: Arc<Sample<D>>,
}

impl<const D: usize> Prior<D> {
    pub fn new(of_each: impl Distribution<D, Kind = Float>) -> Self {
        let name = of_each.name();
        let sample = move |t: &mut Trace, site: &str, shape: [usize; D]| {
            t.sample(site, of_each.clone().iid(shape))
        };
        Self { name, sample: Arc::new(sample) }
    }

    /// Draws weights of `shape`; the run ends with an error inside a plate, whose rows would all have weights of their own, and
    /// where the prior is not that of a number.
    pub fn sample(&self, t: &mut Trace, site: &str, shape: [usize; D]) -> Tensor<D> {
        if let Some(plate) = t.plates.last().map(|plate| plate.name.to_string()) {
            let site = site.to_string();
            t.refuse(ModelError::WeightsInPlate { site, plate });
        }
        let drawn = (self.sample)(t, site, shape);
        let found = drawn.dims();
        if found[1..] == shape[1..] {
            return drawn;
        }
        t.refuse(shape_error(site, self.name, shape, found));
        t.place().zeros(shape)
    }
}

impl<const D: usize> fmt::Debug for Prior<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
