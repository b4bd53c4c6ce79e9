//! Programs with some of their sites observed to have given values.

use burn::module::{Module, ModuleDisplay};

use crate::delegate::delegate_module;
use crate::{Latents, Program, Trace};

/// A program in which some sites are observed to have given values: latents become data, and data become other data.
///
/// Around a Burn module it is one, with the module's parameters: condition a
/// [`Model`](crate::Model) or a program that carries networks to train it.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_model::{Condition, Latents, Layout, Trace};
///
/// fn walk(t: &mut Trace, _: &()) {
///     let first = t.sample("first", Normal::<2>::new(0.0, 1.0));
///     t.sample("second", Normal::new(first, 1.0));
/// }
///
/// let device = Device::flex();
/// let mut seen = Latents::new(Place::f32(&device));
/// seen.insert("second", Tensor::<2>::from_floats([[0.5]], &device));
/// let conditioned = Condition::new(walk, seen);
/// let layout = Layout::discover(&conditioned, &(), &Noise::new(0, &device)).unwrap();
/// assert_eq!(layout.latents().count(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Condition<P> {
    program: P,
    values: Latents,
}

impl<P> Condition<P> {
    /// `program` with the sites of `values` observed. A run fails with
    /// [`ModelError::UnknownSite`](crate::ModelError::UnknownSite) if the program does not sample or
    /// observe one of them.
    pub fn new(program: P, values: Latents) -> Self {
        Self { program, values }
    }
}

delegate_module!(Condition<P: Module + ModuleDisplay>, program);

impl<B, P: Program<B>> Program<B> for Condition<P> {
    fn run(&self, t: &mut Trace, batch: &B) {
        t.condition(&self.values);
        self.program.run(t, batch);
    }
}
