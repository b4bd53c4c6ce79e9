//! Plates: independent elements, their blocks and their scales.

use burn::tensor::Tensor;
use elbo_dist::{Categorical, Distribution, Normal};
use elbo_model::{Latents, LogJoint, LogTerms, Plate, Subsample, Trace};

use crate::*;

/// The names of the plates, the shape and the scale of each block.
fn shapes(terms: &LogTerms) -> Vec<(Vec<String>, [usize; 2], f64)> {
    let names = |plates: &[Plate]| plates.iter().map(|plate| plate.name.to_string()).collect();
    let blocks = terms.blocks();
    blocks.iter().map(|b| (names(&b.plates), b.log_prob.dims(), b.scale())).collect()
}

#[test]
fn a_plate_expands_a_scalar_to_independent_draws() {
    let mut t = Trace::prior(3, noise());
    let z = t.plate("rows", 4, |t| t.sample("z", Normal::<2>::new(0.0, 1.0)));
    assert_eq!(z.dims(), [3, 4]);
    let mut draws = host(z);
    draws.sort_by(f64::total_cmp);
    draws.dedup();
    assert_eq!(draws.len(), 12);
    let terms = t.finish().unwrap().terms;
    assert_eq!(shapes(&terms), [(vec!["rows".to_string()], [3, 4], 1.0)]);
}

/// A latent of the outer plate at 0 and 1, of the inner one at 0, 1, .., 5, all standard normal:
/// -½ - log 2π outside, -(0 + 1 + 4 + 9 + 16 + 25)/2 - 3 log 2π = -27½ - 3 log 2π inside.
#[test]
fn nested_plates_lie_on_axes_one_and_two() {
    fn model(t: &mut Trace, _: &()) {
        t.plate("schools", 2, |t| {
            t.sample("school", Normal::<3>::new(0.0, 1.0)); // [S, 2, 1]
            t.plate("pupils", 3, |t| t.sample("pupil", Normal::<3>::new(0.0, 1.0))); // [S, 2, 3]
        });
    }
    let school = double().tensor(vec![0.0, 1.0], [1, 2, 1]);
    let pupil = double().tensor((0..6).map(f64::from).collect(), [1, 2, 3]);
    let terms = score(&model, &at([("school", school), ("pupil", pupil)]), &());
    let (schools, pupils) = ("schools".to_string(), "pupils".to_string());
    assert_eq!(
        shapes(&terms),
        [(vec![schools.clone()], [1, 2], 1.0), (vec![schools, pupils], [1, 6], 1.0)]
    );
    let blocks = terms.blocks();
    assert_eq!(blocks[1].plates[1].axis, 2);
    let inner: Vec<f64> = [0.0, -0.5, -2.0, -4.5, -8.0, -12.5].map(|x| x - HALF_LN_TWO_PI).to_vec();
    assert_close(&host(blocks[1].log_prob.clone()), &inner);
    assert_total(&terms, &[-28.0 - 8.0 * HALF_LN_TWO_PI]);
}

fn regression(t: &mut Trace, y: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(0.0, 1.0)); // [S, 1]
    let rows = Subsample { total: 10, batch: y.dims()[1] };
    t.plate("rows", rows, |t| t.observe("y", Normal::new(mu, 1.0), y.clone())); // [S, N]
}

/// μ = 1 and y = 1, 3 of ten: global -½ - ½ log 2π, local -½ log 2π and -2 - ½ log 2π, each worth
/// five: -½ - 10 - 11/2 log 2π in all.
#[test]
fn the_subsampling_scale_stays_beside_the_block() {
    let terms = score(&regression, &at([("mu", matrix([[1.0]]))]), &matrix([[1.0, 3.0]]));
    let blocks = terms.blocks();
    assert_eq!(blocks.iter().map(|b| b.scale()).collect::<Vec<_>>(), [1.0, 5.0]);
    let local = [-HALF_LN_TWO_PI, -2.0 - HALF_LN_TWO_PI];
    assert_close(&host(blocks[1].log_prob.clone()), &local);
    assert_total(&terms, &[-20.608_323_865_251_4]);
    let subsampled: Vec<_> = terms.subsampled().map(|plate| (plate.total, plate.batch)).collect();
    assert_eq!(subsampled, [(10, 2)]);
}

/// The same sum over a batch of all: 10/2 times the batch's, where the batch repeats five times.
#[test]
fn five_copies_of_a_batch_score_as_the_batch_of_a_fifth() {
    let latents = at([("mu", matrix([[0.5], [-2.0]]))]);
    let part = score(&regression, &latents, &matrix([[1.0, 3.0]]));
    let all = matrix([[1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0]]);
    let whole = score(&regression, &latents, &all);
    assert_close(&host(part.total()), &host(whole.total()));
}

/// 4/2 outside times 9/3 inside: each of the 2 · 3 elements counts six times.
#[test]
fn nested_subsampling_multiplies_the_scales() {
    fn model(t: &mut Trace, y: &Tensor<3>) {
        t.plate("outer", Subsample { total: 4, batch: 2 }, |t| {
            t.plate("inner", Subsample { total: 9, batch: 3 }, |t| {
                t.observe("y", Normal::new(0.0, 1.0), y.clone())
            })
        });
    }
    let y = double().zeros([1, 2, 3]);
    let terms = score(&model, &at::<2>([]), &y);
    assert_eq!(terms.blocks()[0].scale(), 6.0);
    assert_total(&terms, &[-36.0 * HALF_LN_TWO_PI]);
}

/// Rows (1, 2, 3) and (0, 0, 0): -7 - 3/2 log 2π and -3/2 log 2π.
#[test]
fn event_axes_inside_a_plate_are_summed_and_the_plate_stays() {
    fn model(t: &mut Trace, _: &()) {
        t.plate("rows", 2, |t| t.sample("w", Normal::<3>::new(0.0, 1.0).iid([1, 1, 3])));
    }
    let w = double().tensor(vec![1.0, 2.0, 3.0, 0.0, 0.0, 0.0], [1, 2, 3]);
    let block = score(&model, &at([("w", w)]), &()).blocks().remove(0);
    let expected = [-7.0 - 3.0 * HALF_LN_TWO_PI, -3.0 * HALF_LN_TWO_PI];
    assert_close(&host(block.log_prob), &expected);
}

#[test]
fn sites_of_one_plate_share_a_block_and_those_of_another_do_not() {
    fn model(t: &mut Trace, y: &Tensor<2>) {
        let z = t.plate("rows", 2, |t| t.sample("z", Normal::<2>::new(0.0, 1.0)));
        t.plate("rows", 2, |t| t.observe("y", Normal::new(z, 1.0), y.clone()));
        t.plate("columns", 2, |t| t.observe("x", Normal::new(0.0, 1.0), y.clone()));
    }
    let terms = score(&model, &at([("z", matrix([[0.0, 0.0]]))]), &matrix([[0.0, 0.0]]));
    let (rows, columns) = (vec!["rows".to_string()], vec!["columns".to_string()]);
    assert_eq!(shapes(&terms), [(rows, [1, 2], 1.0), (columns, [1, 2], 1.0)]);
    assert_close(&host(terms.blocks().remove(0).log_prob), &[-2.0 * HALF_LN_TWO_PI; 2]);
}

/// The categories lie on axis 2, the plate on axis 1.
#[test]
fn a_categorical_in_a_plate_draws_one_category_an_element() {
    let mut t = Trace::prior(5, noise());
    let logits = single().zeros([1, 1, 3]);
    let k = t.plate("rows", 4, |t| t.sample("k", Categorical::logits(logits)));
    assert_eq!(k.dims(), [5, 4, 1]);
    let block = t.finish().unwrap().terms.blocks().remove(0);
    assert_eq!(block.log_prob.dims(), [5, 4]);
}

/// A plate of one element of one is no different from none but for its name.
#[test]
fn a_plate_of_one_element_keeps_the_total() {
    fn model(t: &mut Trace, _: &()) {
        t.plate("one", 1, |t| t.sample("z", Normal::<2>::new(0.0, 1.0)));
    }
    let terms = score(&model, &at([("z", matrix([[2.0], [0.0]]))]), &());
    assert_total(&terms, &[-2.0 - HALF_LN_TWO_PI, -HALF_LN_TWO_PI]);
}

/// Rows of a plate that are vectors share their covariance, and take none of a plate's elements for an event.
#[test]
fn vectors_in_a_plate_have_a_term_a_row() {
    use elbo_dist::MultivariateNormal;
    let rows = |t: &mut Trace, x: &Tensor<3>| {
        t.plate("rows", 2, |t| {
            let factor = t.place().clone().tensor::<4>(vec![2.0, 0.0, 0.0, 0.5], [1, 1, 2, 2]);
            t.observe("x", MultivariateNormal::scale_tril(0.0, factor), x.clone());
        });
    };
    let x = double().tensor::<3>(vec![2.0, 0.5, 0.0, 1.0], [1, 2, 2]);
    let terms = rows.log_joint(&Latents::new(double()), &x).unwrap();
    // z is (1, 1) and (0, 2); the determinant is 1.
    let constant = 2.0 * 0.918_938_533_204_672_7;
    let term = terms.iter().next().unwrap();
    assert_eq!(term.plates.len(), 1);
    assert_total(&terms, &[-1.0 - 2.0 - 2.0 * constant]);
    let wide = double().tensor::<3>(vec![0.0; 6], [1, 2, 3]);
    let error = rows.log_joint(&Latents::new(double()), &wide).unwrap_err().to_string();
    assert!(error.contains("[1, 1, 2]") && error.contains("[1, 2, 3]"), "{error}");
}
