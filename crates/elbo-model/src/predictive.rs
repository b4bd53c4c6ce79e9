//! Simulation of a program: from its prior, or given draws of its latents.

use elbo_dist::Noise;

use crate::{Latents, ModelError, Program, Role, Trace, Traced};

/// Simulates a program's data and derived values, from parameters that are read and checked.
///
/// Draws depend on the noise and on the index of the particle alone. So a large number of draws
/// made in chunks, each with [`Noise::from_particle`], equals the same draws made at once, while
/// only a chunk is in memory.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::{Predictive, Trace};
///
/// fn model(t: &mut Trace, x: &Tensor<2>) {
///     let mu = t.sample("mu", Normal::new(0.0, 1.0));
///     t.observe("x", Normal::new(mu, 0.1), x.clone());
/// }
///
/// let device = Device::flex();
/// let x = Tensor::from_floats([[0.0, 0.0]], &device);
/// let draws = Predictive::new(&model, &x).prior(100, &Noise::new(0, &device)).unwrap();
/// assert_eq!(draws.get::<2>("x").unwrap().dims(), [100, 2]);
/// ```
#[derive(Clone, Copy)]
pub struct Predictive<'a, P: ?Sized, B> {
    program: &'a P,
    batch: &'a B,
}

/// Draws from a program's prior.
#[derive(Clone, Debug)]
pub struct Dream {
    /// The latents alone.
    pub latents: Latents,
    /// All values: latents, derived values and data.
    pub values: Latents,
}

impl<'a, B, P: Program<B> + ?Sized> Predictive<'a, P, B> {
    /// Simulation of `program`; `batch` gives the shapes, and inputs that are not simulated.
    pub fn new(program: &'a P, batch: &'a B) -> Self {
        Self { program, batch }
    }

    /// `particles` joint draws of latents, derived values and data.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    pub fn prior(&self, particles: usize, noise: &Noise) -> Result<Latents, ModelError> {
        self.run(Trace::prior(particles, noise.clone()))
    }

    /// Derived values and data for each particle of `latents`; latents that it lacks are drawn.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    pub fn given(&self, latents: &Latents, noise: &Noise) -> Result<Latents, ModelError> {
        let trace = Trace::prior(latents.particles(), noise.clone());
        self.run(trace.substitute(latents))
    }

    /// `particles` joint draws, the latents apart from all of them.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    pub fn dream(&self, particles: usize, noise: &Noise) -> Result<Dream, ModelError> {
        let traced = self.traced(Trace::prior(particles, noise.clone()))?;
        let latents = traced.values.only(traced.latents.iter().map(|name| &**name));
        Ok(Dream { latents, values: traced.values })
    }

    /// The data of the observed sites, as the program gives them to its sites.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_model::{Predictive, Trace};
    ///
    /// fn model(t: &mut Trace, x: &Tensor<2>) {
    ///     t.observe("x", Normal::new(0.0, 1.0), x.clone() * 2.0);
    /// }
    ///
    /// let device = Device::flex();
    /// let x = Tensor::from_floats([[1.5]], &device);
    /// let data = Predictive::new(&model, &x).observed(&Noise::new(0, &device)).unwrap();
    /// assert_eq!(data.get::<2>("x").unwrap().into_scalar::<f32>(), 3.0);
    /// ```
    pub fn observed(&self, noise: &Noise) -> Result<Latents, ModelError> {
        let mut trace = Trace::prior(1, noise.clone()).unscored();
        trace.keep_data = true;
        self.of_observed(trace)
    }

    /// Which elements of the data of observed sites count: 0 where a [mask](Trace::mask) hides one, and 1 elsewhere. Of a
    /// [`Masked`](elbo_dist::Masked) distribution none is known to count.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_model::{Predictive, Trace};
    ///
    /// fn model(t: &mut Trace, x: &Tensor<2>) {
    ///     let there = x.clone().is_nan().bool_not();
    ///     t.mask(there, |t| t.observe("x", Normal::new(0.0, 1.0), x.clone()));
    /// }
    ///
    /// let device = Device::flex();
    /// let x = Tensor::from_floats([[1.5, f32::NAN]], &device);
    /// let shown = Predictive::new(&model, &x).shown(&Noise::new(0, &device)).unwrap();
    /// assert_eq!(shown.value("x").unwrap().to_vec(), [1.0, 0.0]);
    /// ```
    pub fn shown(&self, noise: &Noise) -> Result<Latents, ModelError> {
        let mut trace = Trace::prior(1, noise.clone()).unscored();
        trace.keep_shown = true;
        self.of_observed(trace)
    }

    /// The values of observed sites that a run keeps.
    fn of_observed(&self, mut trace: Trace) -> Result<Latents, ModelError> {
        self.program.run(&mut trace, self.batch);
        let names = trace.names.clone();
        let observed = names.iter().filter(|(_, role)| *role == Role::Observed);
        Ok(trace.finish()?.values.only(observed.map(|(name, _)| &**name)))
    }

    fn run(&self, trace: Trace) -> Result<Latents, ModelError> {
        Ok(self.traced(trace)?.values)
    }

    fn traced(&self, trace: Trace) -> Result<Traced, ModelError> {
        let mut trace = trace.simulate().validated();
        self.program.run(&mut trace, self.batch);
        trace.finish()
    }
}
