//! Ranks, kinds and shapes.

use burn::tensor::Tensor;
use elbo_dist::{Categorical, Distribution, Exponential, Normal};
use elbo_model::{Latents, Trace};

use crate::errors::*;
use crate::*;

#[test]
fn a_value_of_another_rank_is_refused() {
    let latents = at([("mu", double().zeros([1, 1, 1]))]);
    let error = scoring(
        |t, _| {
            t.sample("mu", normal());
        },
        &latents,
    );
    assert_eq!(
        error,
        "\"mu\" is a rank-2 Float, but its value is a rank-3 Float; every tensor of a site keeps the site's rank and kind"
    );
    assert!(
        latents.get::<2>("mu").unwrap_err().to_string().starts_with("\"mu\" is a rank-2 Float")
    );
}

#[test]
fn a_value_of_another_kind_is_refused() {
    let mut latents = Latents::new(double());
    latents.insert("mu", int_matrix([[0]]));
    let error = scoring(
        |t, _| {
            t.sample("mu", normal());
        },
        &latents,
    );
    assert_eq!(
        error,
        "\"mu\" is a rank-2 Float, but its value is a rank-2 Int; every tensor of a site keeps the site's rank and kind"
    );
    let latents = at_place(single(), [("k", single_matrix([[0.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("k", Categorical::logits(single_matrix([[0.0, 0.0]])));
        },
        &latents,
    );
    assert!(
        error.starts_with("\"k\" is a rank-2 Int, but its value is a rank-2 Float;"),
        "{error}"
    );
    assert!(latents.get_int::<2>("k").is_err());
}

#[test]
fn data_of_another_shape_are_refused() {
    let error = observing(|t, _| {
        let loc = single_matrix([[0.0, 0.0, 0.0]]);
        t.observe("y", Normal::new(loc, 1.0), single_matrix([[1.0, 2.0]]));
    });
    assert_eq!(
        error,
        "\"y\" (Normal) has shape [1, 3], but its value has shape [1, 2]; axis 0 is the particle axis (1 or S), the others must agree, or be 1 in the distribution"
    );
}

/// The data are not one number for all elements: they may be larger than their distribution, but
/// not smaller.
#[test]
fn data_smaller_than_their_distribution_are_refused() {
    let error = observing(|t, _| {
        t.observe("y", normal().iid([1, 3]), single_matrix([[1.0]]));
    });
    assert!(error.contains("has shape [1, 3], but its value has shape [1, 1];"), "{error}");
}

/// A distribution of three categories is one event: three labels are not of it.
#[test]
fn labels_along_the_axis_of_the_categories_are_refused() {
    let error = observing(|t, _| {
        let logits = single_matrix([[0.0, 0.0, 0.0]]);
        t.observe("k", Categorical::logits(logits), int_matrix([[0, 2, 1, 1]]));
    });
    assert!(
        error.starts_with("\"k\" (Categorical) has shape [1, 1], but its value has shape [1, 4];"),
        "{error}"
    );
}

#[test]
fn a_latent_of_another_shape_is_refused() {
    let latents = at_place(single(), [("w", single_matrix([[1.0, 2.0]]))]);
    let error = scoring(
        |t, _| {
            t.sample("w", Exponential::new(1.0).iid([1, 3]));
        },
        &latents,
    );
    assert!(
        error.starts_with("\"w\" (Exponential) has shape [1, 3], but its value has shape [1, 2];")
    );
    let error = scoring(
        |t, _| {
            t.sample("w", normal());
        },
        &latents,
    );
    assert!(error.starts_with("\"w\" (Normal) has shape [1, 1], but its value has shape [1, 2];"));
}

/// Three particles, but two rows of data, of a factor, of a derived value, of a latent.
#[test]
fn an_axis_zero_that_is_neither_one_nor_the_particles_is_refused() {
    let latents = at_place(single(), [("x", single_matrix([[0.0], [1.0], [2.0]]))]);
    let two = || single_matrix([[0.0], [1.0]]);
    type Body = fn(&mut Trace, Tensor<2>);
    let sites: [(&str, &str, Body); 4] = [
        ("Normal", "[1, 1]", |t, two| drop(t.observe("y", normal(), two))),
        ("Normal", "[2, 1]", |t, two| {
            drop(t.observe("y", Normal::new(two, 1.0), single_matrix([[0.0]])))
        }),
        ("factor", "[3, 1]", |t, two| t.factor("y", two)),
        ("deterministic", "[3, 1]", |t, two| drop(t.deterministic("y", two))),
    ];
    for (what, expected, site) in sites {
        let found = if expected == "[2, 1]" { "[1, 1]" } else { "[2, 1]" };
        let error = scoring(
            |t, _| {
                t.sample("x", normal());
                site(t, two());
            },
            &latents,
        );
        let start =
            format!("\"y\" ({what}) has shape {expected}, but its value has shape {found};");
        assert!(error.starts_with(&start), "{error}");
    }
    let mut uneven = latents.clone();
    uneven.insert("z", two());
    let error = scoring(
        |t, _| {
            t.sample("x", normal());
            t.sample("z", normal());
        },
        &uneven,
    );
    assert!(error.starts_with("\"z\" (Normal) has shape [1, 1], but its value has shape [2, 1];"));
}

#[test]
fn a_site_without_elements_is_refused() {
    let error = observing(|t, _| {
        t.observe("y", normal(), single().zeros([1, 0]));
    });
    assert_eq!(
        error,
        "\"y\" has shape [1, 0], which holds no element; leave the site out of the program, or correct the data"
    );
}

#[test]
fn parameters_that_do_not_broadcast_are_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        let (loc, scale) = (single_matrix([[0.0, 0.0]]), single_matrix([[1.0, 1.0, 1.0]]));
        t.sample("x", Normal::new(loc, scale));
    });
    assert_eq!(
        error,
        "\"x\": Normal: the shapes loc [1, 2], scale [1, 3] do not broadcast; every axis must have one size or 1 (unsqueeze the smaller one so that axis 0 stays the particle axis)"
    );
}

#[test]
fn parameters_with_another_number_of_particles_are_refused() {
    let error = discovering(|t: &mut Trace, _: &()| {
        t.sample("x", Normal::new(single_matrix([[0.0], [0.0]]), 1.0));
    });
    assert_eq!(
        error,
        "\"x\": Normal: 15 particles were asked for, but axis 0 of its parameters has size 2; it must be 1 or 15"
    );
}
