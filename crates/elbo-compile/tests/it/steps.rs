//! Steps of a fit.

use burn::tensor::Device;
use elbo_compile::{CompileError, Compiled, MeanFieldSteps};
use elbo_dist::Noise;
use elbo_guide::MeanField;
use elbo_infer::{Elbo, Svi};
use elbo_model::{Layout, Model, Trace};

use crate::models::{Rows, Schools, eight_schools, logistic};

/// The largest distances of locations, log-scales and bounds from those of `Svi` after so many steps from the same start with the same
/// noise.
fn apart<B: 'static>(
    model: fn(&mut Trace, &B),
    batch: impl Fn(&Device) -> B,
    particles: usize,
    steps: usize,
) -> [f64; 3] {
    let device = Device::flex();
    let (data, mut noise) = (batch(&device), Noise::new(0, &device));
    let layout = Layout::discover(&model, &data, &noise).unwrap();
    let guide = MeanField::new(&layout, &model, &data, &mut noise).unwrap();
    let start: Vec<f32> = guide.loc().into_data().iter().collect();
    let density = Compiled::new(&model, &batch, &layout, particles).unwrap();
    let log_scale = vec![0.1_f64.ln() as f32; start.len()];
    let mut own = MeanFieldSteps::new(density, &start, &log_scale, noise.clone()).unwrap();
    let mut svi = Svi::new(Model::new(model), guide, Elbo, noise).with_particles(particles);
    let mut bounds: f64 = 0.0;
    for _ in 0..steps {
        let (found, expected) = (own.step().unwrap(), svi.step(&data).unwrap().bound);
        bounds = bounds.max((found - expected).abs() / expected.abs());
    }
    let (_, guide) = svi.into_parts();
    let far = |found: &[f32], expected: Vec<f32>| {
        let pairs = found.iter().zip(expected).map(|(a, b)| f64::from(a - b).abs());
        pairs.fold(0.0, f64::max)
    };
    let locs = far(own.loc(), guide.loc().into_data().iter().collect());
    let scales = far(own.log_scale(), guide.scale().log().into_data().iter().collect());
    [locs, scales, bounds]
}

/// The steps are 0.01 long, and a rounding of 1e-7 in a gradient is one in a step: after 50 steps, 1e-5 is far above what they add up to
/// and far below a single step.
#[test]
fn steps_are_those_of_the_eager_fit() {
    let schools = [1, 10].map(|particles| apart(eight_schools, Schools::new, particles, 50));
    let rows = |shape| move |device: &Device| Rows::new(shape, device);
    let logistic = [[100, 8], [1000, 25]].map(|shape| apart(logistic, rows(shape), 1, 50));
    for distances in schools.into_iter().chain(logistic) {
        assert!(distances.iter().all(|apart| *apart < 1e-5), "{distances:?}");
    }
}

#[test]
fn a_step_without_a_finite_bound_is_refused_and_changes_nothing() {
    let density = Compiled::function(|x| x.log().sum_dim(1), [1, 1]).unwrap();
    let noise = Noise::new(0, &Device::flex());
    let mut steps = MeanFieldSteps::new(density, &[-5.0], &[-3.0], noise).unwrap();
    let error = steps.step().unwrap_err();
    assert!(matches!(error, CompileError::NonFinite { step: 0, .. }), "{error}");
    assert_eq!((steps.loc(), steps.log_scale()), (&[-5.0][..], &[-3.0][..]));
}
