//! Values and gradients.

use burn::tensor::{Device, Tensor, TensorData};
use elbo_compile::Compiled;
use elbo_dist::Noise;
use elbo_guide::FlatLatents;
use elbo_model::{Layout, LogJoint};

use crate::models::{Rows, Schools, eight_schools, logistic};

/// The values `[S]` and gradients `[S, d]` of the eager density by Burn's autodiff.
fn eager<B>(model: &impl LogJoint<B>, batch: &B, layout: &Layout, z: TensorData) -> [Vec<f64>; 2] {
    let flat = FlatLatents::new(layout).unwrap();
    let place = layout.place();
    let z = Tensor::<2>::from_data(z, (place.device(), place.dtype())).autodiff().require_grad();
    let (latents, minus_log_det) = flat.unpack(z.clone());
    let total = model.log_joint(&latents, batch).unwrap().less(&minus_log_det).unwrap();
    let gradient = z.grad(&total.clone().sum().backward()).unwrap();
    [total.inner(), gradient].map(|tensor| tensor.into_data().iter::<f64>().collect())
}

/// Compares with the eager path: sums of up to a thousand numbers of single precision that are added in another order are off by a
/// few units of rounding, 6e-8, of the largest number at hand.
fn check<B>(
    model: impl LogJoint<B> + elbo_model::Program<B>,
    batch: impl Fn(&Device) -> B,
    particles: usize,
) {
    let device = Device::flex();
    let noise = Noise::new(0, &device);
    let layout = Layout::discover(&model, &batch(&device), &noise).unwrap();
    let mut compiled = Compiled::new(&model, &batch, &layout, particles).unwrap();
    let z = noise.site("points").normal(compiled.shape()).into_data();
    let single = eager(&model, &batch(&device), &layout, z.clone());
    let (values, gradient) = compiled.run(z.as_slice::<f32>().unwrap()).unwrap();
    for (found, expected) in [values, gradient].into_iter().zip(&single) {
        let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let apart = (f64::from(*found) - expected).abs() / largest;
            assert!(apart < 1e-6, "{found} is not {expected}: {apart:e}");
        }
    }
}

#[test]
fn eight_schools_has_the_eager_values_and_gradients() {
    check(eight_schools, Schools::new, 1);
    check(eight_schools, Schools::new, 10);
}

#[test]
fn logistic_regression_has_the_eager_values_and_gradients() {
    check(logistic, |device: &Device| Rows::new([100, 8], device), 1);
    check(logistic, |device: &Device| Rows::new([1000, 25], device), 1);
    check(logistic, |device: &Device| Rows::new([1000, 25], device), 10);
}

/// Two products, the sums of prior and likelihood, and four kernels: the prior, the likelihood with its slopes, the total, the gradient. The
/// table of data is nearly all the memory.
#[test]
fn a_density_is_a_few_steps_in_little_memory() {
    let device = Device::flex();
    let rows = |device: &Device| Rows::new([1000, 25], device);
    let layout = Layout::discover(&logistic, &rows(&device), &Noise::new(0, &device)).unwrap();
    let counts = Compiled::new(&logistic, rows, &layout, 1).unwrap().counts();
    assert_eq!((counts.recorded, counts.steps), (23, 8));
    assert!(counts.numbers < 25_000 + 5_000, "{counts:?}");
}
