//! Bad programs end in an error, not in a panic of the library.

use burn::tensor::{Bool, Device, Tensor};
use elbo_dist::{Bernoulli, Categorical, Distribution, Gamma, Normal, Support};
use elbo_model::{
    Condition, Latents, Layout, LogJoint, ModelError, Predictive, Program, Trace, Value,
};

use crate::*;

/// Runs `program` in every way there is; all of them must return.
fn run_every_way(program: &impl Program, latents: &Latents) -> Vec<Result<(), ModelError>> {
    let predictive = Predictive::new(program, &());
    vec![
        Layout::discover(program, &(), &noise()).map(drop),
        program.log_joint(latents, &()).map(drop),
        predictive.prior(3, &noise()).map(drop),
        predictive.given(latents, &noise()).map(drop),
    ]
}

#[track_caller]
fn fails_every_way(program: &impl Program, latents: &Latents) {
    for (way, outcome) in run_every_way(program, latents).into_iter().enumerate() {
        assert!(outcome.is_err(), "way {way} found no fault");
    }
}

fn normal() -> Normal<2> {
    Normal::new(0.0, 1.0)
}

fn three_particles() -> Latents {
    at_place(single(), [("x", single_matrix([[0.0], [1.0], [2.0]]))])
}

/// After an error the program goes on: its placeholders take part in arithmetic, in other sites
/// and inside plates and masks.
#[test]
fn a_program_runs_to_its_end_after_an_error() {
    fn model(t: &mut Trace, _: &()) {
        let loc = single_matrix([[0.0, 0.0, 0.0]]);
        let x = t.sample("x", Normal::new(loc, single_matrix([[1.0, 1.0]]))); // does not broadcast
        let scale = t.sample("scale", Gamma::new(x.clone().exp(), 1.0));
        let k = t.sample("k", Categorical::logits(x.clone()));
        let y = x.clone() * scale + k.float();
        t.deterministic("y", y.clone());
        t.plate("rows", 3, |t| {
            t.mask(mask([[true, false, true]]), |t| {
                let z = t.sample("z", Normal::new(y.clone(), 1.0));
                t.observe("data", Normal::new(z, 1.0), single_matrix([[1.0, 2.0, 3.0]]));
            });
        });
        t.factor("f", x.sum_dim(1));
    }
    fails_every_way(&model, &three_particles());
}

#[test]
fn empty_data_are_an_error() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", normal());
        let y = single().zeros([1, 0]);
        t.plate("rows", 0, |t| t.observe("y", Normal::new(x, 1.0), y));
    }
    fails_every_way(&model, &three_particles());
}

#[test]
fn an_empty_plate_with_latents_is_an_error() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("x", normal());
        t.plate("rows", 0, |t| {
            let z = t.sample("z", normal());
            let coin = t.sample("coin", Bernoulli::<2>::logits(0.0));
            let rate = t.sample("rate", Gamma::<2>::new(0.5, 1.0));
            t.deterministic("sum", z + coin + rate);
        });
    }
    fails_every_way(&model, &three_particles());
}

/// No data at all, under a mask of no elements and outside of plates.
#[test]
fn sites_without_elements_are_an_error() {
    let kinds: [fn(&mut Trace); 5] = [
        |t| drop(t.sample("y", Normal::new(single().zeros([1, 0]), 1.0))),
        |t| drop(t.observe("y", normal(), single().zeros([1, 0]))),
        |t| t.factor("y", single().zeros([1, 0])),
        |t| drop(t.deterministic("y", single().zeros::<3>([1, 2, 0]))),
        |t| drop(t.param("y", single().zeros([1, 0]), Support::Positive)),
    ];
    for (kind, site) in kinds.into_iter().enumerate() {
        let model = move |t: &mut Trace, _: &()| {
            t.sample("x", normal());
            let nothing = Tensor::<2, Bool>::empty([1, 0], &Device::flex());
            t.mask(nothing, |_| ());
            site(t);
        };
        for (way, outcome) in run_every_way(&model, &three_particles()).into_iter().enumerate() {
            let empty = matches!(outcome, Err(ModelError::Empty { .. }));
            assert!(empty, "kind {kind}, way {way}: {outcome:?}");
        }
    }
}

#[test]
fn a_value_without_elements_has_no_numbers() {
    let nothing = Value::new(single().zeros::<3>([1, 2, 0]));
    assert_eq!(nothing.flat().dims(), [1, 0]);
    assert_eq!(nothing.find(|_| true), None);
}

/// The placeholders have the shape of what they stand for: a program may cut them.
#[test]
fn placeholders_have_the_shape_of_their_sites() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("wrong", Normal::new(single_matrix([[0.0, 0.0]]), single().zeros([1, 3])));
        let z = t.plate("rows", 4, |t| t.sample("z", normal()));
        let last = z.narrow(1, 3, 1);
        assert_eq!(last.dims()[0], t.sample("x", normal()).dims()[0]);
        t.observe("y", Normal::new(last, 1.0), single_matrix([[0.0]]));
    }
    fails_every_way(&model, &three_particles());
}

/// A label that its distribution lacks is refused when the program is inspected.
#[test]
fn a_category_beyond_the_last_is_an_error_of_discovery() {
    fn model(t: &mut Trace, _: &()) {
        let logits = single_matrix([[0.0, 0.0]]);
        t.observe("k", Categorical::logits(logits), int_matrix([[5]]));
    }
    let error = Layout::discover(&model, &(), &noise()).unwrap_err();
    assert!(matches!(error, ModelError::OutsideSupport { value: 5.0, .. }), "{error}");
}

#[test]
fn a_batch_larger_than_its_plate_is_an_error() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("x", normal());
        let size = elbo_model::Subsample { total: 2, batch: 3 };
        t.plate("rows", size, |t| t.sample("z", normal()));
    }
    fails_every_way(&model, &three_particles());
}

/// Two rows of data are no particles of three, and none of fifteen.
#[test]
fn data_with_rows_on_the_particle_axis_are_an_error() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", normal());
        t.observe("y", normal(), single_matrix([[0.0], [1.0]]));
        t.factor("f", x);
    }
    fails_every_way(&model, &three_particles());
}

#[test]
fn a_mask_of_another_rank_is_an_error() {
    fn model(t: &mut Trace, _: &()) {
        let wrong: Tensor<3, Bool> = mask([[true]]).reshape([1, 1, 1]);
        t.mask(wrong, |t| t.sample("x", normal()));
    }
    assert!(model.log_joint(&three_particles(), &()).is_err());
    assert!(Layout::discover(&model, &(), &noise()).is_err());
}

#[test]
fn a_factor_with_its_plate_on_another_axis_is_an_error() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("x", normal());
        t.plate("rows", 4, |t| t.factor("f", single().zeros([1, 1, 4])));
    }
    fails_every_way(&model, &three_particles());
}

#[test]
fn a_site_of_too_small_a_rank_is_an_error() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("x", normal());
        t.plate("rows", 4, |t| t.sample("z", Normal::<1>::new(0.0, 1.0)));
    }
    fails_every_way(&model, &three_particles());
}

/// Copies along the axis of the categories: a draw holds one category, not three.
#[test]
fn copies_along_the_axis_of_an_event_are_an_error() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("k", Categorical::logits(single_matrix([[0.0, 0.0]])).iid([1, 3]));
    }
    assert!(Layout::discover(&model, &(), &noise()).is_err());
}

#[test]
fn a_distribution_elsewhere_is_an_error() {
    fn model(t: &mut Trace, _: &()) {
        let elsewhere: Tensor<2> = Tensor::from_floats([[1.0]], &ndarray());
        let x = t.sample("x", Normal::new(elsewhere, 1.0));
        t.observe("y", Normal::new(x, 1.0), single_matrix([[0.0]]));
    }
    fails_every_way(&model, &three_particles());
}

#[test]
fn a_program_without_sites_is_no_error() {
    fn empty(_: &mut Trace, _: &()) {}
    let none = at_place::<2>(single(), []);
    assert!(run_every_way(&empty, &none).into_iter().all(|outcome| outcome.is_ok()));
    assert!(empty.log_joint(&none, &()).unwrap().try_total().is_none());
}

#[test]
fn no_particles_give_no_draws() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", normal());
        t.observe("y", Normal::new(x, 1.0), single_matrix([[0.0, 1.0]]));
    }
    let none = Predictive::new(&model, &()).prior(0, &noise()).unwrap();
    assert_eq!(none.get::<2>("y").unwrap().dims(), [0, 2]);
    assert_eq!(none.value("x").unwrap().to_vec(), Vec::<f64>::new());
}

/// The condition gives a latent of rank 3 and one of integers for sites that have neither.
#[test]
fn a_condition_of_another_rank_or_kind_is_an_error() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", normal());
        t.sample("z", Normal::new(x, 1.0));
    }
    let mut seen = Latents::new(single());
    seen.insert("x", single().zeros([1, 1, 1]));
    let error = Layout::discover(&Condition::new(model, seen), &(), &noise()).unwrap_err();
    assert!(matches!(error, ModelError::Rank { .. }), "{error}");
    let mut seen = Latents::new(single());
    seen.insert("x", int_matrix([[0]]));
    let error = Layout::discover(&Condition::new(model, seen), &(), &noise()).unwrap_err();
    assert!(matches!(error, ModelError::Rank { .. }), "{error}");
}
