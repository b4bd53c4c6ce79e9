//! Names: missing, unknown and taken ones.

use elbo_dist::{Normal, Support};
use elbo_model::{Condition, ModelError, Trace};

use crate::errors::*;
use crate::*;

#[test]
fn two_sites_of_one_name_are_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let x = t.sample("x", normal());
        t.deterministic("x", x);
    });
    assert_eq!(
        error,
        "two sites are named \"x\"; give every sample, observe, factor, deterministic, param and noise its own name (a layer \"l\" takes \"l.weight\", \"l.bias\" and \"l.rows\")"
    );
}

#[test]
fn every_kind_of_site_takes_a_name() {
    let kinds: [fn(&mut Trace); 5] = [
        |t| drop(t.sample("x", normal())),
        |t| drop(t.observe("x", normal(), single_matrix([[0.0]]))),
        |t| t.factor("x", single_matrix([[0.0]])),
        |t| drop(t.deterministic("x", single_matrix([[0.0]]))),
        |t| drop(t.param("x", single_matrix([[0.0]]), Support::Real)),
    ];
    for first in kinds {
        for second in kinds {
            let mut t = Trace::prior(1, noise()).simulate();
            first(&mut t);
            second(&mut t);
            let error = t.finish().unwrap_err();
            assert_eq!(error, ModelError::DuplicateSite { site: "x".into() });
        }
    }
}

#[test]
fn a_latent_without_a_value_is_refused() {
    let latents = at([("mu", matrix([[0.0]])), ("nu", matrix([[0.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("tau", normal());
        },
        &latents,
    );
    assert_eq!(
        error,
        "there is no value for \"tau\", only for \"mu\", \"nu\"; draw the site in the guide, condition the program on it, or correct the name"
    );
    let error = latents.constant().get::<2>("tau").unwrap_err().to_string();
    assert!(error.contains("no value for \"tau\""));
}

#[test]
fn a_value_without_a_latent_is_refused() {
    let latents = at([("mu", matrix([[0.0]])), ("tua", matrix([[1.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("mu", normal());
            t.deterministic("twice", matrix([[0.0]]));
        },
        &latents,
    );
    assert_eq!(
        error,
        "a value is given for \"tua\", but the program samples only \"mu\"; correct the name, or remove it from the guide (or the condition) that gives it"
    );
    let error = scoring(|t, _| t.factor("f", matrix([[0.0]])), &at([("mu", matrix([[0.0]]))]));
    assert!(error.contains("samples only nothing;"), "{error}");
}

/// A guide may not propose what the program observes, computes or optimizes.
#[test]
fn a_value_for_a_site_that_is_no_latent_is_refused() {
    let latents = at([("y", matrix([[0.0]]))]);
    let sites: [fn(&mut Trace, &()); 3] = [
        |t, _| drop(t.observe("y", normal(), matrix([[0.0]]))),
        |t, _| drop(t.deterministic("y", matrix([[0.0]]))),
        |t, _| t.factor("y", matrix([[0.0]])),
    ];
    for program in sites {
        let error = program.log_joint(&latents, &()).unwrap_err();
        let sampled = elbo_model::Names(vec![]);
        assert_eq!(error, ModelError::UnknownSite { site: "y".into(), sampled });
    }
}

/// Three faults; the first is reported, whatever follows.
#[test]
fn the_first_error_is_the_one_returned() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let x = t.sample("x", Normal::new(single_matrix([[0.0], [0.0]]), 1.0));
        t.sample("x", Normal::new(x, matrix([[1.0]])));
        t.plate("rows", 0, |t| t.factor("f", matrix([[1.0]])));
    });
    assert!(error.starts_with("\"x\": Normal: 15 particles were asked for"), "{error}");
}

#[test]
fn a_condition_on_a_site_that_the_program_does_not_sample_is_refused() {
    fn walk(t: &mut Trace, _: &()) {
        let first = t.sample("first", Normal::<2>::new(0.0, 1.0));
        t.sample("second", Normal::new(first, 1.0));
        t.observe("third", Normal::<2>::new(0.0, 1.0), single_matrix([[0.0]]));
    }
    let on = |name: &'static str| {
        let mut seen = at_place(single(), [("first", single_matrix([[0.5]]))]);
        seen.insert(name, single_matrix([[0.5]]));
        discovering(Condition::new(walk, seen))
    };
    let rest = "but the program samples only \"first\", \"second\"; correct the name, or remove it from the guide (or the condition) that gives it";
    assert_eq!(on("secnod"), format!("a value is given for \"secnod\", {rest}"));
    // Data become other data: `log N(2; 0, 1)` in the place of `log N(0; 0, 1)`.
    let seen = at_place(single(), [("third", single_matrix([[2.0]]))]);
    let latents = ["first", "second"].map(|name| (name, single_matrix([[0.0]])));
    let latents = at_place(single(), latents);
    let total = Condition::new(walk, seen).log_joint(&latents, &()).unwrap().total();
    let plain = walk.log_joint(&latents, &()).unwrap().total();
    let apart = total.into_scalar::<f32>() - plain.into_scalar::<f32>();
    assert!((apart + 2.0).abs() < 1e-6, "{apart}");
}
