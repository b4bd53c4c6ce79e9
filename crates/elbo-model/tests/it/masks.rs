//! Masks: what does not count has density 1 and no gradient.

use burn::tensor::{Bool, Device, Tensor};
use elbo_dist::{Gamma, Normal};
use elbo_model::{Latents, Layout, LogJoint, Trace};

use crate::*;

type Data = (Tensor<2>, Tensor<2, Bool>);

fn masked_normal(t: &mut Trace, (y, known): &Data) {
    let mu = t.sample("mu", Normal::new(0.0, 1.0)); // [S, 1]
    t.mask(known.clone(), |t| t.observe("y", Normal::new(mu, 1.0), y.clone()));
}

/// `log p` and its derivative by `mu` at `mu`.
fn value_and_slope(mu: f64, batch: &Data) -> (f64, f64) {
    let leaf: Tensor<2> = Tensor::from_data([[mu]], (&Device::flex().autodiff(), double().dtype()));
    let leaf = leaf.require_grad();
    let mut latents = Latents::new(double());
    latents.insert("mu", leaf.clone());
    let total = masked_normal.log_joint(&latents, batch).unwrap().total();
    let value = total.clone().into_scalar();
    (value, leaf.grad(&total.backward()).unwrap().into_scalar())
}

/// y = 1, (2), 3 at μ = 1: -½ - ½ log 2π of the prior, -½ log 2π and -2 - ½ log 2π; the slope is
/// -μ + (1 - μ) + (3 - μ) = 1.
#[test]
fn masked_data_add_nothing_and_pull_at_nothing() {
    let known = mask([[true, false, true]]);
    let (value, slope) = value_and_slope(1.0, &(matrix([[1.0, 2.0, 3.0]]), known));
    assert_close(&[value, slope], &[-2.5 - 3.0 * HALF_LN_TWO_PI, 1.0]);
}

/// Whatever stands in for a missing number, NaN above all, reaches neither value nor gradient:
/// 0 · NaN would make the slope NaN.
#[test]
fn a_missing_value_may_be_nan_or_infinite() {
    for placeholder in [f64::NAN, f64::INFINITY, 1e300] {
        let known = mask([[true, false, true]]);
        let (value, slope) = value_and_slope(1.0, &(matrix([[1.0, placeholder, 3.0]]), known));
        assert_close(&[value, slope], &[-2.5 - 3.0 * HALF_LN_TWO_PI, 1.0]);
    }
}

/// μ = 0, 1, 2 and y = 1, (9): -μ²/2 - (1 - μ)²/2 - log 2π.
#[test]
fn a_mask_of_one_row_hides_an_element_of_every_particle() {
    let latents = at([("mu", matrix([[0.0], [1.0], [2.0]]))]);
    let terms = score(&masked_normal, &latents, &(matrix([[1.0, 9.0]]), mask([[true, false]])));
    let expected = [-0.5, -0.5, -2.5].map(|x| x - 2.0 * HALF_LN_TWO_PI);
    assert_total(&terms, &expected);
}

/// μ = 0, 1: the first particle sees y = 1, the second y = 9. -½ and -½ - 32 less log 2π.
#[test]
fn a_mask_may_differ_between_particles() {
    let latents = at([("mu", matrix([[0.0], [1.0]]))]);
    let known = mask([[true, false], [false, true]]);
    let terms = score(&masked_normal, &latents, &(matrix([[1.0, 9.0]]), known));
    assert_total(&terms, &[-0.5 - 2.0 * HALF_LN_TWO_PI, -32.5 - 2.0 * HALF_LN_TWO_PI]);
}

/// Data that no latent reaches are shared by all particles until the mask tells them apart.
#[test]
fn a_mask_of_particles_splits_what_they_share() {
    fn model(t: &mut Trace, known: &Tensor<2, Bool>) {
        t.sample("mu", Normal::<2>::new(0.0, 1.0));
        t.mask(known.clone(), |t| {
            t.observe("y", Normal::new(0.0, 1.0), matrix([[2.0]]));
            t.factor("f", matrix([[10.0]]));
        });
    }
    let latents = at([("mu", matrix([[0.0], [0.0]]))]);
    let terms = score(&model, &latents, &mask([[true], [false]]));
    assert_total(&terms, &[8.0 - 2.0 * HALF_LN_TWO_PI, -HALF_LN_TWO_PI]);
}

/// Of four elements only the first passes both masks.
#[test]
fn masks_inside_masks_hide_what_either_hides() {
    fn model(t: &mut Trace, _: &()) {
        t.mask(mask([[true, true, false, false]]), |t| {
            t.mask(mask([[true, false, true, false]]), |t| {
                t.observe("y", Normal::new(0.0, 1.0), matrix([[2.0, 4.0, 6.0, 8.0]]))
            })
        });
    }
    assert_total(&score(&model, &at::<2>([]), &()), &[-2.0 - HALF_LN_TWO_PI]);
}

/// A masked latent is drawn and kept, but its density does not count.
#[test]
fn a_masked_latent_adds_nothing() {
    fn model(t: &mut Trace, _: &()) {
        t.mask(mask([[true, false]]), |t| {
            t.plate("rows", 2, |t| t.sample("z", Normal::<2>::new(0.0, 1.0)))
        });
    }
    let terms = score(&model, &at([("z", matrix([[2.0, 5.0]]))]), &());
    assert_close(&host(terms.blocks().remove(0).log_prob), &[-2.0 - HALF_LN_TWO_PI, 0.0]);
}

/// -1 has no density under a gamma distribution; hidden, it is no error, and 1 stands in for it.
#[test]
fn masked_data_may_lie_outside_the_support() {
    fn model(t: &mut Trace, _: &()) {
        t.mask(mask([[true, false]]), |t| {
            t.observe("y", Gamma::new(2.0, 1.0), single_matrix([[1.0, -1.0]]))
        });
    }
    Layout::discover(&model, &(), &noise()).unwrap();
    let terms = model.log_joint(&at_place::<2>(single(), []), &()).unwrap();
    // log Gamma(1; 2, 1) = -1
    elbo_testkit::assert_close(&host(terms.total()), &[-1.0], 1e-6, 0.0);
}

/// Of sets where equal numbers make no event, too: what is hidden may be anything.
#[test]
fn hidden_events_of_any_set_may_be_anything() {
    use elbo_dist::{Distribution, Multinomial, Support, Wishart};
    let nan = f64::NAN;
    let counts = double().tensor::<3>(vec![1.0, 2.0, 1.0, nan, nan, nan, 0.0, 0.0, 0.0], [1, 3, 3]);
    let program = |t: &mut Trace, x: &Tensor<3>| {
        let seen = Tensor::<3, Bool>::from_data([[[true], [false], [false]]], &Device::flex());
        t.mask(seen, |t| {
            let logits = t.place().clone().zeros::<3>([1, 1, 3]);
            t.observe("x", Multinomial::logits(4, logits), x.clone());
        });
    };
    let noise = elbo_dist::Noise::new(0, double());
    Layout::discover(&program, &counts, &noise).unwrap();
    let terms = score(&program, &Latents::new(double()), &counts);
    assert_total(&terms, &[(12.0 / 81.0_f64).ln()]); // 4! / 2! · 3⁻⁴
    let matrices = double().tensor::<4>(vec![2.0, 0.5, 0.5, 1.0, 1.0, 3.0, 3.0, 1.0], [1, 2, 2, 2]);
    let scale = double().tensor::<4>(vec![1.0, 0.0, 0.0, 1.0], [1, 1, 2, 2]);
    let program = |t: &mut Trace, x: &Tensor<4>| {
        let seen = Tensor::<4, Bool>::from_data([[[[true]], [[false]]]], &Device::flex());
        let df = t.param(
            "df",
            t.place().clone().tensor::<4>(vec![4.0], [1, 1, 1, 1]),
            Support::Positive,
        );
        t.mask(seen, |t| {
            t.observe("x", Wishart::new(df, scale.clone()), x.clone());
        });
    };
    let layout = Layout::discover(&program, &matrices, &noise).unwrap();
    let model = elbo_model::Model::new(program).with_params(&layout);
    let terms = model.log_joint(&Latents::new(double()), &matrices).unwrap();
    let first = matrices.narrow(1, 0, 1);
    let alone: f64 = Wishart::new(4.0, scale.clone()).log_prob(first).into_scalar();
    assert_total(&terms, &[alone]);
}
