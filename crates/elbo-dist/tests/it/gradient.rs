//! Gradients of log-probabilities against central differences, in double precision.

use burn::tensor::{Device, Float, Int, Tensor};
use elbo_dist::{
    Bernoulli, Categorical, Distribution, Exponential, Gamma, HalfCauchy, HalfNormal, LogNormal,
    Normal, Uniform,
};
use elbo_testkit::{assert_gradient, autodiff_gradient};

use crate::double;

const X: [f64; 6] = [0.03, 0.4, 1.0, 1.7, 5.0, 23.0];
const SHAPE: [usize; 2] = [2, 3];

fn fixed(values: [f64; 6]) -> Tensor<2> {
    double().tensor(values.to_vec(), SHAPE)
}

/// With respect to one parameter an element, one for a row of elements, and one for all.
#[track_caller]
fn parameter<P: Distribution<2, Kind = Float>>(at: [f64; 6], make: impl Fn(Tensor<2>) -> P) {
    for shape in [[2, 3], [2, 1], [1, 3], [1, 1]] {
        let at = &at[..shape[0] * shape[1]];
        assert_gradient(&Device::flex(), shape, at, |p| make(p).log_prob(fixed(X)).sum());
    }
}

#[track_caller]
fn value<P: Distribution<2, Kind = Float>>(at: [f64; 6], distribution: P) {
    assert_gradient(&Device::flex(), SHAPE, &at, |x| distribution.log_prob(x).sum());
}

const LOC: [f64; 6] = [-2.0, 0.1, 1.0, 3.0, 0.5, -0.3];
const SCALE: [f64; 6] = [0.2, 1.0, 3.5, 0.9, 11.0, 2.0];

#[test]
fn normal_has_the_gradient_of_its_log_prob() {
    value(LOC, Normal::new(0.3, fixed(SCALE)));
    parameter(LOC, |loc| Normal::new(loc, fixed(SCALE)));
    parameter(SCALE, |scale| Normal::new(fixed(LOC), scale));
    parameter(SCALE, |scale| Normal::new(0.0, scale));
}

#[test]
fn half_normal_has_the_gradient_of_its_log_prob() {
    value(X, HalfNormal::new(fixed(SCALE)));
    parameter(SCALE, HalfNormal::new);
}

#[test]
fn half_cauchy_has_the_gradient_of_its_log_prob() {
    value(X, HalfCauchy::new(fixed(SCALE)));
    parameter(SCALE, HalfCauchy::new);
}

#[test]
fn log_normal_has_the_gradient_of_its_log_prob() {
    value(X, LogNormal::new(fixed(LOC), fixed(SCALE)));
    parameter(LOC, |loc| LogNormal::new(loc, fixed(SCALE)));
    parameter(SCALE, |scale| LogNormal::new(fixed(LOC), scale));
}

#[test]
fn gamma_has_the_gradient_of_its_log_prob() {
    value(X, Gamma::new(fixed(SCALE), 0.7));
    parameter(SCALE, |concentration| Gamma::new(concentration, fixed(X)));
    parameter(SCALE, |rate| Gamma::new(fixed(X), rate));
    parameter(SCALE, |concentration| Gamma::new(concentration, 2.0));
}

#[test]
fn exponential_has_the_gradient_of_its_log_prob() {
    value(X, Exponential::new(fixed(SCALE)));
    parameter(SCALE, Exponential::new);
}

#[test]
fn uniform_is_flat() {
    let flat = autodiff_gradient(&Device::flex(), [1, 2], &[0.2, 0.9], |x: Tensor<2>| {
        Uniform::new(0.0, 1.0).log_prob(x).sum()
    });
    assert_eq!(flat, [0.0, 0.0]);
}

/// The values are 0, 1 and, as in a relaxed program, between.
#[test]
fn bernoulli_has_the_gradient_of_its_log_prob() {
    let x = [0.0, 1.0, 1.0, 0.0, 0.3, 0.9];
    let logits = [-30.0, -2.0, 0.4, 1.0, 2.5, 17.0];
    for shape in [[2, 3], [2, 1], [1, 3], [1, 1]] {
        let at = &logits[..shape[0] * shape[1]];
        assert_gradient(&Device::flex(), shape, at, |logits| {
            Bernoulli::logits(logits).log_prob(fixed(x)).sum()
        });
    }
    value([0.5, 0.1, 0.9, 0.2, 0.3, 0.7], Bernoulli::logits(fixed(logits)));
    parameter([0.5, 0.1, 0.9, 0.2, 0.3, 0.7], Bernoulli::probs);
}

#[test]
fn value_and_parameters_of_a_bernoulli_get_their_gradients_at_once() {
    assert_gradient(&Device::flex(), [1, 2], &[0.4, -1.5], |both: Tensor<2>| {
        let (x, logits) = (both.clone().slice([0..1, 0..1]), both.slice([0..1, 1..2]));
        Bernoulli::logits(logits).log_prob(x).sum()
    });
}

#[test]
fn categorical_has_the_gradient_of_its_log_prob() {
    let value = Tensor::<2, Int>::from_ints([[2], [0]], &Device::flex());
    for shape in [[2, 3], [1, 3]] {
        let at = &[0.3, -1.0, 2.0, 500.0, 501.0, 499.5][..shape[0] * shape[1]];
        assert_gradient(&Device::flex(), shape, at, |logits| {
            Categorical::logits(logits).log_prob(value.clone()).sum()
        });
    }
}

/// `d x / d loc = 1` and `d x / d scale = z` draw by draw, so the mean draw follows `loc`.
#[test]
fn reparameterized_draws_carry_pathwise_gradients() {
    use elbo_dist::Noise;
    let noise = Noise::new(1, double());
    let mean = |p: Tensor<2>| {
        let (loc, scale) = (p.clone().slice([0..1, 0..1]), p.slice([0..1, 1..2]));
        Normal::new(loc, scale).sample(100, &mut noise.clone()).unwrap().mean()
    };
    let gradient = autodiff_gradient(&Device::flex(), [1, 2], &[0.7, 2.0], mean);
    let z: f64 = noise.clone().normal([100, 1]).mean().into_scalar();
    elbo_testkit::assert_close(&gradient, &[1.0, z], 1e-12, 0.0);
}

#[test]
fn every_reparameterized_draw_has_the_gradient_of_its_path() {
    use elbo_dist::Noise;
    let noise = Noise::new(2, double());
    fn draws<P: Distribution<2, Kind = Float>>(p: P, noise: &Noise) -> Tensor<1> {
        assert!(P::REPARAMETERIZED);
        p.sample(2, &mut noise.clone()).unwrap().sum()
    }
    let check = |f: &dyn Fn(Tensor<2>) -> Tensor<1>| {
        assert_gradient(&Device::flex(), [1, 3], &[0.5, 1.0, 2.5], f);
    };
    check(&|p| draws(HalfNormal::new(p), &noise));
    check(&|p| draws(HalfCauchy::new(p), &noise));
    check(&|p| draws(Exponential::new(p), &noise));
    check(&|p| draws(LogNormal::new(p, 0.5), &noise));
    check(&|p| draws(LogNormal::new(0.5, p), &noise));
    check(&|p| draws(Normal::new(p, 0.5), &noise));
}

#[test]
fn draws_that_are_not_reparameterized_and_detached_parameters_carry_none() {
    use elbo_dist::Noise;
    let p = fixed(SCALE).autodiff().require_grad();
    let noise = &mut Noise::new(3, double());
    assert!(!Gamma::new(p.clone(), p.clone()).sample(2, noise).unwrap().is_tracked());
    assert!(!Bernoulli::logits(p.clone()).sample(2, noise).unwrap().is_tracked());
    let (x, normal) = (fixed(X), Normal::new(p.clone(), p.clone()));
    assert!(normal.log_prob(x.clone()).is_tracked());
    assert!(!normal.detach().log_prob(x.clone()).is_tracked());
    assert!(!Gamma::new(p.clone(), p.clone()).detach().log_prob(x.clone()).is_tracked());
    assert!(!LogNormal::new(p.clone(), p.clone()).detach().log_prob(x.clone()).is_tracked());
    assert!(!Bernoulli::logits(p.clone()).detach().log_prob(x).is_tracked());
}
