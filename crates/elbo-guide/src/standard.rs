//! The standard normal.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::Noise;

use crate::Family;
use crate::family::{standard_log_prob, standard_noise};

/// The family of one member: the standard normal, which a guide's fixed coordinates make any other.
#[derive(Module, Debug)]
pub struct Standard {
    /// `[R, d]` zeros, of which only the shape counts.
    origin: Param<Tensor<2>>,
}

impl Standard {
    pub(crate) fn new(origin: Tensor<2>) -> Self {
        let origin = elbo_model::named_param("standard.origin", origin).set_require_grad(false);
        Self { origin }
    }
}

impl Family for Standard {
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2> {
        standard_noise(&self.origin, particles, noise)
    }

    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let z = self.sample(particles, noise);
        (z.clone(), self.log_prob(z))
    }

    fn log_prob(&self, z: Tensor<2>) -> Tensor<2> {
        standard_log_prob(z)
    }

    fn restarts(&self) -> usize {
        self.origin.val().dims()[0]
    }

    fn restart(&self, restart: usize) -> Self {
        Self::new(self.origin.val().inner().narrow(0, restart, 1))
    }
}
