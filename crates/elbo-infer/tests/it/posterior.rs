use burn::tensor::{Device, Tensor};
use elbo_dist::Place;
use elbo_infer::{Elbo, InferError, Posterior, Svi, summarize};
use elbo_model::{Latents, Model};

use crate::{chain, guide, one};

type Chain = Model<fn(&mut elbo_model::Trace, &Tensor<2>)>;

fn fitted() -> (Posterior<Chain, elbo_guide::MeanField>, Tensor<2>) {
    let place = Place::f32(&Device::flex());
    let x = one(&place);
    let (guide, noise) = guide(&chain, &x, &place, 0);
    let program: fn(&mut elbo_model::Trace, &Tensor<2>) = chain;
    let mut svi = Svi::new(Model::new(program), guide, Elbo, noise);
    svi.run(10, &x, &mut ()).unwrap();
    (svi.posterior(), x)
}

fn numbers(draws: &Latents, site: &str) -> Vec<f64> {
    draws.value(site).unwrap().to_vec()
}

#[test]
fn draws_in_chunks_equal_draws_at_once() {
    let (posterior, x) = fitted();
    let whole = posterior.predictive(&x, 10).unwrap();
    for site in ["z", "x"] {
        let chunks: Vec<f64> = posterior
            .predictive_chunks(&x, 10, 4)
            .flat_map(|chunk| numbers(&chunk.unwrap(), site))
            .collect();
        assert_eq!(chunks, numbers(&whole, site), "{site}");
    }
    assert_eq!(posterior.predictive_chunks(&x, 10, 4).count(), 3);
}

#[test]
fn fewer_draws_are_the_first_of_more() {
    let (posterior, x) = fitted();
    let many = numbers(&posterior.draws(&x, 100).unwrap(), "z");
    assert_eq!(numbers(&posterior.draws(&x, 7).unwrap(), "z"), many[..7]);
}

#[test]
fn draws_are_made_without_autodiff() {
    let (posterior, x) = fitted();
    let draws = posterior.draws(&x, 3).unwrap();
    assert!(!draws.get::<2>("z").unwrap().is_autodiff());
}

#[test]
fn a_bound_of_no_draws_is_an_error() {
    let (posterior, x) = fitted();
    assert!(matches!(posterior.bound(&x, 0), Err(InferError::NoParticles)));
}

/// Type-7 quantiles of 1, 2, .., 5: at 5% position 0.2, at 95% position 3.8.
#[test]
fn a_summary_names_elements_and_interpolates_quantiles() {
    let device = Device::flex();
    let mut draws = Latents::new(Place::f32(&device));
    let rows = [[1.0, 10.0], [2.0, 10.0], [3.0, 10.0], [4.0, 10.0], [5.0, 10.0]];
    draws.insert("theta", Tensor::<2>::from_floats(rows, &device));
    let summary = summarize(&draws);
    let first = summary.get("theta[0]").unwrap();
    assert_eq!((first.mean, first.median), (3.0, 3.0));
    assert!((first.sd - 2.5_f64.sqrt()).abs() < 1e-12);
    assert!((first.q05 - 1.2).abs() < 1e-12 && (first.q95 - 4.8).abs() < 1e-12);
    assert_eq!(summary.get("theta[1]").unwrap().sd, 0.0);
    let table = summary.to_string();
    assert!(table.starts_with(" site      mean    sd     5%      50%     95%"), "{table}");
}

#[test]
fn streams_of_a_posterior_differ_and_repeat() {
    let (posterior, x) = fitted();
    let z = |index| numbers(&posterior.stream(index).draws(&x, 3).unwrap(), "z");
    assert_eq!(z(0), z(0));
    assert_ne!(z(0), z(1));
}

#[test]
fn no_draws_have_an_empty_summary_and_one_draw_has_no_standard_error() {
    let (posterior, x) = fitted();
    assert!(summarize(&posterior.draws(&x, 0).unwrap()).rows.is_empty());
    assert!(posterior.bound(&x, 1).unwrap().standard_error.is_nan());
    let hidden = Place::f32(&Device::flex()).tensor(vec![f64::NAN], [1, 1]);
    assert!(matches!(posterior.bound(&hidden, 5), Err(InferError::Model(_))));
}
