//! Training by one method.

use elbo::prelude::*;
use elbo::{Controls, InferError, Iwae};

use crate::{Belief, Bits, Helper, Images, Method, Recognition};

/// How a net is trained.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bits of an image.
    pub units: usize,
    /// Optimization steps.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Particles a step, of which DisARM takes pairs.
    pub particles: usize,
    /// The learning rate of Adam.
    pub learning_rate: f64,
    /// The seed of all noise and of the order of the images; the pixels do not depend on it.
    pub seed: u64,
    /// The points of a curve.
    pub points: usize,
    /// The images on which bounds are measured, the first of the training set.
    pub measured: usize,
    /// The steps by which a variance is measured.
    pub draws: usize,
}

/// What was measured on the way.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The method.
    pub method: Method,
    /// From the start to the end.
    pub points: Vec<Point>,
}

/// What was measured after some steps.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The steps.
    pub step: usize,
    /// The evidence lower bound of discrete bits, in nats an image.
    pub bound: f64,
    /// The total variance of the gradient of the guide's parameters, for a mean over images.
    pub variance: f64,
}

/// Trains a net by `method`; `seen` is told every point.
///
/// # Errors
/// An [`InferError`].
pub fn run(
    method: Method,
    images: &Images,
    options: &Options,
    device: &Device,
    seen: &mut impl FnMut(Method, Point),
) -> Result<Curve, InferError> {
    let elbo = Elbo.with_estimator("z", method.estimator());
    match method {
        Method::Vimco => train(method, Iwae, images, options, device, seen),
        _ => train(method, elbo, images, options, device, seen),
    }
}

fn train(
    method: Method,
    objective: impl Objective,
    images: &Images,
    options: &Options,
    device: &Device,
    seen: &mut impl FnMut(Method, Point),
) -> Result<Curve, InferError> {
    let noise = Noise::new(options.seed, device);
    let model = Belief::new(options.units, images, &noise);
    let guide = Amortized::new(Recognition::new(options.units, images, &noise));
    let helper = Helper::new(options.units, images, &noise);
    let mut svi = Svi::new(model, guide, objective, noise.clone())
        .with_controls(helper)
        .with_particles(options.particles)
        .with_learning_rate(options.learning_rate);
    let mut order = Order::new(images.len(), noise);
    let every = (options.steps / options.points.max(1)).max(1);
    let mut points = Vec::new();
    for step in 0..=options.steps {
        if step % every == 0 || step == options.steps {
            let point = measure(&svi, images, options, step)?;
            seen(method, point);
            points.push(point);
        }
        if step < options.steps {
            // A mean over images: then the size of a gradient does not depend on how many there are.
            let numbers = order.next(options.batch);
            svi.step(&images.batch(numbers.into_iter(), options.batch))?;
        }
    }
    Ok(Curve { method, points })
}

fn measure<O: Objective, C: Controls<Bits>>(
    svi: &Svi<Belief, Amortized<Recognition>, O, C>,
    images: &Images,
    options: &Options,
    step: usize,
) -> Result<Point, InferError> {
    let count = options.measured.min(images.len());
    let mut sum = 0.0;
    for first in (0..count).step_by(CHUNK) {
        let numbers = first..count.min(first + CHUNK);
        let part = images.batch(numbers.clone(), numbers.len());
        sum += svi.posterior().stream(first as u64).bound(&part, 5)?.mean;
    }
    let batch = images.batch(0..options.batch.min(count), options.batch.min(count));
    let moments = svi.gradient_moments(&batch, options.draws.max(2))?;
    let of_guide = moments.iter().filter(|moments| moments.parameter.starts_with("1."));
    let variance: f64 = of_guide.map(|moments| moments.total_variance()).sum();
    let variance = variance / (batch.total as f64).powi(2);
    Ok(Point { step, bound: sum / count as f64, variance })
}

/// Images whose bounds are measured together.
const CHUNK: usize = 500;

/// The order of the images: another one in each pass.
struct Order {
    images: usize,
    noise: Noise,
    pass: u64,
    left: Vec<usize>,
}

impl Order {
    fn new(images: usize, noise: Noise) -> Self {
        Self { images, noise: noise.site("order"), pass: 0, left: Vec::new() }
    }

    fn next(&mut self, count: usize) -> Vec<usize> {
        let count = count.min(self.images);
        if self.left.len() < count {
            let keys = self.noise.at_step(self.pass).uniform([self.images]).into_data();
            let keys: Vec<f32> = keys.iter().collect();
            self.left = (0..self.images).collect();
            self.left.sort_by(|one, other| keys[*one].total_cmp(&keys[*other]));
            self.pass += 1;
        }
        self.left.split_off(self.left.len() - count)
    }
}
