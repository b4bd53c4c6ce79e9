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
    fn restart(&self, restart: usize) -> Self;
}

/// How a bijection starts: close to the identity.
pub trait BijectionConfig {
    /// The bijection.
    type Bijection: Bijection;

    /// The bijection of vectors of `site.size` numbers.
    ///
    /// # Errors
    /// [`GuideError::Layer`]
    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<Self::Bijection, GuideError>;
}

/// What a layer is made for.
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
