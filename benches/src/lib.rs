//! Fits whose steps are timed: by `cargo bench -p benches`, and beside other systems by the program `compare`.
//!
//! Each workload has the sizes, priors, particles and learning rate that `peers/steps.py` gives it in NumPyro, Pyro and
//! PyTorch. What the data say does not change the time of a step, so that they are noise of a fixed seed.

mod belief_net;
pub mod compare;
mod compiled;
mod eight_schools;
mod full_rank;
mod logistic;
mod mixture;
mod networks;
mod radon;

use std::time::Instant;

use burn::module::ModuleDisplay;
use elbo::prelude::*;

pub use compiled::COMPILED;
pub use eight_schools::restarts;

/// A fit, ready for its first step.
pub struct Fit {
    step: Box<dyn FnMut() -> f64>,
}

impl Fit {
    /// The fit of `svi` to all of `data`.
    fn new<M, G, O, B>(mut svi: Svi<M, G, O>, data: B) -> Self
    where
        M: LogJoint<B> + Module + ModuleDisplay + 'static,
        G: Guide<B> + ModuleDisplay + 'static,
        O: Objective + 'static,
        B: 'static,
    {
        Self { step: Box::new(move || svi.step(&data).expect("every step is finite").bound) }
    }

    /// Takes a step; returns the estimate of the bound.
    ///
    /// # Panics
    /// If the step ends with an error.
    pub fn step(&mut self) -> f64 {
        (self.step)()
    }

    /// The seconds that so many steps take.
    ///
    /// # Panics
    /// As [`Fit::step`].
    pub fn seconds(&mut self, steps: usize) -> f64 {
        let start = Instant::now();
        for _ in 0..steps {
            std::hint::black_box(self.step());
        }
        start.elapsed().as_secs_f64()
    }
}

/// What makes a fit, on a device.
pub type Start = fn(&Device) -> Fit;

/// All workloads, by the names that the peers give them.
pub const WORKLOADS: [(&str, Start); 12] = [
    ("eight_schools/S1", |device| eight_schools::mean_field(1, device)),
    ("eight_schools/S10", |device| eight_schools::mean_field(10, device)),
    ("logistic/100x8/S1", |device| logistic::fit([100, 8], 1, device)),
    ("logistic/1000x25/S1", |device| logistic::fit([1000, 25], 1, device)),
    ("logistic/1000x25/S10", |device| logistic::fit([1000, 25], 10, device)),
    ("logistic/10000x50/S10", |device| logistic::fit([10_000, 50], 10, device)),
    ("radon/S1", radon::fit),
    ("gmm/K5xN1000/S1", mixture::fit),
    ("vae/784-400-20/B128", networks::vae),
    ("bnn/784-400-400-10/B128", networks::bnn),
    ("full_rank/d100/S8", full_rank::fit),
    ("score/sbn200/B100/S5", belief_net::fit),
];

/// What makes the fit of a workload.
///
/// # Errors
/// If there is none of this name, in words.
pub fn workload(name: &str) -> Result<Start, String> {
    let found = WORKLOADS.iter().find(|(known, _)| *known == name);
    found.map(|(_, start)| *start).ok_or_else(|| {
        let names = WORKLOADS.map(|(name, _)| name).join(", ");
        format!("there is no workload \"{name}\"; there are {names}")
    })
}

/// A fit of a function without parameters.
type OfProgram<B, G> = Svi<Model<fn(&mut Trace, &B)>, G, Elbo>;

/// The fit of a program of its data alone by the guide that `guide` makes, with one particle and Adam at 0.01.
fn by_guide<B, G: Guide<B>>(
    program: fn(&mut Trace, &B),
    data: &B,
    mut noise: Noise,
    guide: impl FnOnce(&Layout, &mut Noise) -> Result<G, GuideError>,
) -> OfProgram<B, G> {
    let layout = Layout::discover(&program, data, &noise).expect("the model runs");
    let guide = guide(&layout, &mut noise).expect("a start has a density");
    Svi::new(Model::new(program), guide, Elbo, noise)
}

/// The same by independent normals, with so many particles.
fn mean_field<B: 'static>(
    program: fn(&mut Trace, &B),
    data: B,
    particles: usize,
    noise: Noise,
) -> Fit {
    let svi = by_guide(program, &data, noise, |layout, noise| {
        MeanField::new(layout, &program, &data, noise)
    });
    Fit::new(svi.with_particles(particles), data)
}

/// Zeros and ones with this share of ones.
fn bits<const D: usize>(noise: &Noise, shape: [usize; D], share: f64) -> Tensor<D> {
    noise.site("bits").uniform(shape).lower_elem(share).float()
}
