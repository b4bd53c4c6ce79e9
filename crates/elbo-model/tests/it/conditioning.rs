//! Condition, substitute, replay, simulate.

use burn::tensor::Tensor;
use elbo_dist::Normal;
use elbo_model::{Condition, Latents, Layout, LogJoint, ModelError, Predictive, Role, Trace};

use crate::*;

fn walk(t: &mut Trace, _: &()) {
    let first = t.sample("first", Normal::<2>::new(0.0, 1.0));
    let second = t.sample("second", Normal::new(first, 1.0));
    t.deterministic("twice", second * 2.0);
}

fn seen(name: &'static str, value: f64) -> Latents {
    at([(name, matrix([[value]]))])
}

fn drawn(particles: usize, seed: u64) -> elbo_model::Traced {
    let mut t = Trace::prior(particles, Noise::new(seed, double()));
    walk(&mut t, &());
    t.finish().unwrap()
}

/// log N(1; 0, 1) + log N(3; 1, 1) = -½ - 2 - log 2π.
#[test]
fn a_conditioned_latent_scores_as_data() {
    let conditioned = Condition::new(walk, seen("second", 3.0));
    let terms = score(&conditioned, &at([("first", matrix([[1.0]]))]), &());
    assert_total(&terms, &[-2.5 - 2.0 * HALF_LN_TWO_PI]);
    let roles: Vec<_> = terms.iter().map(|term| term.role).collect();
    assert_eq!(roles, [Role::Latent, Role::Observed]);
}

#[test]
fn a_conditioned_value_reaches_what_depends_on_it() {
    let mut t = Trace::prior(2, Noise::new(0, double()));
    t.condition(&seen("second", 3.0));
    walk(&mut t, &());
    let values = t.finish().unwrap().values;
    assert_eq!(host(values.get::<2>("twice").unwrap()), [6.0]);
    assert!(values.value("second").is_none(), "data are not values of the run");
}

#[test]
fn conditions_nest() {
    let both = Condition::new(Condition::new(walk, seen("first", 1.0)), seen("second", 3.0));
    assert_total(&score(&both, &at::<2>([]), &()), &[-2.5 - 2.0 * HALF_LN_TWO_PI]);
}

/// What the program still observes stays: y = 2 beside the conditioned x = 1.
#[test]
fn a_conditioned_program_may_observe_data_of_its_own() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", Normal::new(0.0, 1.0));
        t.observe("y", Normal::new(x, 1.0), matrix([[2.0]]));
    }
    let terms = score(&Condition::new(model, seen("x", 1.0)), &at::<2>([]), &());
    assert_total(&terms, &[-1.0 - 2.0 * HALF_LN_TWO_PI]);
}

/// The guide may not draw what the condition observes.
#[test]
fn a_value_for_a_conditioned_site_is_an_error() {
    let conditioned = Condition::new(walk, seen("second", 3.0));
    let latents = at([("first", matrix([[1.0]])), ("second", matrix([[1.0]]))]);
    let error = conditioned.log_joint(&latents, &()).unwrap_err();
    let sampled = elbo_model::Names(vec!["first".into()]);
    assert_eq!(error, ModelError::UnknownSite { site: "second".into(), sampled });
}

#[test]
fn a_conditioned_value_is_checked_against_its_support() {
    let outside = at_place(single(), [("x", single_matrix([[-1.0]]))]);
    let model = |t: &mut Trace, _: &()| {
        drop(t.sample("x", elbo_dist::Exponential::<2>::new(1.0)));
    };
    let error = Layout::discover(&Condition::new(model, outside), &(), &noise()).unwrap_err();
    assert!(matches!(error, ModelError::OutsideSupport { value: -1.0, .. }), "{error}");
}

/// A simulation of a conditioned program replicates what is observed, conditioned sites too.
#[test]
fn simulation_replicates_a_conditioned_site() {
    let conditioned = Condition::new(walk, seen("second", 3.0));
    let draws = Predictive::new(&conditioned, &()).prior(4, &Noise::new(0, double())).unwrap();
    let second = host(draws.get::<2>("second").unwrap());
    assert_eq!(second.len(), 4);
    assert!(second.iter().all(|x| *x != 3.0), "{second:?}");
}

#[test]
fn a_simulation_scores_nothing() {
    let mut t = Trace::prior(2, noise()).simulate();
    walk(&mut t, &());
    assert_eq!(t.finish().unwrap().terms.iter().count(), 0);
}

#[test]
fn simulated_data_replace_the_batch_downstream() {
    let mut t = Trace::prior(5, noise()).simulate();
    let y = t.observe("y", Normal::new(0.0, 1.0), single_matrix([[7.0, 7.0]]));
    assert_eq!(y.dims(), [5, 2]);
    assert!(host(y).iter().all(|y| *y != 7.0));
    let mut t = Trace::prior(5, noise());
    let y = t.observe("y", Normal::new(0.0, 1.0), single_matrix([[7.0, 7.0]]));
    assert_eq!(host(y), [7.0, 7.0]);
}

#[test]
fn a_replay_reproduces_every_value_and_density() {
    let recorded = drawn(4, 1);
    let mut t = Trace::prior(4, Noise::new(2, double())).replay(&recorded);
    walk(&mut t, &());
    let replayed = t.finish().unwrap();
    for (name, value) in recorded.values.iter() {
        assert_eq!(replayed.values.value(name).unwrap().to_vec(), value.to_vec());
    }
    assert_eq!(host(replayed.terms.total()), host(recorded.terms.total()));
}

#[test]
fn a_replay_draws_what_the_other_run_did_not() {
    fn longer(t: &mut Trace, _: &()) {
        walk(t, &());
        t.sample("third", Normal::<2>::new(0.0, 1.0));
    }
    let recorded = drawn(4, 1);
    let mut t = Trace::prior(4, Noise::new(2, double())).replay(&recorded);
    longer(&mut t, &());
    let values = t.finish().unwrap().values;
    let first = |values: &Latents| values.value("first").unwrap().to_vec();
    assert_eq!(first(&values), first(&recorded.values));
    assert_eq!(values.value("third").unwrap().shape(), [4, 1]);
}

/// The other program may have sites that this one lacks: a guide replayed in its model.
#[test]
fn a_replay_passes_over_what_the_program_lacks() {
    let mut t = Trace::prior(4, noise()).replay(&drawn(4, 1));
    t.sample("other", Normal::<2>::new(0.0, 1.0));
    assert!(t.finish().is_ok());
}

#[test]
fn a_substitute_keeps_the_given_value_and_draws_the_rest() {
    let given: Tensor<2> = matrix([[5.0], [6.0]]);
    let mut t = Trace::prior(1, Noise::new(0, double())).substitute(&at([("first", given)]));
    walk(&mut t, &());
    let values = t.finish().unwrap().values;
    assert_eq!(host(values.get::<2>("first").unwrap()), [5.0, 6.0]);
    assert_eq!(values.get::<2>("second").unwrap().dims(), [2, 1]);
}

#[test]
fn a_substitute_for_no_site_at_all_is_an_error() {
    let mut t = Trace::prior(1, Noise::new(0, double())).substitute(&seen("frist", 5.0));
    walk(&mut t, &());
    let sampled = elbo_model::Names(vec!["first".into(), "second".into()]);
    let error = t.finish().unwrap_err();
    assert_eq!(error, ModelError::UnknownSite { site: "frist".into(), sampled });
}

#[test]
fn a_substitute_of_another_number_of_particles_is_an_error() {
    let two = at([("first", matrix([[5.0], [6.0]]))]);
    let mut t = Trace::prior(3, Noise::new(0, double())).substitute(&two);
    walk(&mut t, &());
    assert!(matches!(t.finish().unwrap_err(), ModelError::Shape { .. }));
}

#[test]
fn a_scored_run_of_given_latents_keeps_terms_and_no_values() {
    let mut t = Trace::given(&drawn(3, 1).values.constant());
    assert_eq!(t.place(), &double());
    t.sample("first", Normal::<2>::new(0.0, 1.0));
    t.sample("second", Normal::<2>::new(0.0, 1.0));
    t.sample("twice", Normal::<2>::new(0.0, 1.0));
    let traced = t.finish().unwrap();
    assert!(traced.values.is_empty());
    assert_eq!(traced.terms.iter().count(), 3);
}
