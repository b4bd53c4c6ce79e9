//! The networks of couplings.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::Noise;
use elbo_model::named_param;

use super::LayerSite;
use crate::GuideError;
use crate::family::{apply, per_row};
use crate::frame::take;

/// A network of layers `tanh(W x + b)`, the last one without `tanh`, for `R` members at once.
///
/// The last layer starts at 0, so that a coupling starts as the identity.
///
/// # Shapes
/// `[R S, in]` to `[R S, out]`.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{AffineCouplingConfig, Bijection, BijectionConfig, LayerSite};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "coupling".into() };
/// let layer = AffineCouplingConfig::new([4]).init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 18); // 4 weights and 4 biases, then 8 weights and 2 biases
/// let moved = layer.forward(place.tensor(vec![3.0, 5.0], [1, 2])).narrow(1, 1, 1);
/// assert!((moved.into_scalar::<f64>() - 5.0).abs() < 1e-12);
/// ```
#[derive(Module, Debug)]
pub struct Mlp {
    /// `[R, out, in]`
    weights: Vec<Param<Tensor<3>>>,
    /// `[R, out]`
    biases: Vec<Param<Tensor<2>>>,
    /// `[1, out, in]`, where some connections are missing.
    #[module(skip)]
    masks: Vec<Tensor<3>>,
}

impl Mlp {
    /// A network with so many inputs and outputs and hidden layers of these widths, for a layer of a flow.
    pub(crate) fn new(
        layer: &'static str,
        site: &LayerSite,
        [inputs, outputs]: [usize; 2],
        hidden: &[usize],
        noise: &mut Noise,
    ) -> Result<Self, GuideError> {
        if hidden.contains(&0) {
            let (needs, found) = ("hidden layers of 1 unit or more", format!("{hidden:?}"));
            return Err(GuideError::Layer { layer, needs, found });
        }
        let sizes = [&[inputs], hidden, &[outputs]].concat();
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for (depth, pair) in sizes.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let last = depth + 2 == sizes.len();
            let shape = [site.restarts, outputs, inputs];
            let weight = match last || inputs == 0 {
                true => site.place.zeros(shape),
                false => noise.split().normal(shape) * (inputs as f64).sqrt().recip(),
            };
            let name = format!("{}.{depth}", site.name);
            weights.push(named_param(&format!("{name}.weight"), weight));
            let bias = site.place.zeros([site.restarts, outputs]);
            biases.push(named_param(&format!("{name}.bias"), bias));
        }
        Ok(Self { weights, biases, masks: Vec::new() })
    }

    /// With only those connections from input `i` to output `o` of each layer for which `keep(layer, o, i)` holds.
    pub(crate) fn masked(
        self,
        site: &LayerSite,
        keep: impl Fn(usize, usize, usize) -> bool,
    ) -> Self {
        let mask = |(layer, weight): (usize, &Param<Tensor<3>>)| {
            let [_, outputs, inputs] = weight.val().dims();
            let ones = (0..outputs * inputs)
                .map(|at| f64::from(u8::from(keep(layer, at / inputs, at % inputs))))
                .collect();
            site.place.tensor(ones, [1, outputs, inputs])
        };
        let masks = self.weights.iter().enumerate().map(mask).collect();
        Self { masks, ..self }
    }

    /// `[R S, in]` to `[R S, out]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let rows = x.dims()[0];
        let mut x = x;
        for (depth, (weight, bias)) in self.weights.iter().zip(&self.biases).enumerate() {
            let weight = match self.masks.get(depth) {
                Some(mask) => weight.val() * mask.clone(),
                None => weight.val(),
            };
            let bias = per_row(bias.val(), rows);
            let inner = match weight.dims()[2] {
                0 => bias.expand([rows, weight.dims()[1]]),
                _ => apply(weight, x) + bias,
            };
            x = if depth + 1 < self.weights.len() { inner.tanh() } else { inner };
        }
        x
    }

    pub(crate) fn restart(&self, restart: usize) -> Self {
        Self {
            weights: self.weights.iter().map(|weight| take(weight, restart)).collect(),
            biases: self.biases.iter().map(|bias| take(bias, restart)).collect(),
            masks: self.masks.clone(),
        }
    }
}
