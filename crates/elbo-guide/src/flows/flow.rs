//! The family that a flow makes of the standard normal.

use burn::module::{Module, ModuleDisplay, ModuleMapper, Param};
use burn::tensor::{Float, Tensor};
use elbo_dist::{DistError, Distribution, Noise, Parameter, Support, TensorMap};
use elbo_model::named_param;

use super::{Bijection, BijectionConfig, LayerSite};
use crate::family::{per_row, standard_log_prob, standard_noise};
use crate::frame::take;
use crate::{AutomaticConfig, Family, FamilyConfig, FamilyStart, FrameKind, GuideError};

/// A normalizing flow: what a bijection makes of standard normal noise, then moved and scaled by coordinate.
///
/// `u = μ + e^ω f(ε)`, `ε ~ N(0, I)`; `log q(u) = log N(ε; 0, I) - log |df/dε| - Σ ω`
///
/// It is a family, which [`Automatic`](crate::Automatic) makes a guide, and a distribution with density and inverse, which a program
/// samples from like any other.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Distribution, Noise, Normal};
/// use elbo_guide::{AffineCouplingConfig, FlowConfig, Guide, Score};
/// use elbo_model::{Layout, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::new(0.0, 1.0).iid([1, 3]));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let config = FlowConfig::guide((4, AffineCouplingConfig::new([16])));
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let draw = guide.draw(&(), 10, &Plan::default(), &mut noise).unwrap();
/// let again = guide.log_q(&(), &draw.latents).unwrap().total();
/// assert!((draw.log_q.total() - again).abs().max().into_scalar::<f32>() < 1e-4);
/// ```
///
/// # References
/// Rezende & Mohamed (2015), *Variational inference with normalizing flows*; Papamakarios et al. (2021), equation 6.
#[derive(Module, Debug)]
pub struct Flow<L: Module> {
    layers: L,
    /// `[R, d]`
    loc: Param<Tensor<2>>,
    /// `[R, d]`
    log_scale: Param<Tensor<2>>,
}

/// How a [`Flow`] starts: as the normal of its start.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{AffineCouplingConfig, Family, FamilyConfig, FamilyStart, FlowConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![1.0, 2.0]], scale: 0.5, sites: vec![] };
/// let config = FlowConfig::new((4, AffineCouplingConfig::new([16])));
/// let flow = config.init(&start, &mut Noise::new(0, &place)).unwrap();
/// let log_q: f64 = flow.log_prob(place.tensor(vec![1.0, 2.0], [1, 2])).into_scalar();
/// assert!((log_q + 0.451_583).abs() < 1e-6); // 2 log 2 - log 2π
/// ```
#[derive(Clone, Debug)]
pub struct FlowConfig<C> {
    layers: C,
}

impl<C: BijectionConfig> FlowConfig<C>
where
    C::Bijection: ModuleDisplay,
{
    /// The flow of `layers`: such as `(6, AffineCouplingConfig::new([32]))` for six of them, or
    /// [`Then`](crate::Then) of two kinds.
    pub fn new(layers: C) -> Self {
        Self { layers }
    }

    /// A guide of the flow of `layers`.
    pub fn guide(layers: C) -> AutomaticConfig<Self> {
        AutomaticConfig::of(Self::new(layers))
    }
}

impl<C: BijectionConfig> FamilyConfig for FlowConfig<C>
where
    C::Bijection: ModuleDisplay,
{
    type Family = Flow<C::Bijection>;

    fn frame(&self) -> FrameKind {
        FrameKind::Dense
    }

    fn init(&self, start: &FamilyStart, noise: &mut Noise) -> Result<Self::Family, GuideError> {
        let (restarts, size) = (start.restarts(), start.size());
        let (place, name) = (start.place.clone(), "flow".to_string());
        let site = LayerSite { place, restarts, size, layer: 0, name };
        let log_scale = start.filled([restarts, size], start.scale.ln());
        Ok(Flow {
            layers: self.layers.init(&site, &mut noise.split())?,
            loc: named_param("flow.loc", start.loc()),
            log_scale: named_param("flow.log_scale", log_scale),
        })
    }
}

impl<L: Bijection + ModuleDisplay> Flow<L> {
    /// The bijection.
    pub fn layers(&self) -> &L {
        &self.layers
    }

    fn placed(&self, x: Tensor<2>) -> Tensor<2> {
        let rows = x.dims()[0];
        x * per_row(self.log_scale.val().exp(), rows) + per_row(self.loc.val(), rows)
    }

    /// `log N(ε; 0, I) - Σ ω`.
    fn log_base(&self, eps: Tensor<2>) -> Tensor<2> {
        let log_scale = per_row(self.log_scale.val().sum_dim(1), eps.dims()[0]);
        standard_log_prob(eps) - log_scale
    }
}

impl<L: Bijection + ModuleDisplay> Family for Flow<L> {
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2> {
        self.placed(self.layers.forward(standard_noise(&self.loc, particles, noise)))
    }

    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let eps = standard_noise(&self.loc, particles, noise);
        let (x, log_det) = self.layers.forward_and_log_det(eps.clone());
        (self.placed(x), self.log_base(eps) - log_det)
    }

    fn log_prob(&self, z: Tensor<2>) -> Tensor<2> {
        let rows = z.dims()[0];
        let scale = per_row(self.log_scale.val().exp(), rows);
        let x = (z - per_row(self.loc.val(), rows)) / scale;
        let (eps, log_det) = self.layers.inverse_and_log_det(x);
        self.log_base(eps) + log_det
    }

    fn restarts(&self) -> usize {
        self.loc.val().dims()[0]
    }

    fn restart(&self, restart: usize) -> Self {
        Self {
            layers: self.layers.restart(restart),
            loc: take(&self.loc, restart),
            log_scale: take(&self.log_scale, restart),
        }
    }
}

/// Lets a [`TensorMap`] change the parameters of a module.
struct Mapped<'a, M>(&'a mut M);

impl<M: TensorMap> ModuleMapper for Mapped<'_, M> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value) = (param.id, self.0.map(param.val()));
        Param::initialized(id, value)
    }
}

impl<L: Bijection + ModuleDisplay + Sync + 'static> Distribution<2> for Flow<L> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "Flow"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        self.map(&mut Mapped(map))
    }

    fn draw(&self, shape: [usize; 2], noise: &mut Noise) -> Tensor<2> {
        Family::sample(self, shape[0], noise)
    }

    fn log_prob(&self, value: Tensor<2>) -> Tensor<2> {
        Family::log_prob(self, value)
    }

    fn shape(&self) -> Result<[usize; 2], DistError> {
        Ok(self.outline())
    }

    fn outline(&self) -> [usize; 2] {
        self.loc.val().dims()
    }
}
