//! Log-joint densities against totals written by hand.

use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Categorical, Distribution, Exponential, Normal};
use elbo_model::{LogTerms, Role, Trace};

use crate::*;

fn chain(t: &mut Trace, x: &Tensor<2>) {
    let z = t.sample("z", Normal::new(0.0, 1.0)); // [S, 1]
    t.observe("x", Normal::new(z, 1.0), x.clone());
}

/// log N(1; 0, 2) = -⅛ - log 2 - ½ log 2π; log Exp(2; ½) = log ½ - 1;
/// log N(3; 1, 2) = -½ - log 2 - ½ log 2π. The sum: -13/8 - 3 log 2 - log 2π.
#[test]
fn scalar_latents_add_their_log_densities() {
    fn model(t: &mut Trace, y: &Tensor<2>) {
        let mu = t.sample("mu", Normal::new(0.0, 2.0));
        let tau = t.sample("tau", Exponential::new(0.5));
        t.observe("y", Normal::new(mu, tau), y.clone());
    }
    let latents = at([("mu", matrix([[1.0]])), ("tau", matrix([[2.0]]))]);
    let terms = score(&model, &latents, &matrix([[3.0]]));
    assert_total(&terms, &[-5.542_318_608_089_181]);
    let each: Vec<f64> = terms.iter().flat_map(|term| host(term.log_prob.clone())).collect();
    let normal_and_exponential = [-1.737_085_713_764_618, -1.693_147_180_559_945_3];
    assert_close(&each[..2], &normal_and_exponential);
    let roles: Vec<_> = terms.iter().map(|term| (&*term.site, term.role)).collect();
    assert_eq!(roles, [("mu", Role::Latent), ("tau", Role::Latent), ("y", Role::Observed)]);
}

/// -z²/2 - (1 - z)²/2 - log 2π at z = 0.
#[test]
fn one_particle_gives_one_total() {
    let terms = score(&chain, &at([("z", matrix([[0.0]]))]), &matrix([[1.0]]));
    assert_total(&terms, &[-2.337_877_066_409_345_3]);
}

/// -z²/2 - (1 - z)²/2 - log 2π at z = 0, 1, 2: -½, -½, -5/2 less log 2π.
#[test]
fn three_particles_give_three_totals() {
    let terms = score(&chain, &at([("z", matrix([[0.0], [1.0], [2.0]]))]), &matrix([[1.0]]));
    let expected = [-2.337_877_066_409_345_3, -2.337_877_066_409_345_3, -4.337_877_066_409_345];
    assert_total(&terms, &expected);
}

/// -(1 + 4 + 9)/2 - 3/2 log 2π = -7 - 3/2 log 2π.
#[test]
fn an_iid_vector_sums_over_its_elements() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("w", Normal::new(0.0, 1.0).iid([1, 3]));
    }
    let terms = score(&model, &at([("w", matrix([[1.0, 2.0, 3.0]]))]), &());
    assert_total(&terms, &[-9.756_815_599_614_018]);
    assert_eq!(terms.blocks()[0].log_prob.dims(), [1, 1]);
}

fn standard_normal_of_rank<const D: usize>(shape: [usize; D], values: &[f64]) -> LogTerms {
    let model = move |t: &mut Trace, _: &()| {
        let shape = std::array::from_fn(|axis| if axis == 0 { 1 } else { shape[axis] });
        t.sample("x", Normal::<D>::new(0.0, 1.0).iid(shape));
    };
    score(&model, &at([("x", double().tensor(values.to_vec(), shape))]), &())
}

/// Rank 1 has the particle axis alone: two particles 0 and 2 have -½ log 2π and -2 - ½ log 2π.
/// The others hold 1, 2, 3, 4: -(1 + 4 + 9 + 16)/2 - 2 log 2π = -15 - 2 log 2π.
#[test]
fn ranks_one_to_four_reduce_to_one_number_a_particle() {
    let particles = standard_normal_of_rank([2], &[0.0, 2.0]);
    assert_total(&particles, &[-HALF_LN_TWO_PI, -2.918_938_533_204_672_7]);
    let (values, expected) = ([1.0, 2.0, 3.0, 4.0], [-18.675_754_132_818_69]);
    assert_total(&standard_normal_of_rank([1, 4], &values), &expected);
    assert_total(&standard_normal_of_rank([1, 2, 2], &values), &expected);
    assert_total(&standard_normal_of_rank([1, 2, 1, 2], &values), &expected);
}

/// μ = 0, 1, 2 in three particles, τ = 2 shared: log N(μ; 0, 1) + log Exp(2; 1) + log N(1; μ, 2)
/// = -μ²/2 - 2 - (1 - μ)²/8 - log 2 - log 2π: -2⅛, -2½, -4⅛ less log 4π.
#[test]
fn a_latent_that_all_particles_share_meets_one_that_they_do_not() {
    fn model(t: &mut Trace, y: &Tensor<2>) {
        let mu = t.sample("mu", Normal::new(0.0, 1.0));
        let tau = t.sample("tau", Exponential::new(1.0));
        t.observe("y", Normal::new(mu, tau), y.clone());
    }
    let latents = at([("tau", matrix([[2.0]])), ("mu", matrix([[0.0], [1.0], [2.0]]))]);
    let terms = score(&model, &latents, &matrix([[1.0]]));
    let log_four_pi = 2.531_024_246_969_290_7;
    assert_total(&terms, &[-2.125 - log_four_pi, -2.5 - log_four_pi, -4.125 - log_four_pi]);
    let shared = terms.iter().find(|term| &*term.site == "tau").unwrap();
    assert_eq!(shared.log_prob.dims(), [1, 1]);
}

/// -x² of x = 1, 2 beside log N(x; 0, 1): -3/2 and -6, less ½ log 2π.
#[test]
fn a_factor_adds_to_the_total() {
    fn model(t: &mut Trace, _: &()) {
        let x = t.sample("x", Normal::<2>::new(0.0, 1.0));
        t.factor("pull", -x.square());
    }
    let terms = score(&model, &at([("x", matrix([[1.0], [2.0]]))]), &());
    assert_total(&terms, &[-1.5 - HALF_LN_TWO_PI, -6.0 - HALF_LN_TWO_PI]);
}

/// log ¾ for the coin, log 0.2 for the category.
#[test]
fn discrete_sites_are_scored() {
    fn model(t: &mut Trace, _: &()) {
        t.sample("coin", Bernoulli::<2>::probs(0.75));
        t.sample("color", Categorical::probs(matrix([[0.5, 0.3, 0.2]])));
    }
    let mut latents = at([("coin", matrix([[1.0]]))]);
    latents.insert("color", int_matrix([[2]]));
    let terms = score(&model, &latents, &());
    assert_total(&terms, &[-0.287_682_072_451_780_9 - 1.609_437_912_434_100_3]);
}

/// Integers have no precision of their own: they are data of a double-precision program too.
#[test]
fn integer_data_are_observed_in_either_precision() {
    fn model(t: &mut Trace, logits: &Tensor<2>) {
        t.observe("k", Categorical::logits(logits.clone()), int_matrix([[1]]));
    }
    let half = [-std::f64::consts::LN_2];
    assert_total(&score(&model, &at::<2>([]), &matrix([[0.0, 0.0]])), &half);
    let terms = score(&model, &at_place::<2>(single(), []), &single_matrix([[0.0, 0.0]]));
    elbo_testkit::assert_close(&host(terms.total()), &half, 1e-6, 0.0);
}

#[test]
fn deterministic_values_change_no_density() {
    fn plain(t: &mut Trace, _: &()) {
        t.sample("x", Normal::<2>::new(0.0, 1.0));
    }
    fn noted(t: &mut Trace, _: &()) {
        let x = t.sample("x", Normal::<2>::new(0.0, 1.0));
        t.deterministic("twice", x * 2.0);
    }
    let latents = at([("x", matrix([[1.5]]))]);
    let [plain, noted] = [score(&plain, &latents, &()), score(&noted, &latents, &())];
    assert_eq!(host(plain.total()), host(noted.total()));
}

#[test]
#[should_panic(expected = "a log-density has at least one term")]
fn the_total_of_no_terms_panics_and_try_total_says_so() {
    assert!(LogTerms::default().try_total().is_none());
    LogTerms::default().total();
}
