//! Radial layers.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Noise, softplus};
use elbo_model::named_param;

use super::{Bijection, BijectionConfig, LayerSite};
use crate::GuideError;
use crate::family::per_row;
use crate::frame::take;

/// A radial layer: a stretch around a point.
///
/// `f(x) = x + β (x - c) / (α + r)`, `r = |x - c|`, `α = e^a`, `β = softplus(b) - α`;
/// `log |df/dx| = (d - 1) log (1 + β / (α + r)) + log (1 + α β / (α + r)²)`
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Bijection, BijectionConfig, LayerSite, RadialConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "radial".into() };
/// let layer = RadialConfig.init(&site, &mut Noise::new(0, &place)).unwrap();
/// let x = place.tensor(vec![1.0, -2.0], [1, 2]);
/// let (y, log_det) = layer.forward_and_log_det(x.clone());
/// assert!(log_det.into_scalar::<f64>().abs() < 1e-12); // the identity at the start
/// assert!((y - x).abs().max().into_scalar::<f64>() < 1e-12);
/// ```
///
/// # References
/// Rezende & Mohamed (2015), *Variational inference with normalizing flows*, equations 13-14 and appendix A.2.
#[derive(Module, Debug)]
pub struct Radial {
    centre: Param<Tensor<2>>,
    log_alpha: Param<Tensor<2>>,
    beta: Param<Tensor<2>>,
}

/// How a [`Radial`] is made: close to the identity, around a random point.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BijectionConfig, LayerSite, RadialConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 3, layer: 0, name: "radial".into() };
/// let layer = RadialConfig.init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 5); // `c`, `a` and `b`
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RadialConfig;

impl BijectionConfig for RadialConfig {
    type Bijection = Radial;

    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<Radial, GuideError> {
        let (r, name) = (site.restarts, &site.name);
        let centre = noise.split().normal([r, site.size]);
        // softplus(b) = α = 1 makes β next to 0, where the layer is the identity.
        let beta = site.place.zeros([r, 1]) + 1.0_f64.exp_m1().ln();
        Ok(Radial {
            centre: named_param(&format!("{name}.centre"), centre),
            log_alpha: named_param(&format!("{name}.log_alpha"), site.place.zeros([r, 1])),
            beta: named_param(&format!("{name}.beta"), beta),
        })
    }
}

impl Radial {
    /// `c`, `α` and `β` of each row.
    fn terms(&self, rows: usize) -> [Tensor<2>; 3] {
        let alpha = self.log_alpha.val().exp();
        let beta = softplus(self.beta.val()) - alpha.clone();
        [self.centre.val(), alpha, beta].map(|x| per_row(x, rows))
    }

    fn log_det(r: Tensor<2>, alpha: Tensor<2>, beta: Tensor<2>, d: usize) -> Tensor<2> {
        let h = (r + alpha.clone()).recip();
        let across = (beta.clone() * h.clone() + 1.0).log() * (d as f64 - 1.0);
        across + (alpha * beta * h.square() + 1.0).log()
    }
}

/// The length of each row, with a gradient at 0 too.
fn length(x: &Tensor<2>) -> Tensor<2> {
    (x.clone().square().sum_dim(1) + f64::from(f32::MIN_POSITIVE)).sqrt()
}

impl Bijection for Radial {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let [centre, alpha, beta] = self.terms(x.dims()[0]);
        let away = x.clone() - centre;
        x + away.clone() * (beta / (alpha + length(&away)))
    }

    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [rows, d] = x.dims();
        let [centre, alpha, beta] = self.terms(rows);
        let away = x.clone() - centre;
        let r = length(&away);
        let y = x + away * (beta.clone() / (alpha.clone() + r.clone()));
        (y, Self::log_det(r, alpha, beta, d))
    }

    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [rows, d] = y.dims();
        let [centre, alpha, beta] = self.terms(rows);
        let away = y - centre.clone();
        let length = length(&away);
        // r + β r / (α + r) = ρ is a quadratic equation in r.
        let half = (length.clone() - alpha.clone() - beta.clone()) * 0.5;
        let r = half.clone() + (half.square() + length * alpha.clone()).sqrt();
        let x = centre + away / (beta.clone() / (alpha.clone() + r.clone()) + 1.0);
        (x, -Self::log_det(r, alpha, beta, d))
    }

    fn restart(&self, restart: usize) -> Self {
        Self {
            centre: take(&self.centre, restart),
            log_alpha: take(&self.log_alpha, restart),
            beta: take(&self.beta, restart),
        }
    }
}
