use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use elbo_dist::{Bernoulli, Normal, Place};
use elbo_guide::Amortized;
use elbo_infer::{Elbo, InferError, Svi};
use elbo_model::{
    Latents, LogJoint, LogTerms, Model, ModelError, Program, Role, Subsample, Term, Trace,
};

use crate::{chain, guide, one};

fn place() -> Place {
    Place::f32(&Device::flex())
}

/// A guide for `z` with one trainable number.
#[derive(Module, Debug)]
struct Shift {
    loc: Param<Tensor<2>>,
}

impl Shift {
    fn new(loc: f64) -> Self {
        Self { loc: Param::from_tensor(place().tensor(vec![loc], [1, 1])) }
    }
}

impl Program for Shift {
    fn run(&self, t: &mut Trace, _: &()) {
        t.sample("z", Normal::new(self.loc.val(), 0.1));
    }
}

impl Program<usize> for Shift {
    fn run(&self, t: &mut Trace, _: &usize) {
        Program::<()>::run(self, t, &());
    }
}

/// The number is the total of the guide's plate.
impl Program<(Tensor<2>, usize)> for Shift {
    fn run(&self, t: &mut Trace, x: &(Tensor<2>, usize)) {
        t.plate("rows", Subsample { total: x.1, batch: 2 }, |t| {
            t.sample("z", Normal::new(self.loc.val(), 0.1));
        });
    }
}

/// A density of `z` that is what the field says.
#[derive(Module, Debug)]
struct Density {
    #[module(skip)]
    log_density: fn(Tensor<2>) -> Tensor<2>,
}

impl LogJoint for Density {
    fn log_joint(&self, latents: &Latents, _: &()) -> Result<LogTerms, ModelError> {
        let mut terms = LogTerms::default();
        let log_density = (self.log_density)(latents.get::<2>("z")?);
        terms.push(Term::new("density", Role::Factor, vec![], log_density));
        Ok(terms)
    }
}

fn failing(log_density: fn(Tensor<2>) -> Tensor<2>, loc: f64) -> (InferError, f64) {
    let guide = Amortized::new(Shift::new(loc));
    let noise = elbo_dist::Noise::new(0, place());
    let mut svi = Svi::new(Density { log_density }, guide, Elbo, noise).with_particles(2);
    let error = svi.step(&()).unwrap_err();
    assert_eq!(svi.steps(), 0);
    let loc = svi.into_parts().1.program().loc.val().into_scalar();
    (error, loc)
}

#[test]
fn a_non_finite_density_names_site_element_and_step_and_leaves_the_parameters() {
    let (error, loc) = failing(|z| z.log(), -3.0);
    assert_eq!(
        error.to_string(),
        "step 0 of seed 0: the log-density of \"density\" is NaN at [0, 0]; check the parameters and values \
         that reach it there (the parameters are as they were before it)"
    );
    assert_eq!(loc, -3.0);
}

#[test]
fn a_non_finite_step_in_mid_fit_keeps_the_last_good_parameters() {
    fn model(t: &mut Trace, x: &Tensor<2>) {
        let z = t.sample("z", Normal::new(0.0, 1.0));
        t.observe("x", Normal::new(z, 1.0), x.clone());
    }
    let (guide, noise) = guide(&model, &one(&place()), &place(), 0);
    let mut svi = Svi::new(Model::new(model), guide, Elbo, noise);
    svi.run(5, &one(&place()), &mut ()).unwrap();
    let before = svi.posterior().guide().loc().into_data();
    let broken = place().tensor(vec![f64::NAN], [1, 1]);
    let error = svi.step(&broken).unwrap_err();
    let InferError::NonFinite { when, source: ModelError::OutsideSupport { site, .. } } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((when.step, &**site), (5, "x"));
    assert_eq!(svi.posterior().guide().loc().into_data(), before);
    svi.step(&one(&place())).unwrap();
    assert_eq!(svi.steps(), 6);
}

/// `√(z - z)` is 0 with slope `0 · ∞`.
#[test]
fn a_non_finite_gradient_of_a_finite_bound_names_the_parameter_and_the_site() {
    let (error, loc) = failing(|z| (z.clone() - z).sqrt(), 1.0);
    let InferError::NonFiniteGradient { parameter, index, site, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(site.as_deref(), Some("density"));
    assert!(parameter.ends_with("loc"), "{parameter}");
    assert_eq!(index, &[0, 0]);
    assert_eq!(loc, 1.0);
}

/// Two finite terms of 3e38 exceed the largest single.
#[test]
fn finite_terms_with_an_infinite_sum_are_said_to_overflow() {
    let (error, _) = failing(|z| z * 3e38, 1.0);
    assert!(matches!(error, InferError::NonFinite { .. } | InferError::Overflow { .. }), "{error}");
    #[derive(Module, Debug)]
    struct Twice {}
    impl LogJoint for Twice {
        fn log_joint(&self, latents: &Latents, _: &()) -> Result<LogTerms, ModelError> {
            let z = latents.get::<2>("z")?;
            let mut terms = LogTerms::default();
            for site in ["first", "second"] {
                let large = z.clone() * 0.0 + 3e38;
                terms.push(Term::new(site, Role::Factor, vec![], large));
            }
            Ok(terms)
        }
    }
    let noise = elbo_dist::Noise::new(0, place());
    let mut svi = Svi::new(Twice {}, Amortized::new(Shift::new(0.0)), Elbo, noise);
    let error = svi.step(&()).unwrap_err();
    assert!(matches!(error, InferError::Overflow { .. }), "{error}");
}

#[test]
fn a_bound_without_any_density_is_refused() {
    #[derive(Module, Debug)]
    struct Silent {}
    impl LogJoint for Silent {
        fn log_joint(&self, _: &Latents, _: &()) -> Result<LogTerms, ModelError> {
            Ok(LogTerms::default())
        }
    }
    #[derive(Module, Debug)]
    struct Idle {}
    impl Program for Idle {
        fn run(&self, _: &mut Trace, (): &()) {}
    }
    let noise = elbo_dist::Noise::new(0, place());
    let svi = Svi::new(Silent {}, Amortized::new(Idle {}), Elbo, noise);
    assert!(matches!(svi.posterior().bound(&(), 10), Err(InferError::NothingToTrain)));
}

#[test]
fn a_site_whose_estimator_the_objective_does_not_know_is_refused_before_the_first_step() {
    #[derive(Module, Debug)]
    struct Coin {
        logit: Param<Tensor<2>>,
    }
    impl Program for Coin {
        fn run(&self, t: &mut Trace, _: &()) {
            t.sample("heads", Bernoulli::logits(self.logit.val()));
        }
    }
    fn model(t: &mut Trace, _: &()) {
        t.sample("heads", Bernoulli::<2>::probs(0.3));
    }
    let coin = Coin { logit: Param::from_tensor(place().zeros([1, 1])) };
    let noise = elbo_dist::Noise::new(0, place());
    let objective = elbo_infer::DoublyReparameterizedIwae;
    let svi = Svi::new(Model::new(model), Amortized::new(coin), objective, noise);
    let error = svi.with_particles(2).step(&()).unwrap_err();
    let expected = "\"heads\" has the estimator score function, leave-one-out, which DoublyReparam";
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn no_particles_and_nothing_to_train_are_errors() {
    let (start, noise) = guide(&chain, &one(&place()), &place(), 0);
    let mut svi = Svi::new(Model::new(chain), start.clone(), Elbo, noise.clone());
    svi = svi.with_particles(0);
    assert!(matches!(svi.step(&one(&place())), Err(InferError::NoParticles)));
    let mut frozen = Svi::new(Model::new(chain), start.no_grad(), Elbo, noise);
    assert!(matches!(frozen.step(&one(&place())), Err(InferError::NothingToTrain)));
}

#[test]
fn a_site_that_guide_and_model_do_not_share_is_named() {
    fn other(t: &mut Trace, _: &()) {
        t.sample("w", Normal::<2>::new(0.0, 1.0));
    }
    let noise = elbo_dist::Noise::new(0, place());
    let mut svi = Svi::new(Model::new(other), Amortized::new(Shift::new(0.0)), Elbo, noise);
    let error = svi.step(&()).unwrap_err().to_string();
    assert!(error.contains("no value for \"w\", only for \"z\""), "{error}");
}

#[test]
fn the_first_step_checks_data_that_no_layout_has_seen() {
    fn model(t: &mut Trace, x: &Tensor<2>) {
        let z = t.sample("z", Normal::new(0.0, 1.0));
        t.observe("x", Bernoulli::logits(z), x.clone());
    }
    #[derive(Module, Debug)]
    struct Wide {
        shift: Shift,
    }
    impl Program<Tensor<2>> for Wide {
        fn run(&self, t: &mut Trace, _: &Tensor<2>) {
            self.shift.run(t, &());
        }
    }
    let noise = elbo_dist::Noise::new(0, place());
    let guide = Amortized::new(Wide { shift: Shift::new(0.0) });
    let mut svi = Svi::new(Model::new(model), guide, Elbo, noise);
    let error = svi.step(&place().tensor(vec![1.0, 3.0], [1, 2])).unwrap_err();
    assert!(error.to_string().contains("the value 3 at [0, 1] lies outside"), "{error}");
}

/// A guide that forgets the plate would be scaled by 1 where the model is scaled by 10.
#[test]
fn a_guide_in_other_plates_than_the_model_is_refused() {
    fn model(t: &mut Trace, x: &Tensor<2>) {
        t.plate("rows", Subsample { total: 20, batch: 2 }, |t| {
            let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
            t.observe("x", Normal::new(z, 1.0), x.clone());
        });
    }
    #[derive(Module, Debug)]
    struct Flat {
        loc: Param<Tensor<2>>,
    }
    impl Program<Tensor<2>> for Flat {
        fn run(&self, t: &mut Trace, _: &Tensor<2>) {
            t.sample("z", Normal::new(self.loc.val(), 1.0));
        }
    }
    let guide = Amortized::new(Flat { loc: Param::from_tensor(place().zeros([1, 2])) });
    let noise = elbo_dist::Noise::new(0, place());
    let mut svi = Svi::new(Model::new(model), guide, Elbo, noise);
    let error = svi.step(&place().zeros([1, 2])).unwrap_err();
    assert!(matches!(&error, InferError::PlateMismatch { site } if site == "z"), "{error}");
}

#[test]
fn two_parameters_with_one_identity_are_refused() {
    use elbo_model::named_param;

    #[derive(Module, Debug)]
    struct Twins {
        first: Param<Tensor<2>>,
        second: Param<Tensor<2>>,
    }
    impl Program for Twins {
        fn run(&self, t: &mut Trace, _: &()) {
            t.sample("z", Normal::new(self.first.val(), self.second.val().exp()));
        }
    }
    let param = || named_param("loc", place().zeros([1, 1]));
    let guide = Amortized::new(Twins { first: param(), second: param() });
    let noise = elbo_dist::Noise::new(0, place());
    let mut svi = Svi::new(Density { log_density: |z| z.square() * -0.5 }, guide, Elbo, noise);
    let error = svi.step(&()).unwrap_err();
    let InferError::SharedParameter { first, second } = &error else { panic!("{error}") };
    assert!(first.ends_with("first") && second.ends_with("second"), "{error}");
}

#[test]
fn a_learning_rate_or_a_clipping_norm_that_makes_no_sense_is_refused() {
    let fresh = || {
        let noise = elbo_dist::Noise::new(0, place());
        let density = Density { log_density: |z| z.square() * -0.5 };
        Svi::new(density, Amortized::new(Shift::new(1.0)), Elbo, noise)
    };
    for rate in [f64::NAN, f64::INFINITY, -0.1] {
        let error = fresh().with_learning_rate(rate).step(&()).unwrap_err();
        assert!(matches!(error, InferError::LearningRate { .. }), "{error}");
    }
    for norm in [f64::NAN, 0.0, -1.0] {
        let error = fresh().with_max_gradient_norm(norm).step(&()).unwrap_err();
        assert!(matches!(error, InferError::MaxGradientNorm(_)), "{error}");
    }
}

/// A step of 1e39 leaves single precision.
#[test]
fn a_step_out_of_the_finite_numbers_is_not_taken() {
    let noise = elbo_dist::Noise::new(0, place());
    let density = Density { log_density: |z| z.square() * -0.5 };
    let mut svi =
        Svi::new(density, Amortized::new(Shift::new(1.0)), Elbo, noise).with_learning_rate(1e39);
    let error = svi.step(&()).unwrap_err();
    let InferError::Diverged { parameter, .. } = &error else { panic!("{error}") };
    assert!(parameter.ends_with("loc"), "{error}");
    assert_eq!(svi.steps(), 0);
    let loc: f64 = svi.into_parts().1.program().loc.val().into_scalar();
    assert_eq!(loc, 1.0);
}

/// What the refused steps did to the moments of Adam is undone.
#[test]
fn a_step_that_is_not_taken_leaves_the_optimizer_as_it_was() {
    let fit = |leap: bool| {
        let noise = elbo_dist::Noise::new(0, place());
        let density = Density { log_density: |z| z.square() * -0.5 };
        let svi = Svi::new(density, Amortized::new(Shift::new(1.0)), Elbo, noise);
        let mut svi = svi.with_learning_rate(0.1);
        svi.step(&()).unwrap();
        if leap {
            svi = svi.with_learning_rate(1e39);
            assert!(
                matches!(svi.step(&()), Err(InferError::Diverged { when, .. }) if when.step == 1)
            );
            assert!(
                matches!(svi.step(&()), Err(InferError::Diverged { when, .. }) if when.step == 1)
            );
            svi = svi.with_learning_rate(0.1);
        }
        svi.step(&()).unwrap();
        svi.into_parts().1.program().loc.val().into_scalar::<f64>()
    };
    assert_eq!(fit(true), fit(false));
}

/// A gradient of 1e30 has a square beyond single precision; clipped to 1 it moves SGD by the rate.
#[test]
fn a_gradient_whose_square_overflows_is_still_clipped() {
    let noise = elbo_dist::Noise::new(0, place());
    let density = Density { log_density: |z| z * 1e30 };
    let mut svi = Svi::new(density, Amortized::new(Shift::new(0.0)), Elbo, noise)
        .with_optimizer(burn::optim::SgdConfig::new().init())
        .with_learning_rate(0.25)
        .with_max_gradient_norm(1.0);
    let info = svi.step(&()).unwrap();
    assert!((info.gradient_norm / 1e30 - 1.0).abs() < 1e-6, "{info:?}");
    let loc: f64 = svi.into_parts().1.program().loc.val().into_scalar();
    assert!((loc - 0.25).abs() < 1e-6, "{loc}");
}

/// A density that is well-formed for the first batch may not be for a later one.
#[test]
fn terms_of_another_form_are_refused_at_any_step() {
    use burn::tensor::DType;
    use elbo_model::Plate;

    #[derive(Module, Debug)]
    struct Bowl {}
    impl LogJoint<usize> for Bowl {
        fn log_joint(&self, latents: &Latents, batch: &usize) -> Result<LogTerms, ModelError> {
            let z = latents.get::<2>("z")?;
            let plate = |axis, batch| Plate { name: "rows".into(), axis, total: 3, batch };
            let term = |plates, log_prob| Term::new::<2>("odd", Role::Factor, plates, log_prob);
            let odd = match batch {
                0 => term(vec![], z.clone()),
                1 => term(vec![], place().zeros([3, 1])),
                2 => term(vec![plate(1, 3)], z.clone()),
                3 => term(vec![], place().zeros([2, 0])),
                4 => term(vec![], z.clone().cast(DType::F64)),
                5 => term(vec![plate(1, 4)], z.clone()),
                _ => Term::new("odd", Role::Factor, vec![plate(2, 1)], z.clone()),
            };
            let mut terms = LogTerms::default();
            terms.push(Term::new("bowl", Role::Factor, vec![], z.square() * -0.5));
            terms.push(odd);
            Ok(terms)
        }
    }
    let noise = elbo_dist::Noise::new(0, place());
    let mut svi = Svi::new(Bowl {}, Amortized::new(Shift::new(0.0)), Elbo, noise).with_particles(2);
    svi.step(&0).unwrap();
    for batch in 1..=6 {
        let error = svi.step(&batch).unwrap_err();
        let text = match &error {
            InferError::Model(error) => error.to_string(),
            other => panic!("batch {batch}: {other}"),
        };
        assert!(text.starts_with("\"odd\"") || text.starts_with("plate \"rows\""), "{text}");
        let by_bound = svi.posterior().bound(&batch, 2).unwrap_err();
        assert_eq!(by_bound.to_string(), text);
    }
    svi.step(&0).unwrap();
}

/// The second batch's total is another one.
#[test]
fn a_guide_that_leaves_the_plates_of_the_model_is_refused_at_any_step() {
    fn model(t: &mut Trace, x: &(Tensor<2>, usize)) {
        t.plate("rows", Subsample { total: 4, batch: 2 }, |t| {
            let z = t.sample("z", Normal::new(0.0, 1.0));
            t.observe("x", Normal::new(z, 1.0), x.0.clone());
        });
    }
    let batch = |total| (place().zeros::<2>([1, 2]), total);
    let noise = elbo_dist::Noise::new(0, place());
    let mut svi = Svi::new(Model::new(model), Amortized::new(Shift::new(0.0)), Elbo, noise);
    svi.step(&batch(4)).unwrap();
    assert!(matches!(svi.step(&batch(9)), Err(InferError::PlateMismatch { .. })));
    let bound = svi.posterior().bound(&batch(9), 2);
    assert!(matches!(bound, Err(InferError::PlateMismatch { .. })));
}

#[test]
fn a_later_batch_outside_the_support_is_found_in_the_first_epoch() {
    fn model(t: &mut Trace, x: &Tensor<2>) {
        let z = t.sample("z", Normal::new(0.0, 1.0));
        t.plate("rows", Subsample { total: 4, batch: 2 }, |t| {
            t.observe("x", Bernoulli::logits(z), x.clone());
        });
    }
    let batch = |values: [f64; 2]| place().tensor(values.to_vec(), [1, 2]);
    let (start, noise) = guide(&model, &batch([0.0, 1.0]), &place(), 0);
    let mut svi = Svi::new(Model::new(model), start, Elbo, noise);
    svi.step(&batch([0.0, 1.0])).unwrap();
    let error = svi.epoch([batch([0.0, 1.0]), batch([1.0, 7.0])], &mut ()).unwrap_err();
    assert!(error.to_string().contains("the value 7 at [0, 1] lies outside"), "{error}");
}
