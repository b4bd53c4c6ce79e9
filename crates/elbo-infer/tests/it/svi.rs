use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
use burn::module::{Module, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Tensor};
use elbo_dist::{Distribution, HalfNormal, Noise, Normal, Place, Support};
use elbo_guide::MeanField;
use elbo_infer::{Adam, Elbo, InferError, StepInfo, StickingTheLanding, Svi};
use elbo_model::{Layout, Model, Trace};

use crate::{CHAIN_EVIDENCE, chain, f64_on_flex, guide, one};

/// Conjugate: the posterior `N(½, ½)` lies in the family. Sticking the landing has no gradient
/// noise there, so a constant rate converges to the digits of single precision.
#[test]
fn mean_field_recovers_the_conjugate_normal_posterior() {
    let place = Place::f32(&Device::flex());
    let x = one(&place);
    let (guide, noise) = guide(&chain, &x, &place, 0);
    let mut svi = Svi::new(Model::new(chain), guide, StickingTheLanding, noise)
        .with_learning_rate(0.05)
        .with_particles(4);
    svi.run(2000, &x, &mut ()).unwrap();
    let posterior = svi.posterior();
    let loc: f32 = posterior.guide().loc().into_scalar();
    let scale: f32 = posterior.guide().scale().into_scalar();
    assert!((loc - 0.5).abs() < 1e-3, "{loc}");
    assert!((scale - 0.5_f32.sqrt()).abs() < 1e-3, "{scale}");
    let bound = posterior.bound(&x, 1000).unwrap();
    assert!((bound.mean - CHAIN_EVIDENCE).abs() < 1e-5, "{bound:?}");
    assert!(bound.standard_error < 1e-4, "{bound:?}");
}

#[test]
fn a_step_does_not_depend_on_how_the_steps_before_it_were_called() {
    let place = Place::f32(&Device::flex());
    let x = one(&place);
    let fresh = || {
        let (guide, noise) = guide(&chain, &x, &place, 5);
        Svi::new(Model::new(chain), guide, Elbo, noise)
    };
    let mut at_once = fresh();
    let whole = at_once.run(20, &x, &mut ()).unwrap().bounds;
    let mut piecewise = fresh();
    let mut parts = piecewise.run(7, &x, &mut ()).unwrap().bounds;
    parts.push(piecewise.step(&x).unwrap().bound);
    parts.extend(piecewise.run(12, &x, &mut ()).unwrap().bounds);
    assert_eq!(whole, parts);
    assert_eq!(at_once.steps(), 20);
}

/// One SGD step moves a parameter by the rate times its gradient, so the length of the step shows
/// what clipping did: with a maximal norm of 0.5 and a rate of 0.1 it is 0.05.
#[test]
fn clipping_bounds_the_length_of_the_whole_step() {
    let place = f64_on_flex();
    let x = place.tensor(vec![50.0], [1, 1]);
    let (start, noise) = guide(&chain, &x, &place, 0);
    let before = [start.loc(), start.scale().log()];
    let mut svi = Svi::new(Model::new(chain), start, Elbo, noise)
        .with_optimizer(SgdConfig::new().init())
        .with_learning_rate(0.1)
        .with_max_gradient_norm(0.5);
    let info = svi.step(&x).unwrap();
    assert!(info.gradient_norm > 10.0, "{info:?}");
    let (_, after) = svi.into_parts();
    let after = [after.loc(), after.scale().log()];
    let squared: f64 = before
        .into_iter()
        .zip(after)
        .map(|(b, a)| (a - b).square().sum().into_scalar::<f64>())
        .sum();
    assert!((squared.sqrt() - 0.05).abs() < 1e-9, "{}", squared.sqrt());
}

#[test]
fn an_observer_sees_every_step_with_its_learning_rate() {
    let place = Place::f32(&Device::flex());
    let x = one(&place);
    let (guide, noise) = guide(&chain, &x, &place, 0);
    let schedule = ExponentialLrSchedulerConfig::new(0.1, 0.5).init().unwrap();
    let mut svi = Svi::new(Model::new(chain), guide, Elbo, noise).with_schedule(schedule);
    let mut seen = Vec::new();
    let run = svi.run(3, &x, &mut |info: &StepInfo| seen.push(info.clone())).unwrap();
    let rates: Vec<_> = seen.iter().map(|info| info.learning_rate).collect();
    assert_eq!(rates, [0.1, 0.05, 0.025]);
    assert_eq!(seen.iter().map(|info| info.step).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(seen.iter().map(|info| info.bound).collect::<Vec<_>>(), run.bounds);
}

/// Maximum likelihood of a scale `s` for `x ~ N(0, s²)` is the root mean square,
/// `√((1 + 4 + 9 + 16) / 4) = √7.5`, whatever the latent, which touches nothing, does.
#[test]
fn a_param_of_the_model_is_trained_with_the_guide() {
    fn model(t: &mut Trace, x: &Tensor<2>) {
        t.sample("idle", Normal::<2>::new(0.0, 1.0));
        let scale = t.param("scale", Tensor::ones([1, 1], &x.device()), Support::Positive);
        t.observe("x", Normal::new(0.0, scale), x.clone());
    }
    let place = Place::f32(&Device::flex());
    let x = place.tensor(vec![1.0, 2.0, -3.0, 4.0], [1, 4]);
    let mut noise = Noise::new(0, &place);
    let layout = Layout::discover(&model, &x, &noise).unwrap();
    let model = Model::new(model).with_params(&layout);
    let start = MeanField::new(&layout, &model, &x, &mut noise).unwrap();
    let mut svi = Svi::new(model, start, StickingTheLanding, noise).with_learning_rate(0.05);
    svi.run(1000, &x, &mut ()).unwrap();
    let scale: f32 = svi.posterior().model().params().get("scale").unwrap().into_scalar();
    assert!((scale - 7.5_f32.sqrt()).abs() < 1e-3, "{scale}");
}

/// With a positive latent: `τ ~ HalfNormal(1)` alone, no data. The family is log-normal, so its
/// bound stays under the evidence, 0. For `log τ ~ N(m, s²)` it is
/// `½ log(2/π) - ½ e^(2m + 2s²) + m + ½ log(2πe s²)`; `2 s² = 1` and `e^(2m + 1) = 1` maximize
/// it, where it is `½ log(2/π) - ½ - ½ + ½ log(πe) = ½ log 2 - ½ = -0.1534`.
#[test]
fn a_positive_latent_reaches_the_optimum_of_its_log_normal_family() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("tau", HalfNormal::<2>::new(1.0).iid([1, 1]));
    }
    let place = Place::f32(&Device::flex());
    let (guide, noise) = guide(&model, &(), &place, 1);
    let mut svi =
        Svi::new(Model::new(model), guide, Elbo, noise).with_particles(50).with_learning_rate(0.02);
    svi.run(1500, &(), &mut ()).unwrap();
    let bound = svi.posterior().bound(&(), 50_000).unwrap();
    let optimum = 0.5 * 2.0_f64.ln() - 0.5;
    // Wandering at this rate with 50 particles costs about 1e-3; the estimate four of its errors.
    assert!((bound.mean - optimum).abs() < 1e-3 + 4.0 * bound.standard_error, "{bound:?}");
}

/// Ten steps of Kingma & Ba (2015), algorithm 1, by hand, with gradients that differ from step to step: in double precision to a few
/// units in the last place, and in single precision to those of its own.
#[test]
fn adam_is_that_of_its_authors() {
    let gradient = |step: i32, i: usize| (f64::from(step) * 0.7 + i as f64).sin();
    let (beta_1, beta_2, rate, epsilon) = (0.8_f64, 0.99_f64, 0.05, 1e-6);
    let mut expected = vec![0.3, -1.2, 2.0];
    let (mut first, mut second) = ([0.0; 3], [0.0; 3]);
    for step in 1..=10 {
        for i in 0..3 {
            let g = gradient(step, i);
            first[i] = beta_1 * first[i] + (1.0 - beta_1) * g;
            second[i] = beta_2 * second[i] + (1.0 - beta_2) * g * g;
            let mean = first[i] / (1.0 - beta_1.powi(step));
            let square: f64 = second[i] / (1.0 - beta_2.powi(step));
            expected[i] -= rate * mean / (square.sqrt() + epsilon);
        }
    }
    for (place, tolerance) in [(f64_on_flex(), 1e-14), (Place::f32(&Device::flex()), 1e-6)] {
        let adam = Adam::new().with_betas(beta_1, beta_2).unwrap().with_epsilon(epsilon).unwrap();
        let mut optimizer = ModuleOptimizer::from(adam);
        let start: Tensor<1> = place.tensor(vec![0.3, -1.2, 2.0], [3]);
        let mut x = Param::from_tensor(start.autodiff());
        for step in 1..=10 {
            let slopes: Tensor<1> = place.tensor((0..3).map(|i| gradient(step, i)).collect(), [3]);
            let loss = (x.val() * Tensor::from_inner(slopes)).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &x);
            x = optimizer.step(rate, x, gradients);
            if step == 5 {
                let bytes = optimizer.into_bytes().unwrap();
                optimizer = ModuleOptimizer::from(adam).from_bytes(bytes).unwrap();
            }
        }
        let found: Vec<f64> = x.val().into_data().iter().collect();
        elbo_testkit::assert_close(&found, &expected, tolerance, tolerance);
    }
    assert!(Adam::new().with_betas(1.0, 0.9).is_err());
    assert!(Adam::new().with_epsilon(0.0).is_err());
    assert!(Adam::new().with_epsilon(1e-46).is_err());
}

/// The square of a gradient of 1e21 is no number of single precision.
#[test]
fn adam_survives_gradients_whose_squares_are_too_large() {
    for device in std::iter::once(Device::flex()).chain([elbo_testkit::ndarray()]) {
        let mut optimizer = ModuleOptimizer::from(Adam::new());
        let mut x = Param::from_tensor(Tensor::<1>::from_floats([1.0], &device.autodiff()));
        for slope in [1e21_f64, 1.0, 1.0] {
            let gradients = (x.val() * slope).sum().backward();
            let gradients = GradientsParams::from_grads(gradients, &x);
            x = optimizer.step(0.1, x, gradients);
        }
        let x = x.val().into_scalar::<f32>();
        // By the same formulas in double precision, with a mean square of at most 3.4e38.
        assert!((x - 0.6249).abs() < 1e-4, "{x}");
    }
}

/// A record goes into a fit of another precision, and into none of another optimizer.
#[test]
fn a_record_takes_the_precision_of_the_fit_and_keeps_its_optimizer() {
    let fit = |place: &Place| {
        let x = one(place);
        let (guide, noise) = guide(&chain, &x, place, 0);
        (Svi::new(Model::new(chain), guide, Elbo, noise), x)
    };
    let (mut double, x) = fit(&f64_on_flex());
    let (mut single, y) = fit(&Place::f32(&Device::flex()));
    double.run(5, &x, &mut ()).unwrap();
    single.load_record(double.to_record()).unwrap();
    for _ in 0..5 {
        let [expected, found] = [double.step(&x).unwrap(), single.step(&y).unwrap()];
        assert!((found.bound - expected.bound).abs() < 1e-5, "{found:?} {expected:?}");
    }
    let (other, _) = fit(&f64_on_flex());
    let momentum = SgdConfig::new().with_momentum(Some(MomentumConfig::new()));
    let mut other = other.with_optimizer(momentum.init());
    let refusal = other.load_record(double.to_record()).unwrap_err();
    assert!(matches!(refusal, InferError::OptimizerRecord), "{refusal}");
    assert_eq!(other.steps(), 0);
    let (other, _) = fit(&f64_on_flex());
    let falling = ExponentialLrSchedulerConfig::new(0.1, 0.9).init().unwrap();
    let mut other = other.with_schedule(falling);
    let refusal = other.load_record(double.to_record()).unwrap_err();
    assert!(matches!(refusal, InferError::ScheduleRecord), "{refusal}");
    assert_eq!(other.steps(), 0);
}

/// Burn's own records bring their precision along.
#[test]
fn parameters_of_another_precision_than_the_noise_are_refused() {
    let place = Place::f32(&Device::flex());
    let (double, _) = guide(&chain, &one(&f64_on_flex()), &f64_on_flex(), 0);
    let (single, noise) = guide(&chain, &one(&place), &place, 0);
    let double = single.load_record(double.into_record());
    let mut svi = Svi::new(Model::new(chain), double.clone(), Elbo, noise.clone());
    let error = svi.step(&one(&place)).unwrap_err();
    assert!(error.to_string().starts_with("parameter 1.loc is at Place"), "{error}");
    assert!(matches!(error, InferError::ParameterPlace { .. }), "{error}");
    let record = double.clone().into_record().cast_to_module_dtype();
    let single = guide(&chain, &one(&place), &place, 0).0.try_load_record(record).unwrap();
    assert!(Svi::new(Model::new(chain), single, Elbo, noise).step(&one(&place)).is_ok());
}
