//! What is trained beside model and guide to lower the variance of their gradient.

use burn::module::Module;
use burn::tensor::Tensor;

/// Baselines of score functions and networks of RELAX, as one Burn module: functions of the batch for each site that
/// asks for one.
///
/// They are asked for every site; only those that need one use the answer. They are trained by the optimizer that trains model and guide, baselines by their squared distance from what they
/// foretell, networks by the variance of the gradient.
///
/// # Example
/// ```
/// use burn::module::{Module, Param};
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::Controls;
///
/// /// One number for all batches.
/// #[derive(Module, Debug)]
/// struct Level {
///     level: Param<Tensor<2>>, // [1, 1]
/// }
///
/// impl<B> Controls<B> for Level {
///     fn baseline(&self, site: &str, _: &B) -> Option<Tensor<2>> {
///         (site == "z").then(|| self.level.val())
///     }
/// }
///
/// let level = Level { level: Param::from_tensor(Tensor::ones([1, 1], &Device::flex())) };
/// assert_eq!(level.baseline("z", &()).unwrap().into_scalar::<f32>(), 1.0);
/// ```
///
/// # References
/// Mnih & Gregor (2014), *Neural variational inference and learning in belief networks*, section 2.3; Grathwohl et al.
/// (2018), *Backpropagation through the void*.
pub trait Controls<B>: Module {
    /// A guess of what the draws of `site` will be worth, without sight of them.
    ///
    /// # Shapes
    /// `[1, N]`, a number for each element of the site's plates, or `[1, 1]`.
    fn baseline(&self, site: &str, batch: &B) -> Option<Tensor<2>> {
        let _ = (site, batch);
        None
    }

    /// The network of RELAX at `site`, a function of the noise of its draws: log-odds with logistic noise, or
    /// log-probabilities with Gumbel noise.
    ///
    /// # Shapes
    /// `noise` is `[S, n]`, all elements one after the other; the result is `[S, 1]`, or `[S, N]` for `N` elements of the site's
    /// plates, of which each is then made of the noise of its own element alone.
    fn network(&self, site: &str, batch: &B, noise: Tensor<2>) -> Option<Tensor<2>> {
        let _ = (site, batch, noise);
        None
    }
}

/// No trained control variate.
#[derive(Module, Debug, Default)]
pub struct NoControls {}

impl<B> Controls<B> for NoControls {}
