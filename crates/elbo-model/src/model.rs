//! A plain function as a Burn module.

use std::fmt;

use burn::module::{
    Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
};
use burn::tensor::Device;

use crate::{Layout, Params, Program, Trace};

/// A plain function as a trainable program: a Burn module of the parameters that it declares.
///
/// An optimizer steps Burn modules. A program that holds networks is one already; a function
/// becomes one here.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal, Support};
/// use elbo_model::{Layout, Model, Trace};
///
/// fn noise_level(t: &mut Trace, x: &Tensor<2>) {
///     let start = Tensor::ones([1, 1], &x.device());
///     let scale = t.param("scale", start, Support::Positive);
///     t.observe("x", Normal::new(0.0, scale), x.clone());
/// }
///
/// let device = Device::flex();
/// let x = Tensor::from_floats([[0.3, -2.0]], &device);
/// let layout = Layout::discover(&noise_level, &x, &Noise::new(0, &device)).unwrap();
/// let model = Model::new(noise_level).with_params(&layout);
/// assert_eq!(model.params().names().collect::<Vec<_>>(), ["scale"]);
/// ```
#[derive(Clone)]
pub struct Model<F> {
    params: Params,
    function: F,
}

impl<F> Model<F> {
    /// A function that declares no parameters, or whose parameters follow by
    /// [`Model::with_params`].
    pub fn new(function: F) -> Self {
        Self { params: Params::default(), function }
    }

    /// With the parameters that `layout` found, at their initial values.
    pub fn with_params(self, layout: &Layout) -> Self {
        self.map_params(|_| layout.params().clone())
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    fn map_params(self, map: impl FnOnce(Params) -> Params) -> Self {
        Self { params: map(self.params), function: self.function }
    }
}

/// The module of its parameters. By hand, because deriving it would ask a `Debug` of functions.
impl<F: Clone + Send> Module for Model<F> {
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.params.collect_devices(devices)
    }

    fn fork(self, device: &Device) -> Self {
        self.map_params(|params| params.fork(device))
    }

    fn to_device(self, device: &Device) -> Self {
        self.map_params(|params| params.to_device(device))
    }

    fn train(self) -> Self {
        self.map_params(Module::train)
    }

    fn valid(&self) -> Self {
        self.clone().map_params(|params| params.valid())
    }

    fn materialize(self) -> Self {
        self.map_params(Module::materialize)
    }

    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.params.visit(visitor);
    }

    fn map<V: ModuleMapper>(self, mapper: &mut V) -> Self {
        self.map_params(|params| params.map(mapper))
    }
}

impl<F: Clone + Send> ModuleDisplayDefault for Model<F> {
    fn content(&self, content: Content) -> Option<Content> {
        content.add("params", &self.params).optional()
    }
}

impl<F: Clone + Send> ModuleDisplay for Model<F> {}

impl<B, F: Program<B>> Program<B> for Model<F> {
    fn run(&self, t: &mut Trace, batch: &B) {
        t.provide(&self.params);
        self.function.run(t, batch);
    }
}

impl<F> fmt::Debug for Model<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = std::any::type_name::<F>();
        f.debug_struct("Model").field("params", &self.params).field("function", &function).finish()
    }
}
