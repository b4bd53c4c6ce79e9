//! Normalizing flows.

mod autoregressive;
mod coupling;
mod flow;
mod mlp;
mod planar;
mod radial;
mod spline;

use crate::GuideError;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use elbo_dist::{Noise, Place};

pub use autoregressive::{InverseAutoregressive, InverseAutoregressiveConfig};
pub use coupling::{AffineCoupling, AffineCouplingConfig};
pub use flow::{Flow, FlowConfig};
pub use mlp::Mlp;
pub use planar::{Planar, PlanarConfig};
pub use radial::{Radial, RadialConfig};
pub use spline::{SplineCoupling, SplineCouplingConfig};

/// A bijection of vectors with parameters, for `R` members at once.
///
/// A pair of bijections is their composition, the first one first, and so is a vector of them.
///
/// # Shapes
/// Vectors are `[R S, d]`, the rows of the first member first; log-determinants are `[R S, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{AffineCouplingConfig, Bijection, BijectionConfig, LayerSite};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 2, size: 2, layer: 0, name: "flow".into() };
/// let both = AffineCouplingConfig::new([4]).init(&site, &mut Noise::new(0, &place)).unwrap();
/// let (y, log_det) = both.forward_and_log_det(place.tensor(vec![1.0, 2.0, 3.0, 4.0], [2, 2]));
/// assert_eq!(log_det.dims(), [2, 1]); // a row of each member
/// let (x, _) = both.restart(1).inverse_and_log_det(y.narrow(0, 1, 1));
/// assert!((x - place.tensor(vec![3.0, 4.0], [1, 2])).abs().max().into_scalar::<f64>() < 1e-12);
/// ```
pub trait Bijection: Module {
    /// `f(x)`.
    ///
    /// # Shapes
    /// `[R S, d]`.
    fn forward(&self, x: Tensor<2>) -> Tensor<2>;

    /// `f(x)` and `log |df/dx|`.
    ///
    /// # Shapes
    /// `[R S, d]` and `[R S, 1]`.
    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>);

    /// `f⁻¹(y)` and `log |df⁻¹/dy|`.
    ///
    /// # Shapes
    /// `[R S, d]` and `[R S, 1]`.
    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>);

    /// The member `restart` alone.
    ///
    /// # Panics
    /// If there is no such member.
    fn restart(&self, restart: usize) -> Self;
}

/// How a bijection starts: close to the identity.
///
/// `(n, config)` is `n` layers of a kind, and [`Then`] one kind after another.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Bijection, BijectionConfig, LayerSite, PlanarConfig, RadialConfig, Then};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "flow".into() };
/// let config = Then((3, PlanarConfig), RadialConfig);
/// let layers = config.init(&site, &mut Noise::new(0, &place)).unwrap();
/// let (_, log_det) = layers.forward_and_log_det(place.tensor(vec![1.0, -2.0], [1, 2]));
/// assert!(log_det.into_scalar::<f64>().abs() < 1e-12);
/// ```
pub trait BijectionConfig {
    /// The bijection.
    type Bijection: Bijection;

    /// The bijection of vectors of `site.size` numbers.
    ///
    /// # Errors
    /// [`GuideError::Layer`] if the layer cannot be what is asked for.
    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<Self::Bijection, GuideError>;
}

/// What a layer is made for.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BijectionConfig, LayerSite, PlanarConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 3, size: 2, layer: 0, name: "planar".into() };
/// let layer = PlanarConfig.init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 15); // three members of 2 + 2 + 1 numbers
/// ```
#[derive(Clone, Debug)]
pub struct LayerSite {
    /// Where its parameters are made.
    pub place: Place,
    /// The number of members `R`.
    pub restarts: usize,
    /// The length `d` of the vectors.
    pub size: usize,
    /// Its position among the layers of its kind, by which couplings take turns.
    pub layer: usize,
    /// A name that no other layer of the flow has.
    pub name: String,
}

impl LayerSite {
    /// The place of a part.
    fn part(&self, layer: usize, name: &str) -> Self {
        Self { layer, name: format!("{}.{name}", self.name), ..self.clone() }
    }
}

impl<L: Bijection + ModuleDisplay> Bijection for Vec<L> {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.iter().fold(x, |x, layer| layer.forward(x))
    }

    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let first = x.clone().inner().narrow(1, 0, 1).zeros_like();
        self.iter().fold((x, first), |(x, sum), layer| {
            let (y, log_det) = layer.forward_and_log_det(x);
            (y, sum + log_det)
        })
    }

    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let first = y.clone().inner().narrow(1, 0, 1).zeros_like();
        self.iter().rev().fold((y, first), |(y, sum), layer| {
            let (x, log_det) = layer.inverse_and_log_det(y);
            (x, sum + log_det)
        })
    }

    fn restart(&self, restart: usize) -> Self {
        self.iter().map(|layer| layer.restart(restart)).collect()
    }
}

impl<A: Bijection + ModuleDisplay, B: Bijection + ModuleDisplay> Bijection for (A, B) {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.1.forward(self.0.forward(x))
    }

    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let (x, first) = self.0.forward_and_log_det(x);
        let (y, second) = self.1.forward_and_log_det(x);
        (y, first + second)
    }

    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let (y, second) = self.1.inverse_and_log_det(y);
        let (x, first) = self.0.inverse_and_log_det(y);
        (x, first + second)
    }

    fn restart(&self, restart: usize) -> Self {
        (self.0.restart(restart), self.1.restart(restart))
    }
}

/// So many layers of a kind.
impl<C: BijectionConfig> BijectionConfig for (usize, C)
where
    C::Bijection: ModuleDisplay,
{
    type Bijection = Vec<C::Bijection>;

    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<Self::Bijection, GuideError> {
        let layer = |layer: usize| self.1.init(&site.part(layer, &layer.to_string()), noise);
        (0..self.0).map(layer).collect()
    }
}

/// One flow after another.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BijectionConfig, LayerSite, PlanarConfig, RadialConfig, Then};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "flow".into() };
/// let layer = Then(PlanarConfig, RadialConfig).init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 9); // 5 of the planar layer and 4 of the radial one
/// ```
#[derive(Clone, Debug)]
pub struct Then<A, B>(pub A, pub B);

impl<A: BijectionConfig, B: BijectionConfig> BijectionConfig for Then<A, B>
where
    A::Bijection: ModuleDisplay,
    B::Bijection: ModuleDisplay,
{
    type Bijection = (A::Bijection, B::Bijection);

    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<Self::Bijection, GuideError> {
        let first = self.0.init(&site.part(site.layer, "first"), noise)?;
        Ok((first, self.1.init(&site.part(site.layer, "second"), noise)?))
    }
}
