//! Fits of compiled densities.

use elbo::prelude::*;
use elbo_compile::{Compiled, MeanFieldSteps};

use crate::{Fit, Start, eight_schools, logistic};

/// The workloads that are compiled, too, by their names.
pub const COMPILED: [(&str, Start); 6] = [
    ("eight_schools/S1", |device| eight_schools::compiled(1, device)),
    ("eight_schools/S10", |device| eight_schools::compiled(10, device)),
    ("logistic/100x8/S1", |device| logistic::compiled([100, 8], 1, device)),
    ("logistic/1000x25/S1", |device| logistic::compiled([1000, 25], 1, device)),
    ("logistic/1000x25/S10", |device| logistic::compiled([1000, 25], 10, device)),
    ("logistic/10000x50/S10", |device| logistic::compiled([10_000, 50], 10, device)),
];

/// Independent normals from where the eager fit starts; `recorded` makes the data on the device that records.
pub fn fit<B>(
    program: fn(&mut Trace, &B),
    data: &B,
    recorded: impl FnOnce(&Device) -> B,
    particles: usize,
    device: &Device,
) -> Fit {
    let mut noise = Noise::new(0, device);
    let layout = Layout::discover(&program, data, &noise).expect("the model runs");
    let guide = MeanField::new(&layout, &program, data, &mut noise).expect("a start");
    let density = Compiled::new(&program, recorded, &layout, particles);
    let numbers = |tensor: Tensor<2>| tensor.into_data().iter().collect::<Vec<f32>>();
    let (loc, log_scale) = (numbers(guide.loc()), numbers(guide.scale().log()));
    let steps = MeanFieldSteps::new(density.expect("it is covered"), &loc, &log_scale, noise);
    let mut steps = steps.expect("a start of the right size");
    Fit { step: Box::new(move || steps.step().expect("every step is finite")) }
}
