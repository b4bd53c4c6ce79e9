//! What a layout says of a program.

use burn::tensor::Tensor;
use elbo_dist::{Categorical, Distribution, HalfCauchy, Normal, Support};
use elbo_model::{Graph, Layout, Role, Site, Subsample, Trace};

use crate::*;

/// A small hierarchical model with a site of every role.
pub fn schools(t: &mut Trace, y: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(0.0, 5.0));
    let tau = t.sample("tau", HalfCauchy::new(5.0));
    let sigma = t.param("sigma", single_matrix([[10.0]]), Support::Positive);
    let rows = Subsample { total: 8, batch: y.dims()[1] };
    t.plate("schools", rows, |t| {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        let theta = t.deterministic("theta", mu.clone() + tau * z);
        t.observe("y", Normal::new(theta, sigma), y.clone());
    });
    t.factor("pull", -mu.square());
}

pub fn discover() -> Layout {
    Layout::discover(&schools, &single_matrix([[28.0, 8.0, -3.0]]), &noise()).unwrap()
}

pub fn graph() -> Graph {
    Graph::discover(&schools, &single_matrix([[28.0, 8.0, -3.0]]), &noise()).unwrap()
}

#[test]
fn sites_have_roles_shapes_supports_and_plates() {
    let layout = discover();
    let rows: Vec<_> = layout
        .sites()
        .iter()
        .map(|s| (&*s.name, s.role, s.shape.clone(), s.support, s.plates.len(), s.distribution))
        .collect();
    let expected = [
        ("mu", Role::Latent, vec![1, 1], Support::Real, 0, "Normal"),
        ("tau", Role::Latent, vec![1, 1], Support::NonNegative, 0, "HalfCauchy"),
        ("sigma", Role::Param, vec![1, 1], Support::Positive, 0, ""),
        ("z", Role::Latent, vec![1, 3], Support::Real, 1, "Normal"),
        ("theta", Role::Deterministic, vec![1, 3], Support::Real, 1, ""),
        ("y", Role::Observed, vec![1, 3], Support::Real, 1, "Normal"),
        ("pull", Role::Factor, vec![1, 1], Support::Real, 0, ""),
    ];
    assert_eq!(rows, expected);
    let plate = &layout.sites()[3].plates[0];
    assert_eq!((&*plate.name, plate.axis, plate.total, plate.batch), ("schools", 1, 8, 3));
    assert_eq!(layout.latents().map(Site::size).collect::<Vec<_>>(), [1, 1, 3]);
    assert_eq!(layout.params().names().collect::<Vec<_>>(), ["sigma"]);
    assert_eq!(layout.place(), &single());
}

#[test]
fn a_layout_keeps_fifteen_prior_draws() {
    let layout = discover();
    let draws = layout.prior_draws().unwrap();
    assert_eq!(draws.particles(), 15);
    assert_eq!(draws.get::<2>("z").unwrap().dims(), [15, 3]);
    let names: Vec<_> = draws.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mu", "tau", "z"], "only latents are draws");
}

#[test]
fn discovery_depends_on_the_seed_alone() {
    let draws = |seed| {
        let y = single_matrix([[28.0, 8.0, -3.0]]);
        let layout = Layout::discover(&schools, &y, &Noise::new(seed, single())).unwrap();
        layout.prior_draws().unwrap().value("z").unwrap().to_vec()
    };
    assert_eq!(draws(4), draws(4));
    assert_ne!(draws(4), draws(5));
}

#[test]
fn a_layout_prints_as_a_table() {
    let expected = concat!(
        " site   role           distribution  shape   support       plates\n",
        " mu     latent         Normal        [1, 1]  real\n",
        " tau    latent         HalfCauchy    [1, 1]  non-negative\n",
        " sigma  param                        [1, 1]  positive\n",
        " z      latent         Normal        [1, 3]  real          schools (3 of 8)\n",
        " theta  deterministic                [1, 3]  real          schools (3 of 8)\n",
        " y      observed       Normal        [1, 3]  real          schools (3 of 8)\n",
        " pull   factor                       [1, 1]  real",
    );
    assert_eq!(discover().to_string(), expected);
}

/// Only categories are drawn: two classes for each of three rows.
#[test]
fn a_discrete_latent_has_a_discrete_support() {
    fn classes(t: &mut Trace, _: &()) {
        let logits = single().zeros([1, 1, 2]);
        t.plate("rows", 3, |t| t.sample("class", Categorical::logits(logits)));
    }
    let layout = Layout::discover(&classes, &(), &noise()).unwrap();
    let site = layout.latents().next().unwrap();
    assert_eq!((site.shape.clone(), site.support), (vec![1, 3, 1], Support::Category { count: 2 }));
    let draws = layout.prior_draws().unwrap().get_int::<3>("class").unwrap();
    assert_eq!(draws.dims(), [15, 3, 1]);
}

#[test]
fn values_at_a_layout_lie_at_its_place() {
    let latents = discover().at([("mu", single_matrix([[1.0], [2.0]]))]);
    assert_eq!((latents.particles(), latents.place()), (2, &single()));
    assert!(!latents.is_empty());
    assert_eq!(latents.names().to_string(), "\"mu\"");
    assert_eq!(Normal::<2>::new(0.0, 1.0).name(), "Normal");
}
