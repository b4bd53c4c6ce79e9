//! Against all states.
#![allow(missing_docs, reason = "tests are named as sentences")]

use elbo::prelude::*;
use elbo_testkit::{assert_parity, slopes};
use latent_factors::{
    Amortizing, DOCUMENT, Exact, Own, START, compare, counts, documents, exact, fit, model,
};

fn place() -> Place {
    Place::f64(&Device::flex()).unwrap()
}

/// The mean of 4,000 estimates lies within 4 standard errors of the gradient of the bound over 8 states, and the
/// variances fall in the order of the methods: a variance of 4,000 draws is known to some 5%.
#[test]
fn every_estimator_is_unbiased_and_the_variance_falls() {
    let truth = slopes(|logits| -Exact::bound(&DOCUMENT, logits), &START);
    let rows = compare(&place(), 4000).unwrap();
    for row in &rows {
        for j in 0..3 {
            let off = (row.mean[j] - truth[j]).abs();
            assert!(off < 4.0 * row.error[j] + 1e-9, "{row:?} for {truth:?}");
        }
    }
    let variance = |name: &str| rows.iter().find(|row| row.name.contains(name)).unwrap().variance;
    assert!(variance("Rao") < 0.9 * variance("score function"));
    for control in ["average", "baseline", "leave-one-out", "optimal", "DisARM", "REBAR"] {
        assert!(variance(control) < 0.5 * variance("Rao"), "{control}");
    }
}

/// The bound of the fit is the greatest of independent factors, found on the host from many starts by its gradient.
#[test]
fn independent_factors_reach_their_best_bound() {
    let mut logits = START.to_vec();
    for _ in 0..2000 {
        let slope = slopes(|at| Exact::bound(&DOCUMENT, at), &logits);
        logits.iter_mut().zip(slope).for_each(|(logit, slope)| *logit += 2.0 * slope);
    }
    let best = Exact::bound(&DOCUMENT, &logits);
    let known = exact(&DOCUMENT);
    assert!(best < known.evidence);
    let (_, own) = fit(Own::new(START, &place()), &[DOCUMENT.to_vec()], 1000, &place()).unwrap();
    let fitted: Vec<f64> = own.logits.val().into_data().iter().collect();
    let bound = Exact::bound(&DOCUMENT, &fitted);
    assert!(best - bound < 1e-3, "{bound} at {fitted:?} for {best} at {logits:?}");
    assert!(known.evidence - bound < 0.3, "{bound} for {}", known.evidence);
}

/// One linear map for 100 documents: its bound is within 0.15 nats a document of their evidence.
#[test]
fn an_amortized_guide_serves_all_documents() {
    let many = documents(100, &Noise::new(5, place()));
    let evidence: f64 = many.iter().map(|document| exact(document).evidence).sum();
    let (bound, _) = fit(Amortizing::new(&place()), &many, 1000, &place()).unwrap();
    assert!(bound < evidence && evidence - bound < 15.0, "{bound} for {evidence}");
}

#[test]
fn all_devices_find_the_same_gradients() {
    assert_parity("the gradients", 2e-5, |device| {
        let place = Place::f32(device);
        let guide = Amortized::new(Own::new(START, &place));
        let noise = Noise::new(2, &place);
        let svi = Svi::new(Model::new(model), guide, Elbo, noise).with_particles(8);
        let moments = svi.gradient_moments(&counts(&[DOCUMENT.to_vec()], &place), 2).unwrap();
        moments.into_iter().flat_map(|moments| moments.mean).collect()
    });
}

/// Equal noise: 20 steps of Adam at 0.05 move the numbers by 1 at most.
#[test]
fn all_devices_find_the_same_guide() {
    assert_parity("the fit", 1e-4, |device| {
        let place = Place::f32(device);
        let own = Own::new(START, &place);
        let (bound, guide) = fit(own, &[DOCUMENT.to_vec()], 20, &place).unwrap();
        let logits = guide.logits.val().into_data();
        logits.iter::<f64>().chain([bound]).collect()
    });
}
