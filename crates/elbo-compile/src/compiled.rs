//! Densities that are compiled.

use burn::tensor::{Device, Tensor};
use elbo_dist::Place;
use elbo_guide::FlatLatents;
use elbo_model::{Layout, LogJoint};

use crate::CompileError;
use crate::capture::record;
use crate::lower::{Lowered, lower};
use crate::plan::plan;
use crate::reverse::gradient;
use crate::run::Machine;

/// A log-joint density on the real line with its gradient, compiled for a number of particles.
///
/// `log p(x, z(u)) + log |dz/du|` and its gradient by `u`, for each row `u` of a flat `[S, d]` vector.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_compile::Compiled;
/// use elbo_dist::{Distribution, Noise, Normal};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::new(3.0, 1.0).iid([1, 2]));
/// }
///
/// let layout = Layout::discover(&model, &(), &Noise::new(0, &Device::flex())).unwrap();
/// let mut compiled = Compiled::new(&model, |_| (), &layout, 1).unwrap();
/// let (values, gradient) = compiled.run(&[3.0, 5.0]).unwrap();
/// assert!((values[0] - (-2.0 - 2.0 * 0.918_938_5)).abs() < 1e-6); // -½ (0² + 2²) - log 2π
/// assert_eq!(gradient, [0.0, -2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Compiled {
    machine: Machine,
    shape: [usize; 2],
    counts: Counts,
}

/// How large a compiled density is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// The operations that Burn recorded.
    pub recorded: usize,
    /// The nodes of the graph with its gradient.
    pub nodes: usize,
    /// The steps of a run: fused kernels, sums, products and paddings.
    pub steps: usize,
    /// The numbers in memory.
    pub numbers: usize,
}

impl Compiled {
    /// The density of `model` at the latents of `layout`, with so many particles. `batch` makes the data on the device that it is
    /// given, where they become constants; [`Tensor::to_device`] moves what lies elsewhere.
    ///
    /// # Errors
    /// What [`FlatLatents::new`] and the run of the program refuse, and those of [`Compiled::function`].
    pub fn new<B>(
        model: &impl LogJoint<B>,
        batch: impl FnOnce(&Device) -> B,
        layout: &Layout,
        particles: usize,
    ) -> Result<Self, CompileError> {
        let shape = [particles, FlatLatents::new(layout)?.len()];
        Self::compile(shape, |device, z| {
            let layout = Layout::by_hand(Place::f32(device), layout.latents().cloned());
            let (latents, minus_log_det) = FlatLatents::new(&layout)?.unpack(z);
            let log_p = model.log_joint(&latents, &batch(device))?.less(&minus_log_det);
            Ok(log_p.unwrap_or_else(|| layout.place().zeros([1, 1])))
        })
    }

    /// A function of `[S, d]` with a number a row, `[S, 1]`, or one that all rows share, `[1, 1]`.
    ///
    /// # Errors
    /// [`CompileError::Operation`], [`CompileError::DType`], [`CompileError::Recording`] and [`CompileError::Output`].
    ///
    /// # Example
    /// ```
    /// use elbo_compile::Compiled;
    ///
    /// let mut cubes = Compiled::function(|x| (x.clone() * x.clone() * x).sum_dim(1), [1, 2]).unwrap();
    /// let (values, gradient) = cubes.run(&[1.0, 2.0]).unwrap();
    /// assert_eq!((values, gradient), (&[9.0][..], &[3.0, 12.0][..]));
    /// ```
    pub fn function(
        function: impl FnOnce(Tensor<2>) -> Tensor<2>,
        shape: [usize; 2],
    ) -> Result<Self, CompileError> {
        Self::compile(shape, |_, x| Ok(function(x)))
    }

    fn compile(
        shape: [usize; 2],
        function: impl FnOnce(&Device, Tensor<2>) -> Result<Tensor<2>, CompileError>,
    ) -> Result<Self, CompileError> {
        let captured = record(shape, function)?;
        let Lowered { mut graph, input, output } = lower(&captured)?;
        let rows = graph.expand(output, vec![shape[0], 1]);
        let slope = gradient(&mut graph, output, input);
        let outputs = [graph.solid(rows), graph.solid(slope)];
        let plan = plan(&graph, input, &outputs);
        let counts = Counts {
            recorded: captured.graph.operations.len(),
            nodes: graph.nodes().len(),
            steps: plan.steps.len(),
            numbers: plan.slots.iter().sum(),
        };
        Ok(Self { machine: Machine::new(plan), shape, counts })
    }

    /// The values `[S]` and the gradient `[S, d]` of their sum, or of what all rows share, at `z`, which is `[S, d]` in row-major order.
    ///
    /// # Errors
    /// [`CompileError::Input`].
    pub fn run(&mut self, z: &[f32]) -> Result<(&[f32], &[f32]), CompileError> {
        let (expected, found) = (self.shape[0] * self.shape[1], z.len());
        if found != expected {
            return Err(CompileError::Input { expected, found });
        }
        self.machine.input().copy_from_slice(z);
        self.machine.evaluate();
        Ok((self.machine.output(0), self.machine.output(1)))
    }

    /// `[S, d]`
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// How large it is.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}
