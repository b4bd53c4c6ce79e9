//! The standard normal.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::Noise;

use crate::Family;
use crate::family::{standard_log_prob, standard_noise};

/// The family of one member: the standard normal, which a guide's fixed coordinates make any other.
///
/// `log q(u) = -½ |u|² - d/2 log 2π`
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Family, LaplaceApproximation};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(3.0, 2.0));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let guide = LaplaceApproximation::new(&layout, &model, &(), &mut noise).unwrap();
/// let log_q: f64 = guide.family().log_prob(place.zeros([1, 1])).into_scalar();
/// assert!((log_q + 0.918_939).abs() < 1e-6); // u = (z - 3) / 2 is standard
/// ```
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
