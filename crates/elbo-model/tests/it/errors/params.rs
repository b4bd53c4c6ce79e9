//! Parameters that are optimized.

use elbo_dist::{Normal, Support};
use elbo_model::{Layout, Model, ModelError, Trace};

use crate::errors::*;
use crate::*;

#[test]
fn a_parameter_that_nothing_trains_is_refused() {
    fn noise_level(t: &mut Trace, _: &()) {
        let scale = t.param("scale", single_matrix([[1.0]]), Support::Positive);
        t.observe("y", Normal::new(0.0, scale), single_matrix([[0.0]]));
    }
    let text = "\"scale\" is a param, but the program carries no values for it on its support; wrap the program in Model::new(..).with_params(&layout)";
    assert_eq!(observing(noise_level), text);
    assert_eq!(observing(|t, b| Model::new(noise_level).run(t, b)), text);
}

/// A guide that is a program draws from its own distributions: a parameter that nothing trains
/// would keep its start in silence.
#[test]
fn a_parameter_of_a_guide_that_nothing_trains_is_refused() {
    let mut t = Trace::prior(1, noise());
    t.param("loc", single_matrix([[1.0]]), Support::Real);
    assert_eq!(t.finish().unwrap_err(), ModelError::MissingParam { param: "loc".into() });
}

/// Parameters trained for one program do not fit another.
#[test]
fn a_parameter_that_another_program_declared_is_refused() {
    let first = |t: &mut Trace, _: &()| drop(t.param("a", single_matrix([[1.0]]), Support::Real));
    let layout = Layout::discover(&first, &(), &noise()).unwrap();
    let other = |t: &mut Trace, _: &()| drop(t.param("b", single_matrix([[1.0]]), Support::Real));
    let error = discovering(Model::new(other).with_params(&layout));
    assert!(error.starts_with("\"b\" is a param, but"), "{error}");
    let wider = |t: &mut Trace, _: &()| {
        drop(t.param("a", single_matrix([[1.0, 2.0]]), Support::Real));
    };
    let error = discovering(Model::new(wider).with_params(&layout));
    assert!(error.starts_with("\"a\" (param) has shape [1, 1], but its value has shape [1, 2];"));
}

#[test]
fn a_parameter_with_particles_is_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("a", single_matrix([[1.0], [2.0]]), Support::Real);
    });
    assert!(error.starts_with("\"a\" (param) has shape [1, 1], but its value has shape [2, 1];"));
}

#[test]
fn a_discrete_parameter_is_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("coin", single_matrix([[1.0]]), Support::Boolean);
    });
    assert_eq!(
        error,
        "\"coin\" is a param on {0, 1}, which has no map from the real line to be optimized along; give it a continuous support"
    );
}

#[test]
fn a_parameter_that_starts_outside_its_support_is_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("scale", single_matrix([[1.0, -2.0]]), Support::Positive);
    });
    assert_eq!(
        error,
        "\"scale\" starts at -2 at [0, 1], which is not inside its support positive; start it inside"
    );
    let error = discovering(|t: &mut Trace, _: &()| {
        t.param("p", single_matrix([[1.0]]), Support::UnitInterval);
    });
    assert!(error.starts_with("\"p\" starts at 1 at [0, 0], which is not inside"), "{error}");
}
