//! Planar layers.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Noise, softplus};
use elbo_model::named_param;

use super::{Bijection, BijectionConfig, LayerSite};
use crate::GuideError;
use crate::family::per_row;
use crate::frame::take;

/// A planar layer: a stretch across a plane.
///
/// `f(x) = x + û tanh(w·x + b)`, `û = u + (softplus(w·u) - 1 - w·u) w / |w|²`;
/// `log |df/dx| = log (1 + (1 - tanh²) w·û)`
///
/// The inverse solves one equation in one unknown a vector, by bisection.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Bijection, BijectionConfig, LayerSite, PlanarConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "planar".into() };
/// let layer = PlanarConfig.init(&site, &mut Noise::new(0, &place)).unwrap();
/// let x = place.tensor(vec![1.0, -2.0], [1, 2]);
/// let (y, log_det) = layer.forward_and_log_det(x.clone());
/// assert!(log_det.into_scalar::<f64>().abs() < 1e-12); // the identity at the start
/// assert!((y - x).abs().max().into_scalar::<f64>() < 1e-12);
/// ```
///
/// # References
/// Rezende & Mohamed (2015), *Variational inference with normalizing flows*, equations 10-12 and appendix A.1.
#[derive(Module, Debug)]
pub struct Planar {
    u: Param<Tensor<2>>,
    w: Param<Tensor<2>>,
    b: Param<Tensor<2>>,
}

/// How a [`Planar`] is made: close to the identity, across a random plane.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BijectionConfig, LayerSite, PlanarConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 3, layer: 0, name: "planar".into() };
/// let layer = PlanarConfig.init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 7); // `u`, `w` and `b`
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanarConfig;

impl BijectionConfig for PlanarConfig {
    type Bijection = Planar;

    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<Planar, GuideError> {
        let (shape, name) = ([site.restarts, site.size], &site.name);
        // w·u = log(e - 1) makes û next to 0, where the layer is the identity.
        let w = noise.split().normal(shape);
        let square = w.clone().square().sum_dim(1);
        let u = w.clone() / square * 1.0_f64.exp_m1().ln();
        Ok(Planar {
            u: named_param(&format!("{name}.u"), u),
            w: named_param(&format!("{name}.w"), w),
            b: named_param(&format!("{name}.b"), site.place.zeros([site.restarts, 1])),
        })
    }
}

/// Halvings of the interval of the inverse: to the last digit of double precision.
const HALVINGS: usize = 60;

impl Planar {
    /// `û`, `w`, `b` and `w·û` of each row.
    fn terms(&self, rows: usize) -> [Tensor<2>; 4] {
        let (u, w) = (self.u.val(), self.w.val());
        let product = (w.clone() * u.clone()).sum_dim(1);
        let square = w.clone().square().sum_dim(1);
        let stretch = softplus(product.clone()) - 1.0;
        let u = u + w.clone() * ((stretch.clone() - product) / square);
        [u, w, self.b.val(), stretch].map(|x| per_row(x, rows))
    }

    /// `w·x` for `w·y = a`: the root of `t + c tanh(t + b) = a`, with its gradient by implicit differentiation.
    fn root(a: Tensor<2>, b: Tensor<2>, c: Tensor<2>) -> Tensor<2> {
        let [a0, b0, c0] = [a.clone(), b.clone(), c.clone()].map(Tensor::inner);
        let value = |t: Tensor<2>| t.clone() + c0.clone() * (t + b0.clone()).tanh();
        let mut low = a0.clone() - c0.clone().abs();
        let mut width = c0.clone().abs() * 2.0;
        for _ in 0..HALVINGS {
            width = width * 0.5;
            let middle = low.clone() + width.clone();
            let below = value(middle.clone()).lower(a0.clone());
            low = low.mask_where(below, middle);
        }
        let tanh = (low.clone() + b).tanh();
        let slope = (-tanh.clone().inner().square() + 1.0) * c0 + 1.0;
        low.clone() - (low + c * tanh - a) / slope
    }
}

impl Bijection for Planar {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let [u, w, b, _] = self.terms(x.dims()[0]);
        let tanh = ((x.clone() * w).sum_dim(1) + b).tanh();
        x + u * tanh
    }

    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [u, w, b, stretch] = self.terms(x.dims()[0]);
        let tanh = ((x.clone() * w).sum_dim(1) + b).tanh();
        let slope = -tanh.clone().square() + 1.0;
        (x + u * tanh, (slope * stretch + 1.0).log())
    }

    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [u, w, b, stretch] = self.terms(y.dims()[0]);
        let along = Self::root((y.clone() * w).sum_dim(1), b.clone(), stretch.clone());
        let tanh = (along + b).tanh();
        let slope = -tanh.clone().square() + 1.0;
        (y - u * tanh, -(slope * stretch + 1.0).log())
    }

    fn restart(&self, restart: usize) -> Self {
        Self { u: take(&self.u, restart), w: take(&self.w, restart), b: take(&self.b, restart) }
    }
}
