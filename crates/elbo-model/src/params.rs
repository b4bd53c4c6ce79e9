//! The trained parameters of a plain function.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;
use elbo_dist::{Support, name_key};

/// The parameters that a program declares with [`Trace::param`](crate::Trace::param), as a Burn
/// module: unconstrained and flat, with identities that depend on their names alone.
#[derive(Module, Debug, Default)]
pub struct Params {
    values: Vec<Param<Tensor<2>>>,
    #[module(skip)]
    names: Vec<String>,
}

impl Params {
    /// The unconstrained value `[1, n]` of `name`.
    pub fn get(&self, name: &str) -> Option<Tensor<2>> {
        let position = self.names.iter().position(|known| known == name)?;
        Some(self.values[position].val())
    }

    /// The names, in the order of declaration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(crate) fn insert(&mut self, name: &str, unconstrained: Tensor<2>) {
        self.names.push(name.to_string());
        self.values.push(named_param(name, unconstrained));
    }
}

/// A trainable parameter whose identity is a function of its name, so that checkpoints match.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_model::named_param;
///
/// let value = Tensor::<2>::ones([1, 3], &Device::flex());
/// assert_eq!(named_param("loc", value.clone()).id, named_param("loc", value).id);
/// ```
pub fn named_param<const D: usize>(name: &str, value: Tensor<D>) -> Param<Tensor<D>> {
    let id = ParamId::from(name_key(name));
    Param::initialized(id, value.inner()).set_require_grad(true)
}

/// The value on `support` of the unconstrained `flat`.
pub(crate) fn constrain<const D: usize>(
    flat: Tensor<2>,
    shape: [usize; D],
    support: Support,
) -> Option<Tensor<D>> {
    let transform = support.from_real::<D>()?;
    Some(transform.forward_and_log_det(flat.reshape(shape)).0)
}
