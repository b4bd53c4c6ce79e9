//! A plain function as a Burn module.

use std::fmt;

use crate::delegate::delegate_module;
use crate::{Layout, Params, Program, Trace};

/// A plain function as a trainable program: a Burn module of the parameters that it declares.
///
/// An optimizer steps Burn modules. A program that holds networks is one already; a function
/// becomes one here, and [`Condition`](crate::Condition) around a module is one.
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
    ///
    /// It takes nothing but functions: a program that is a module is passed on as it is, because
    /// its parameters would not be found in here. What a closure captures is constant likewise.
    ///
    /// ```compile_fail
    /// use elbo_model::{Condition, Latents, Model, Trace};
    ///
    /// fn conditioned(seen: Latents) -> Model<impl Clone> {
    ///     Model::new(Condition::new(Model::new(|_: &mut Trace, _: &()| ()), seen))
    /// }
    /// ```
    pub fn new<B>(function: F) -> Self
    where
        F: Fn(&mut Trace, &B),
    {
        Self { params: Params::default(), function }
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

delegate_module!(Model<F: Clone + Send>, params);

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
