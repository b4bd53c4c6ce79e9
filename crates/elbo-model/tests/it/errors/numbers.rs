//! Numbers outside their supports, and densities that are not finite.

use burn::tensor::{Device, Float, Tensor};
use elbo_dist::{
    Bernoulli, Categorical, Distribution, Gamma, HalfNormal, LogNormal, Noise, Normal, Support,
    Uniform,
};
use elbo_model::{Layout, LogTerms, ModelError, Role, Site, Term, Trace};

use crate::errors::*;
use crate::*;

#[test]
fn data_outside_the_support_are_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.observe("wait", Gamma::new(2.0, 1.0), single_matrix([[1.0, -3.0]]));
    });
    assert_eq!(
        error,
        "\"wait\" (Gamma): the value -3 at [0, 1] lies outside the support positive; correct it, mask the element, or choose another distribution"
    );
}

#[test]
fn data_that_are_nan_or_infinite_lie_outside_every_support() {
    for (value, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let error = discovering(move |t: &mut Trace, _: &()| {
            t.observe("y", normal(), single_matrix([[0.0, value]]));
        });
        let start = format!("\"y\" (Normal): the value {text} at [0, 1] lies outside");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn each_support_refuses_data_of_its_own() {
    fn refused(error: String, value: &str, support: &str) {
        let part = format!("the value {value} at [0, 0] lies outside the support {support};");
        assert!(error.contains(&part), "{error}");
    }
    fn observed(distribution: impl Distribution<2, Kind = Float>, value: f64) -> String {
        discovering(move |t: &mut Trace, _: &()| {
            t.observe("x", distribution.clone(), single_matrix([[value]]));
        })
    }
    refused(observed(HalfNormal::new(1.0), -0.5), "-0.5", "non-negative");
    refused(observed(Bernoulli::logits(0.0), 0.5), "0.5", "{0, 1}");
    refused(observed(Bernoulli::logits(0.0).soft_targets(), 1.5), "1.5", "[0, 1]");
    let category = discovering(|t: &mut Trace, _: &()| {
        let logits = single_matrix([[0.0, 0.0]]);
        t.observe("x", Categorical::logits(logits), int_matrix([[2]]));
    });
    refused(category, "2", "{0..2}");
}

#[test]
fn a_guide_on_another_support_is_refused() {
    let mut guide = Trace::prior(1, noise());
    guide.sample("tau", normal());
    let draws = guide.finish().unwrap().values;
    let error = scoring(
        |t, _| {
            t.sample("tau", LogNormal::<2>::new(0.0, 1.0));
        },
        &draws,
    );
    assert_eq!(
        error,
        "\"tau\" has support positive in the program, but the guide draws it with support real; choose a guide distribution on positive"
    );
}

/// A guide on a smaller set is no error: (0, 1) lies inside the positive numbers.
#[test]
fn a_guide_on_a_part_of_the_support_is_accepted() {
    let mut guide = Trace::prior(1, noise());
    let part: Tensor<2> = guide.sample("tau", Uniform::new(0.25, 0.75));
    assert_eq!(part.dims(), [1, 1]);
    let draws = guide.finish().unwrap().values;
    let model = |t: &mut Trace, _: &()| drop(t.sample("tau", HalfNormal::<2>::new(1.0)));
    assert!(model.log_joint(&draws, &()).is_ok());
}

/// log N(∞; 0, 1) = -∞ at the second row and third column of the second site.
#[test]
fn a_density_that_is_not_finite_is_named() {
    let mut terms = LogTerms::default();
    let fine = matrix([[0.0, 1.0]]);
    terms.push(Term::new("fine", Role::Latent, vec![], fine));
    let worst = double().tensor::<3>(vec![0.0, 0.0, 0.0, 0.0, f64::NEG_INFINITY, 0.0], [1, 2, 3]);
    terms.push(Term::new("worst", Role::Factor, vec![], worst));
    assert_eq!(
        terms.check_finite().unwrap_err().to_string(),
        "the log-density of \"worst\" is -inf at [0, 1, 1]; check the parameters and values that reach it there"
    );
}

#[test]
fn a_finite_density_passes_the_check_and_nan_does_not() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", Normal::new(0.0, 1.0));
        t.observe("y", Normal::new(0.0, x), matrix([[1.0, 1.0]]));
    }
    assert!(score(&model, &at([("x", matrix([[1.0], [2.0]]))]), &()).check_finite().is_ok());
    let error = score(&model, &at([("x", matrix([[1.0], [-2.0]]))]), &()).check_finite();
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("the log-density of \"y\" is NaN at [1, 0];"), "{error}");
}

#[test]
fn a_number_outside_the_domain_of_its_parameter_is_refused() {
    let error = scoring(|t, _| drop(t.sample("x", Normal::<2>::new(0.0, -1.0))), &at::<2>([]));
    assert_eq!(
        error,
        "\"x\": Normal: scale is -1, but must be positive and finite (exp and softplus make numbers so); correct it, or map it there"
    );
}

#[test]
fn a_number_that_single_precision_cannot_hold_is_refused_there() {
    for scale in [1e60, 1e-60] {
        let model = move |t: &mut Trace, _: &()| drop(t.sample("x", Normal::<2>::new(0.0, scale)));
        let error = discovering(model);
        let text = format!("\"x\": Normal: scale is {scale}, which single precision cannot hold;");
        assert!(error.starts_with(&text), "{error}");
        assert!(Layout::discover(&model, &(), &Noise::new(0, double())).is_ok());
    }
}

/// A value given by hand may lie anywhere; one that a distribution drew does not.
#[test]
fn a_given_value_outside_its_support_is_refused_where_a_run_checks() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("s", HalfNormal::<2>::new(1.0));
    }
    let given = at([("s", matrix([[-1.0]]))]);
    assert!(model.log_joint(&given, &()).is_ok());
    let error = model.check(&given, &()).unwrap_err().to_string();
    let text = "\"s\" (HalfNormal): the value -1 at [0, 0] lies outside the support non-negative;";
    assert!(error.starts_with(text), "{error}");
    let noise = Noise::new(0, double());
    let simulated = elbo_model::Predictive::new(&model, &()).given(&given, &noise);
    assert!(simulated.unwrap_err().to_string().starts_with(text));
}

/// Tensors are read, and so checked, only where a run validates; a density that is not finite says
/// so anywhere.
#[test]
fn a_tensor_outside_the_domain_of_its_parameter_is_refused() {
    fn model(t: &mut Trace, _: &()) {
        t.observe("y", Normal::new(0.0, matrix([[1.0, -1.0]])), matrix([[0.0, 0.0]]));
    }
    let text = "\"y\": Normal: scale is -1 at [0, 1], but must be positive and finite";
    let error = Layout::discover(&model, &(), &Noise::new(0, double())).unwrap_err().to_string();
    assert!(error.starts_with(text), "{error}");
    let error = model.check(&at::<2>([]), &()).unwrap_err().to_string();
    assert!(error.starts_with(text), "{error}");
    let error = score(&model, &at::<2>([]), &()).check_finite().unwrap_err().to_string();
    assert!(error.starts_with("the log-density of \"y\" is NaN at [0, 1];"), "{error}");
}

/// Every value of a coin is a real number, but a mass is no density.
#[test]
fn a_discrete_guide_for_a_continuous_latent_is_refused() {
    let mut guide = Trace::prior(1, noise());
    guide.sample("x", Bernoulli::<2>::logits(0.0));
    let draws = guide.finish().unwrap().values;
    let error = scoring(|t, _| drop(t.sample("x", normal())), &draws);
    assert_eq!(
        error,
        "\"x\" has support real in the program, but the guide draws it with support {0, 1}; choose a guide distribution on real"
    );
    let mut guide = Trace::prior(1, noise());
    guide.sample("x", normal());
    let draws = guide.finish().unwrap().values;
    let error = scoring(|t, _| drop(t.sample("x", Bernoulli::<2>::logits(0.0))), &draws);
    assert!(error.contains("has support {0, 1} in the program"), "{error}");
}

#[test]
fn a_program_without_latents_has_no_prior_draws() {
    fn data(t: &mut Trace, _: &()) {
        let loc = t.param("loc", single_matrix([[0.0]]), Support::Real);
        let twice = t.deterministic("twice", loc * 2.0);
        t.observe("x", Normal::new(twice, 1.0), single_matrix([[0.0]]));
    }
    let layout = Layout::discover(&data, &(), &noise()).unwrap();
    assert_eq!(layout.prior_draws().unwrap_err(), ModelError::NoPriorDraws);
}

#[test]
fn a_layout_by_hand_has_no_prior_draws() {
    let layout = Layout::by_hand(&Device::flex(), [Site::latent("x", [1, 1], Support::Real)]);
    assert_eq!(
        layout.prior_draws().unwrap_err().to_string(),
        "this layout holds no prior draws: it was written by hand, or its program has no latents; start from Init::Uniform or Init::Value, or give the program a latent"
    );
}
