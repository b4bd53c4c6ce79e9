//! One program on two backends.

use burn::tensor::Tensor;
use elbo_dist::{Distribution, HalfCauchy, Noise, Normal, Place};
use elbo_model::{Latents, LogJoint, Trace};

use crate::{host, ndarray, single};

fn schools(t: &mut Trace, (y, sigma): &(Tensor<2>, Tensor<2>)) {
    let mu = t.sample("mu", Normal::new(0.0, 5.0));
    let tau = t.sample("tau", HalfCauchy::new(5.0));
    let z = t.sample("z", Normal::new(0.0, 1.0).iid([1, 3]));
    t.plate("schools", 3, |t| t.observe("y", Normal::new(mu + tau * z, sigma), y.clone()));
}

/// Draws and log-joint of 20 particles, all on `place`.
fn draws_and_totals(place: &Place) -> (Vec<f64>, Vec<f64>) {
    let data = [vec![28.0, 8.0, -3.0], vec![15.0, 10.0, 16.0]];
    let [y, sigma] = data.map(|values| place.tensor(values, [1, 3]));
    let mut t = Trace::prior(20, Noise::new(3, place));
    schools(&mut t, &(y.clone(), sigma.clone()));
    let latents: Latents = t.finish().unwrap().values;
    let totals = schools.log_joint(&latents, &(y, sigma)).unwrap().total();
    (latents.value("z").unwrap().to_vec(), host(totals))
}

/// Noise is drawn on the host, so the draws are equal bit for bit; totals of about 20 are summed
/// in f32 in another order, a few units in the last place (2e-6 each) apart.
#[test]
fn flex_and_ndarray_draw_the_same_and_score_the_same() {
    let (flex_draws, flex) = draws_and_totals(&single());
    let (draws, totals) = draws_and_totals(&Place::f32(&ndarray()));
    assert_eq!(flex_draws, draws);
    elbo_testkit::assert_close(&totals, &flex, 2e-6, 0.0);
}

/// In double precision a few units in the last place are 1e-15 relative.
#[test]
fn flex_and_ndarray_agree_in_double_precision() {
    let (flex_draws, flex) = draws_and_totals(&crate::double());
    let (draws, totals) = draws_and_totals(&Place::f64(&ndarray()).unwrap());
    assert_eq!(flex_draws, draws);
    elbo_testkit::assert_close(&totals, &flex, 1e-14, 0.0);
}
