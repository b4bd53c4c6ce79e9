//! Gradients of a program's total, by hand and by central differences.

use burn::tensor::{Device, Tensor};
use elbo_dist::{Distribution, Exponential, Normal};
use elbo_model::{LogJoint, Subsample, Trace};
use elbo_testkit::{assert_gradient, autodiff_gradient};

use crate::*;

fn model(t: &mut Trace, y: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(0.0, 2.0));
    t.plate("rows", Subsample { total: 9, batch: 3 }, |t| {
        t.observe("y", Normal::new(mu, 1.0), y.clone())
    });
}

/// d/dμ: -μ/4 + 9/3 · Σ (yᵢ - μ) with y = 1, 2, 6: at μ = 1 it is -¼ + 3 · 6 = 17.75, at μ = 4 it
/// is -1 + 3 · (-3) = -10.
#[test]
fn the_gradient_of_the_total_is_the_derivative_by_hand() {
    let y = matrix([[1.0, 2.0, 6.0]]);
    let gradient = autodiff_gradient(&Device::flex(), [2, 1], &[1.0, 4.0], |mu| {
        score(&model, &at([("mu", mu)]), &y).total().sum().reshape([1])
    });
    assert_close(&gradient, &[17.75, -10.0]);
}

#[test]
fn the_gradient_of_a_hierarchical_model_agrees_with_central_differences() {
    fn schools(t: &mut Trace, y: &Tensor<2>) {
        let mu = t.sample("mu", Normal::new(0.0, 5.0));
        let tau = t.sample("tau", Exponential::new(0.2));
        let z = t.sample("z", Normal::new(0.0, 1.0).iid([1, 3]));
        let theta = t.deterministic("theta", mu + tau * z);
        t.observe("y", Normal::new(theta, 10.0), y.clone());
    }
    let y = matrix([[28.0, 8.0, -3.0]]);
    assert_gradient(
        &Device::flex(),
        [2, 5],
        &[4.0, 3.0, 0.5, -1.0, 0.2, -1.0, 7.0, 1.0, 0.1, -2.0],
        |x| {
            let part = |start: usize, size: usize| x.clone().narrow(1, start, size);
            let latents = at([("mu", part(0, 1)), ("tau", part(1, 1)), ("z", part(2, 3))]);
            score(&schools, &latents, &y).total().sum().reshape([1])
        },
    );
}

/// x = m + s ε: by m the draw has slope 1.
#[test]
fn a_reparameterized_draw_carries_its_gradient() {
    let slope = autodiff_gradient(&Device::flex(), [1, 1], &[1.0], |m| {
        let mut t = Trace::prior(4, Noise::new(0, double()));
        t.sample("x", Normal::new(m, 1.0)).sum()
    });
    assert_eq!(slope, [4.0]);
}

#[test]
fn constant_latents_stop_the_gradient() {
    let gradient = autodiff_gradient(&Device::flex(), [1, 1], &[1.0], |mu| {
        let latents = at([("mu", mu)]).constant();
        model.log_joint(&latents, &matrix([[1.0, 2.0, 6.0]])).unwrap().total().reshape([1])
    });
    assert_eq!(gradient, [0.0]);
}
