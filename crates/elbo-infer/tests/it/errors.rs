use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use elbo_dist::{Bernoulli, Normal, Place};
use elbo_guide::Amortized;
use elbo_infer::{Elbo, InferError, Svi};
use elbo_model::{Latents, LogJoint, LogTerms, Model, ModelError, Program, Role, Term, Trace};

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
        "step 0: the log-density of \"density\" is NaN at [0, 0]; check the parameters and values \
         that reach it there (the parameters are still those of the last good step)"
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
    let InferError::NonFinite { step: 5, source: ModelError::NonFinite { site, .. } } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(site, "x");
    assert_eq!(svi.posterior().guide().loc().into_data(), before);
    svi.step(&one(&place())).unwrap();
    assert_eq!(svi.steps(), 6);
}

/// `√(z - z)` is 0 with slope `0 · ∞`.
#[test]
fn a_non_finite_gradient_of_a_finite_bound_names_the_parameter() {
    let (error, loc) = failing(|z| (z.clone() - z).sqrt(), 1.0);
    let InferError::NonFiniteGradient { parameter, index, .. } = &error else { panic!("{error}") };
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
    assert!(matches!(error, InferError::Overflow { step: 0, .. }), "{error}");
}

#[test]
fn a_discrete_site_of_the_guide_is_refused_before_the_first_step() {
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
    let mut svi = Svi::new(Model::new(model), Amortized::new(coin), Elbo, noise);
    let error = svi.step(&()).unwrap_err();
    assert!(error.to_string().starts_with("the draws of \"heads\" carry no gradient"), "{error}");
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
    assert!(error.to_string().contains("the observed value 3 at [0, 1] lies outside"), "{error}");
}
