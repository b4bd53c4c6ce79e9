//! Programs.

use crate::Trace;

/// A probabilistic program: tensor code that names its random variables to a trace.
///
/// A model scores data; a guide proposes latents. Both are programs. A function
/// `fn(&mut Trace, &B)` is one; a Burn module that carries networks implements the trait itself.
///
/// A program is a pure function of its trace, its batch and its parameters: it reads no value to
/// the host, and no clock, environment or global.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::{Program, Trace};
///
/// fn walk(t: &mut Trace, _: &()) {
///     let first = t.sample("first", Normal::<2>::new(0.0, 1.0));
///     t.sample("second", Normal::new(first, 1.0));
/// }
///
/// let mut trace = Trace::prior(3, Noise::new(0, &Device::flex()));
/// walk.run(&mut trace, &());
/// assert_eq!(trace.finish().unwrap().values.get::<2>("second").unwrap().dims(), [3, 1]);
/// ```
pub trait Program<B = ()> {
    /// Runs the program once for all particles.
    fn run(&self, t: &mut Trace, batch: &B);
}

impl<B, F: Fn(&mut Trace, &B)> Program<B> for F {
    fn run(&self, t: &mut Trace, batch: &B) {
        self(t, batch);
    }
}
