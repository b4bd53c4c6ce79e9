//! Simulation from the prior and from given latents.

use burn::tensor::Tensor;
use elbo_dist::{Categorical, Distribution, Gamma, Normal};
use elbo_model::{Latents, ModelError, Predictive, Trace, Value};

use crate::*;

/// μ ~ N(1, 2²), x | μ ~ N(μ, 1): so x ~ N(1, 5).
fn model(t: &mut Trace, x: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(1.0, 2.0));
    t.deterministic("mu squared", mu.clone().square());
    t.observe("x", Normal::new(mu, 1.0), x.clone());
}

fn data() -> Tensor<2> {
    single_matrix([[0.0, 0.0, 0.0]])
}

/// A program with a sampler of every kind: by inversion, by rejection, by Gumbel's trick, and
/// inside a plate.
fn mixed(t: &mut Trace, x: &Tensor<2>) {
    let rate = t.sample("rate", Gamma::<2>::new(0.7, 2.0));
    let logits = single_matrix([[0.0, 1.0, 2.0]]);
    let k = t.sample("k", Categorical::logits(logits));
    t.plate("rows", 3, |t| {
        let z = t.sample("z", Normal::new(rate * k.float(), 1.0));
        t.observe("x", Normal::new(z, 1.0), x.clone());
    });
}

fn every_value(draws: &Latents) -> Vec<(String, Vec<f64>)> {
    draws.iter().map(|(name, value): (&str, &Value)| (name.to_string(), value.to_vec())).collect()
}

#[test]
fn prior_draws_have_a_row_a_particle() {
    let draws = Predictive::new(&model, &data()).prior(7, &noise()).unwrap();
    let shapes: Vec<_> = draws.iter().map(|(name, value)| (name, value.shape().to_vec())).collect();
    let expected = [("mu", vec![7, 1]), ("mu squared", vec![7, 1]), ("x", vec![7, 3])];
    assert_eq!(shapes, expected);
}

#[test]
fn a_seed_gives_its_draws_again_and_another_seed_others() {
    let draws = |seed| {
        let noise = Noise::new(seed, single());
        every_value(&Predictive::new(&mixed, &data()).prior(5, &noise).unwrap())
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
}

/// 7 = 3 + 2 + 2 draws in chunks are the same 7 numbers, bit for bit, at every site.
#[test]
fn draws_in_chunks_equal_the_same_draws_at_once() {
    let x = data();
    let predictive = Predictive::new(&mixed, &x);
    let whole = every_value(&predictive.prior(7, &noise()).unwrap());
    let mut joined: Vec<(String, Vec<f64>)> =
        whole.iter().map(|(name, _)| (name.clone(), vec![])).collect();
    for (first, particles) in [(0, 3), (3, 2), (5, 2)] {
        let chunk = predictive.prior(particles, &noise().from_particle(first)).unwrap();
        for ((_, all), (_, part)) in joined.iter_mut().zip(every_value(&chunk)) {
            all.extend(part);
        }
    }
    assert_eq!(joined, whole);
}

#[test]
fn given_latents_are_kept_and_data_follow_them() {
    let latents = at_place(single(), [("mu", single_matrix([[1000.0], [-1000.0]]))]);
    let draws = Predictive::new(&model, &data()).given(&latents, &noise()).unwrap();
    assert_eq!(host(draws.get::<2>("mu").unwrap()), [1000.0, -1000.0]);
    assert_eq!(host(draws.get::<2>("mu squared").unwrap()), [1e6, 1e6]);
    let x = host(draws.get::<2>("x").unwrap());
    // Ten standard deviations about the given means.
    assert!(x[..3].iter().all(|x| (x - 1000.0).abs() < 10.0), "{x:?}");
    assert!(x[3..].iter().all(|x| (x + 1000.0).abs() < 10.0), "{x:?}");
}

#[test]
fn prior_draws_can_be_given_back() {
    let x = data();
    let predictive = Predictive::new(&mixed, &x);
    let draws = predictive.prior(4, &noise()).unwrap();
    let again = predictive.given(&draws, &noise()).unwrap();
    assert_eq!(every_value(&again), every_value(&draws));
}

#[test]
fn a_given_value_for_no_site_is_an_error() {
    let latents = at_place(single(), [("nu", single_matrix([[0.0]]))]);
    let error = Predictive::new(&model, &data()).given(&latents, &noise()).unwrap_err();
    assert!(matches!(error, ModelError::UnknownSite { .. }), "{error}");
}

/// x ~ N(1, 5) when μ is summed out. Of n = 20,000 independent draws of one element the mean has
/// the standard error √(5/n) = 0.0158, the variance 5 √(2/n) = 0.05, and the covariance with μ,
/// which is 4, √((4 · 5 + 4²)/n) = 0.0424. Four of each.
#[test]
fn the_prior_predictive_has_the_moments_of_the_marginal() {
    let n = 20_000;
    let x = single_matrix([[0.0]]);
    let draws = Predictive::new(&model, &x).prior(n, &noise()).unwrap();
    let [x, mu] = ["x", "mu"].map(|name| draws.value(name).unwrap().to_vec());
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
    let (mean_x, mean_mu) = (mean(&x), mean(&mu));
    let covariance = |a: &[f64], b: &[f64], mean_a: f64, mean_b: f64| {
        a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / (n as f64 - 1.0)
    };
    assert!((mean_x - 1.0).abs() < 4.0 * 0.0158, "{mean_x}");
    let variance = covariance(&x, &x, mean_x, mean_x);
    assert!((variance - 5.0).abs() < 4.0 * 0.05, "{variance}");
    let joint = covariance(&x, &mu, mean_x, mean_mu);
    assert!((joint - 4.0).abs() < 4.0 * 0.0424, "{joint}");
}

#[test]
fn a_plate_inside_a_program_is_simulated_whole() {
    fn rows(t: &mut Trace, x: &Tensor<3>) {
        t.plate("rows", 2, |t| t.observe("x", Normal::new(0.0, 1.0).iid([1, 1, 3]), x.clone()));
    }
    let x = single().zeros([1, 2, 3]);
    let draws = Predictive::new(&rows, &x).prior(4, &noise()).unwrap();
    assert_eq!(draws.get::<3>("x").unwrap().dims(), [4, 2, 3]);
}

/// A density without an integral cannot be drawn from, but it can be conditioned on and scored.
#[test]
fn a_flat_prior_is_scored_but_not_simulated() {
    use elbo_dist::{Flat, Support};
    use elbo_model::{Layout, LogJoint};
    let flat = |t: &mut Trace, x: &Tensor<2>| {
        let mu: Tensor<2> = t.sample("mu", Flat::new(Support::Real));
        t.observe("x", Normal::new(mu, 1.0), x.clone());
    };
    let error = Predictive::new(&flat, &data()).prior(3, &noise()).unwrap_err().to_string();
    assert!(error.contains("\"mu\"") && error.contains("give the site a proper prior"), "{error}");
    let layout = Layout::discover(&flat, &data(), &noise()).unwrap();
    let at = layout.at([("mu", single_matrix([[0.0]]))]);
    let terms = flat.log_joint(&at, &data()).unwrap();
    let total: f64 = terms.total().into_scalar();
    assert!((total + 3.0 * 0.918_938_5).abs() < 1e-6, "{total}"); // of the data alone
    let given = Predictive::new(&flat, &data()).given(&at, &noise()).unwrap();
    assert_eq!(given.get::<2>("x").unwrap().dims(), [1, 3]);
}
