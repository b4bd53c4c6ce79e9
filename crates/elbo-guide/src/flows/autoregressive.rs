//! Inverse autoregressive layers.

use burn::module::Module;
use burn::tensor::Tensor;
use elbo_dist::Noise;

use super::coupling::bounded;
use super::{Bijection, BijectionConfig, LayerSite, Mlp};
use crate::GuideError;

/// An inverse autoregressive layer: every coordinate is moved and scaled by those before it.
///
/// `yᵢ = xᵢ e^{sᵢ(x₁..xᵢ₋₁)} + tᵢ(x₁..xᵢ₋₁)`; `log |df/dx| = Σ s`
///
/// Forward it takes one run of its network. The inverse, which the density at other points than its own draws asks for
/// (and so a bound whose gradient goes through the draws alone), takes `d` of them.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Bijection, BijectionConfig, InverseAutoregressiveConfig, LayerSite};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 3, layer: 0, name: "autoregressive".into() };
/// let layer = InverseAutoregressiveConfig::new([8]).init(&site, &mut Noise::new(0, &place)).unwrap();
/// let x = place.tensor(vec![1.0, -2.0, 0.5], [1, 3]);
/// let (y, log_det) = layer.forward_and_log_det(x.clone());
/// assert!(log_det.into_scalar::<f64>().abs() < 1e-12); // the identity at the start
/// assert!((y - x).abs().max().into_scalar::<f64>() < 1e-12);
/// ```
///
/// # References
/// Kingma et al. (2016), *Improved variational inference with inverse autoregressive flow*, algorithm 1; Germain et al.
/// (2015), for the masks.
#[derive(Module, Debug)]
pub struct InverseAutoregressive {
    network: Mlp,
    #[module(skip)]
    size: usize,
    #[module(skip)]
    reversed: bool,
}

/// How an [`InverseAutoregressive`] is made: as the identity.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BijectionConfig, InverseAutoregressiveConfig, LayerSite};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "autoregressive".into() };
/// let layer = InverseAutoregressiveConfig::new([8]).init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 60); // 2·8 + 8 of the hidden layer, 8·4 + 4 of the last
/// ```
#[derive(Clone, Debug)]
pub struct InverseAutoregressiveConfig {
    hidden: Vec<usize>,
}

impl InverseAutoregressiveConfig {
    /// With hidden layers of these widths.
    pub fn new(hidden: impl Into<Vec<usize>>) -> Self {
        Self { hidden: hidden.into() }
    }
}

impl BijectionConfig for InverseAutoregressiveConfig {
    type Bijection = InverseAutoregressive;

    fn init(
        &self,
        site: &LayerSite,
        noise: &mut Noise,
    ) -> Result<InverseAutoregressive, GuideError> {
        let d = site.size;
        let last = self.hidden.len();
        // A unit of degree g sees coordinates up to g; coordinate i is changed by units of a degree below i.
        let degree = |depth: usize, unit: usize| match depth {
            0 => unit + 1,
            _ => unit % (d - 1).max(1) + 1,
        };
        let network = Mlp::new("InverseAutoregressive", site, [d, 2 * d], &self.hidden, noise)?
            .masked(site, |layer, output, input| match layer == last {
                true => output % d + 1 > degree(layer, input),
                false => degree(layer + 1, output) >= degree(layer, input),
            });
        Ok(InverseAutoregressive { network, size: d, reversed: site.layer % 2 == 1 })
    }
}

impl InverseAutoregressive {
    fn terms(&self, x: Tensor<2>) -> [Tensor<2>; 2] {
        bounded(self.network.forward(x), self.size)
    }

    /// The coordinates in the order in which they depend on each other, and back.
    fn ordered(&self, x: Tensor<2>) -> Tensor<2> {
        if self.reversed { x.flip([1]) } else { x }
    }
}

impl Bijection for InverseAutoregressive {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.ordered(x);
        let [log_scale, shift] = self.terms(x.clone());
        self.ordered(x * log_scale.exp() + shift)
    }

    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let x = self.ordered(x);
        let [log_scale, shift] = self.terms(x.clone());
        let y = x * log_scale.clone().exp() + shift;
        (self.ordered(y), log_scale.sum_dim(1))
    }

    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let y = self.ordered(y);
        // After k rounds the first k coordinates are exact.
        let mut x = y.clone();
        for _ in 0..self.size {
            let [log_scale, shift] = self.terms(x);
            x = (y.clone() - shift) * (-log_scale).exp();
        }
        let [log_scale, _] = self.terms(x.clone());
        (self.ordered(x), -log_scale.sum_dim(1))
    }

    fn restart(&self, restart: usize) -> Self {
        Self { network: self.network.restart(restart), size: self.size, reversed: self.reversed }
    }
}
