//! A plain function as a Burn module.

use std::fmt;

use burn::module::Module;

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
#[derive(Module, Debug)]
pub struct Model<F: Clone + Send> {
    params: Params,
    #[module(skip)]
    function: Function<F>,
}

impl<F: Clone + Send> Model<F> {
    /// A function that declares no parameters, or whose parameters follow by
    /// [`Model::with_params`].
    pub fn new(function: F) -> Self {
        Self { params: Params::default(), function: Function(function) }
    }

    /// With the parameters that `layout` found, at their initial values.
    pub fn with_params(self, layout: &Layout) -> Self {
        Self { params: layout.params().clone(), ..self }
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }
}

impl<B, F: Program<B> + Clone + Send> Program<B> for Model<F> {
    fn run(&self, t: &mut Trace, batch: &B) {
        t.provide(&self.params);
        self.function.0.run(t, batch);
    }
}

/// A function, which has no `Debug` of its own.
#[derive(Clone)]
struct Function<F>(F);

impl<F> fmt::Debug for Function<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<F>())
    }
}
