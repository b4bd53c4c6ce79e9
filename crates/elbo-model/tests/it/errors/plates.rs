//! Plates and masks.

use elbo_dist::{Categorical, Distribution};
use elbo_model::{Subsample, Trace};

use crate::errors::*;
use crate::*;

#[test]
fn a_site_of_another_size_than_its_plate_is_refused() {
    let error = observing(|t, _| {
        t.plate("rows", 3, |t| t.observe("y", normal(), single_matrix([[0.0, 0.0]])));
    });
    assert_eq!(
        error,
        "\"y\" has shape [1, 2], but plate \"rows\" has 3 elements on axis 1; make the sizes equal, or correct the plate's size"
    );
    let error = discovering(|t: &mut Trace, _: &()| {
        t.plate("rows", 3, |t| t.sample("z", normal().iid([1, 2])));
    });
    assert!(error.starts_with("\"z\" has shape [1, 2], but plate \"rows\" has 3"), "{error}");
    let error = observing(|t, _| {
        t.plate("rows", 3, |t| t.factor("f", single_matrix([[0.0]])));
    });
    assert!(error.starts_with("\"f\" has shape [1, 1], but plate \"rows\" has 3"), "{error}");
}

/// The categories fill axis 1, on which the plate lies: the draw could not hold the plate.
#[test]
fn a_plate_on_the_axis_of_an_event_is_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let logits = single_matrix([[0.0, 0.0, 0.0]]);
        t.plate("rows", 4, |t| t.sample("k", Categorical::logits(logits)));
    });
    assert_eq!(
        error,
        "\"k\" has shape [1, 1], but plate \"rows\" has 4 elements on axis 1; make the sizes equal, or correct the plate's size"
    );
}

#[test]
fn a_site_without_an_axis_for_its_plate_is_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.plate("outer", 2, |t| {
            t.plate("inner", 3, |t| t.sample("z", normal().iid([1, 2])));
        });
    });
    assert_eq!(
        error,
        "\"z\" has rank 2, but plate \"inner\" lies on axis 2; give the site rank 3 or more (axis 0 is the particle axis)"
    );
}

#[test]
fn a_plate_that_is_empty_or_larger_than_its_total_is_refused() {
    let error = observing(|t, _| t.plate("rows", 0, |_| ()));
    assert_eq!(
        error,
        "plate \"rows\" holds 0 of 0 elements; a batch has at least 1 and at most total elements"
    );
    let error = observing(|t, _| t.plate("rows", Subsample { total: 2, batch: 3 }, |_| ()));
    assert_eq!(
        error,
        "plate \"rows\" holds 3 of 2 elements; a batch has at least 1 and at most total elements"
    );
}

#[test]
fn a_mask_of_another_shape_is_refused() {
    let error = observing(|t, _| {
        t.mask(mask([[true, false]]), |t| {
            t.observe("y", normal(), single_matrix([[0.0, 0.0, 0.0]]));
        });
    });
    assert_eq!(
        error,
        "\"y\" has shape [1, 3], but the mask over it has shape [1, 2]; a mask has the rank of the sites under it, and sizes equal to theirs or 1"
    );
    let error = observing(|t, _| {
        t.mask(mask([[true]]).reshape([1, 1, 1]), |t| t.factor("f", single_matrix([[0.0]])));
    });
    assert!(error.contains("\"f\" has shape [1, 1], but the mask over it has shape [1, 1, 1];"));
    let latents = at_place(single(), [("x", single_matrix([[0.0], [0.0], [0.0]]))]);
    let error = scoring(
        |t, _| {
            t.mask(mask([[true], [true]]), |t| t.sample("x", normal()));
        },
        &latents,
    );
    assert!(error.contains("\"x\" has shape [3, 1], but the mask over it has shape [2, 1];"));
}
