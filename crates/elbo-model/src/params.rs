//! The trained parameters of a plain function.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;
use elbo_dist::{Support, name_key};

/// The parameters that a program declares with [`Trace::param`](crate::Trace::param), as a Burn
/// module: unconstrained and flat, with identities that depend on their names alone.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal, Support};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     let start = t.place().zeros::<2>([1, 1]) + 2.0;
///     let scale = t.param("scale", start, Support::Positive);
///     t.sample("z", Normal::new(0.0, scale));
/// }
///
/// let layout = Layout::discover(&model, &(), &Noise::new(0, &Device::flex())).unwrap();
/// let params = layout.params();
/// let on_the_real_line: f32 = params.unconstrained("scale").unwrap().into_scalar();
/// assert_eq!(on_the_real_line, 2.0_f32.ln());
/// assert!((params.get("scale").unwrap().into_scalar::<f32>() - 2.0).abs() < 1e-6);
/// ```
#[derive(Module, Debug, Default)]
pub struct Params {
    values: Vec<Param<Tensor<2>>>,
    #[module(skip)]
    names: Vec<(String, Support)>,
}

impl Params {
    /// The value of `name` on its support, flattened to `[1, n]`.
    pub fn get(&self, name: &str) -> Option<Tensor<2>> {
        let flat = self.unconstrained(name)?;
        let (_, support) = self.names.iter().find(|(known, _)| known == name)?;
        let size = flat.dims()[1];
        let one = support.one_event::<3>()?;
        let [_, rows, columns] = one;
        let events = size / support.real_shape(&one).iter().product::<usize>();
        let values = constrain(flat, [events, rows, columns], *support)?;
        Some(values.reshape([1, events * rows * columns]))
    }

    /// The trained value of `name` on the real line, flattened to `[1, n]`.
    pub fn unconstrained(&self, name: &str) -> Option<Tensor<2>> {
        let position = self.names.iter().position(|(known, _)| known == name)?;
        Some(self.values[position].val())
    }

    /// [`Params::unconstrained`], if `name` was declared on `support`.
    pub(crate) fn unconstrained_on(&self, name: &str, support: Support) -> Option<Tensor<2>> {
        let declared = self.names.iter().any(|(known, on)| known == name && *on == support);
        self.unconstrained(name).filter(|_| declared)
    }

    /// The names, in the order of declaration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn insert(&mut self, name: &str, support: Support, unconstrained: Tensor<2>) {
        self.names.push((name.to_string(), support));
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
    let real = support.real_shape(&shape);
    let real: [usize; D] = std::array::from_fn(|axis| real[axis]);
    Some(transform.forward_and_log_det(flat.reshape(real)).0)
}
