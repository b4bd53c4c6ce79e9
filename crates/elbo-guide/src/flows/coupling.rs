//! Affine coupling layers.

use burn::module::Module;
use burn::tensor::Tensor;
use elbo_dist::Noise;

use super::{Bijection, BijectionConfig, LayerSite, Mlp};
use crate::GuideError;

/// An affine coupling layer: one half of the coordinates moves and scales the other half.
///
/// `y₁ = x₁`, `y₂ = x₂ e^{s(x₁)} + t(x₁)`; `log |df/dx| = Σ s(x₁)`
///
/// The scales are bounded, `s = b tanh(s̃ / b)`, which keeps flows of many layers stable.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{AffineCouplingConfig, Bijection, BijectionConfig, LayerSite};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 3, layer: 0, name: "coupling".into() };
/// let layer = AffineCouplingConfig::new([8]).init(&site, &mut Noise::new(0, &place)).unwrap();
/// let x = place.tensor(vec![1.0, -2.0, 0.5], [1, 3]);
/// let (y, log_det) = layer.forward_and_log_det(x.clone());
/// assert!(log_det.into_scalar::<f64>().abs() < 1e-12); // the identity at the start
/// assert!((y - x).abs().max().into_scalar::<f64>() < 1e-12);
/// ```
///
/// # References
/// Dinh, Sohl-Dickstein & Bengio (2017), *Density estimation using Real NVP*, equations 7-8; Andrade (2024), *Stable
/// training of normalizing flows for high-dimensional variational inference*, for bounded scales.
#[derive(Module, Debug)]
pub struct AffineCoupling {
    network: Mlp,
    #[module(skip)]
    halves: Halves,
}

/// How an [`AffineCoupling`] is made: as the identity.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{AffineCouplingConfig, BijectionConfig, LayerSite};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "coupling".into() };
/// let layer = AffineCouplingConfig::new([8]).init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 34); // 1·8 + 8 of the hidden layer, 8·2 + 2 of the last
/// ```
#[derive(Clone, Debug)]
pub struct AffineCouplingConfig {
    hidden: Vec<usize>,
}

impl AffineCouplingConfig {
    /// With hidden layers of these widths.
    pub fn new(hidden: impl Into<Vec<usize>>) -> Self {
        Self { hidden: hidden.into() }
    }
}

/// Which half of the coordinates stays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Halves {
    size: usize,
    /// Whether the first half stays.
    pub first_stays: bool,
}

impl Halves {
    pub fn of(site: &LayerSite) -> Self {
        Self { size: site.size, first_stays: site.layer.is_multiple_of(2) }
    }

    /// The coordinates that stay: half of them, or none of one.
    pub fn stays(&self) -> usize {
        if self.first_stays { self.size / 2 } else { self.size - self.size.div_ceil(2).max(1) }
    }

    pub fn moves(&self) -> usize {
        self.size - self.stays()
    }

    /// What stays and what moves.
    pub fn split(&self, x: &Tensor<2>) -> [Tensor<2>; 2] {
        let (stays, moves) = (self.stays(), self.moves());
        match (stays, self.first_stays) {
            (0, _) => [x.clone(), x.clone()],
            (_, true) => [x.clone().narrow(1, 0, stays), x.clone().narrow(1, stays, moves)],
            (_, false) => [x.clone().narrow(1, moves, stays), x.clone().narrow(1, 0, moves)],
        }
    }

    pub fn join(&self, stays: Tensor<2>, moved: Tensor<2>) -> Tensor<2> {
        match (self.stays(), self.first_stays) {
            (0, _) => moved,
            (_, true) => Tensor::cat(vec![stays, moved], 1),
            (_, false) => Tensor::cat(vec![moved, stays], 1),
        }
    }
}

impl BijectionConfig for AffineCouplingConfig {
    type Bijection = AffineCoupling;

    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<AffineCoupling, GuideError> {
        let halves = Halves::of(site);
        let sizes = [halves.stays(), 2 * halves.moves()];
        let network = Mlp::new("AffineCoupling", site, sizes, &self.hidden, noise)?;
        Ok(AffineCoupling { network, halves })
    }
}

/// The bound of log-scales.
pub(crate) const LARGEST_LOG_SCALE: f64 = 2.0;

/// Log-scales within the bound, and moves.
pub(crate) fn bounded(found: Tensor<2>, size: usize) -> [Tensor<2>; 2] {
    let log_scale = found.clone().narrow(1, 0, size);
    let log_scale = (log_scale * LARGEST_LOG_SCALE.recip()).tanh() * LARGEST_LOG_SCALE;
    [log_scale, found.narrow(1, size, size)]
}

impl AffineCoupling {
    fn terms(&self, stays: &Tensor<2>) -> [Tensor<2>; 2] {
        bounded(self.network.forward(stays.clone()), self.halves.moves())
    }
}

impl Bijection for AffineCoupling {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let [stays, moves] = self.halves.split(&x);
        let [log_scale, shift] = self.terms(&stays);
        self.halves.join(stays, moves * log_scale.exp() + shift)
    }

    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [stays, moves] = self.halves.split(&x);
        let [log_scale, shift] = self.terms(&stays);
        let moved = moves * log_scale.clone().exp() + shift;
        (self.halves.join(stays, moved), log_scale.sum_dim(1))
    }

    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [stays, moved] = self.halves.split(&y);
        let [log_scale, shift] = self.terms(&stays);
        let moves = (moved - shift) * (-log_scale.clone()).exp();
        (self.halves.join(stays, moves), -log_scale.sum_dim(1))
    }

    fn restart(&self, restart: usize) -> Self {
        Self { network: self.network.restart(restart), halves: self.halves }
    }
}
