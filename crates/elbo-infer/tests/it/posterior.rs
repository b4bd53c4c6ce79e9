use burn::tensor::{Device, Tensor};
use elbo_dist::{Bernoulli, Normal, Place};
use elbo_infer::{Elbo, InferError, Posterior, Svi, summarize};
use elbo_model::{Latents, Model, Trace};

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
    let error = posterior.bound(&x, 0).unwrap_err();
    assert!(matches!(error, InferError::NoDraws { needed: 1, found: 0, .. }));
    let expected = "Posterior::bound takes at least 1 draws, but 0 were asked for; ask for more";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_bound_of_data_outside_their_support_is_an_error() {
    fn coins(t: &mut Trace, x: &Tensor<2>) {
        let z = t.sample("z", Normal::new(0.0, 1.0));
        t.observe("x", Bernoulli::logits(z), x.clone());
    }
    let place = Place::f32(&Device::flex());
    let coin = |x: f64| place.tensor::<2>(vec![x], [1, 1]);
    let (start, noise) = guide(&coins, &coin(1.0), &place, 0);
    let posterior = Svi::new(Model::new(coins), start, Elbo, noise).posterior();
    let error = posterior.bound(&coin(7.0), 10).unwrap_err().to_string();
    assert!(error.starts_with("\"x\" (Bernoulli): the value 7 at [0, 0] lies outside"), "{error}");
    assert!(posterior.bound(&coin(0.0), 10).is_ok());
}

/// Two factors of 3e38 add up to more than the largest single.
#[test]
fn a_bound_that_overflows_is_an_error() {
    fn huge(t: &mut Trace, _: &()) {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        t.factor("first", z.clone() * 0.0 + 3e38);
        t.factor("second", z * 0.0 + 3e38);
    }
    let (start, noise) = guide(&huge, &(), &Place::f32(&Device::flex()), 0);
    let posterior = Svi::new(Model::new(huge), start, Elbo, noise).posterior();
    let error = posterior.bound(&(), 10).unwrap_err();
    assert!(matches!(error, InferError::InfiniteBound { .. }), "{error}");
}

#[test]
fn sites_of_different_numbers_of_draws_are_summarized_each() {
    let device = Device::flex();
    let mut draws = Latents::new(Place::f32(&device));
    draws.insert("a", Tensor::<2>::from_floats([[1.0], [2.0], [3.0]], &device));
    draws.insert("b", Tensor::<2>::from_floats([[1.0], [3.0]], &device));
    draws.insert("c", Tensor::<2>::zeros([0, 1], &device));
    let summary = summarize(&draws);
    assert_eq!(summary.rows.len(), 2);
    assert_eq!((summary.rows[0].mean, summary.rows[1].mean), (2.0, 2.0));
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
    assert!((first.mcse - (2.5_f64 / 5.0).sqrt()).abs() < 1e-12);
    assert_eq!(summary.get("theta[1]").unwrap().sd, 0.0);
    let table = summary.to_string();
    assert!(table.starts_with(" site      mean    sd     mcse   5%      50%     95%"), "{table}");
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
