//! Against sums over counts and quadrature over the rate.
#![allow(missing_docs, reason = "tests are named as sentences")]

use bbvi::{Counts, SEEN, compare, exact, fit, photons, seen};
use burn::tensor::Device;
use elbo::prelude::*;
use elbo::{digamma_scalar, lgamma_scalar};
use elbo_testkit::{assert_parity, slopes};

fn place() -> Place {
    Place::f64(&Device::flex()).unwrap()
}

/// The bound of `Gamma(a, b)` and `Poisson(m_i)`, a sum over counts: all else is known in closed form.
fn bound(at: &[f64]) -> f64 {
    let (a, b) = (at[0].exp(), at[1].exp());
    let (mean, log_mean) = (a / b, digamma_scalar(a) - b.ln());
    let entropy = a - b.ln() + lgamma_scalar(a) + (1.0 - a) * digamma_scalar(a);
    let mut bound = 0.25_f64.ln() + log_mean - 0.5 * mean + entropy;
    for (x, at) in SEEN.iter().zip(&at[2..]) {
        let m = at.exp();
        for n in 0..60 {
            let n = f64::from(n);
            let log_q = n * m.ln() - m - lgamma_scalar(n + 1.0);
            let log_p = n * log_mean - mean - lgamma_scalar(n + 1.0);
            let seen =
                -0.5 * ((x - n) / bbvi::NOISE).powi(2) - bbvi::NOISE.ln() - elbo::HALF_LN_TWO_PI;
            bound += log_q.exp() * (log_p + seen - log_q);
        }
    }
    bound
}

/// 1,000 estimates by ten particles each: within 4 standard errors in each of 12 coordinates. Variances of 1,000 draws
/// are known to some 10%.
#[test]
fn score_gradients_are_unbiased_and_their_variance_falls() {
    let at = start();
    let truth = slopes(|at| -bound(at), &at);
    let rows = compare(&place(), 1000).unwrap();
    for row in &rows {
        for (i, truth) in truth.iter().enumerate() {
            let off = (row.mean[i] - truth).abs();
            assert!(off < 4.0 * row.error[i], "{}: {} for {truth} at {i}", row.name, row.mean[i]);
        }
    }
    let variance = |name: &str| rows.iter().find(|row| row.name.contains(name)).unwrap().variance;
    assert!(variance("by order") < 0.7 * variance("plain"));
    assert!(variance("by graph") < 0.9 * variance("by order"));
    for control in ["average", "baseline", "leave-one-out", "optimal"] {
        assert!(variance(control) < 0.7 * variance("by graph"), "{control}");
    }
}

fn start() -> Vec<f64> {
    let mut at = vec![6.0_f64.ln(), 2.0_f64.ln()];
    at.extend([3.0_f64.ln(); 10]);
    at
}

/// The best bound of the family, by its gradient on the host; the fit is within 0.1 nats of it, and the rate has its
/// mean. As independent guides do, it has too small a deviation.
#[test]
fn the_fit_finds_the_best_of_its_family() {
    let mut at = start();
    for _ in 0..2000 {
        let slope = slopes(bound, &at);
        at.iter_mut().zip(slope).for_each(|(at, slope)| *at += 0.01 * slope);
    }
    let best = bound(&at);
    let [evidence, mean, deviation] = exact();
    assert!(best < evidence, "{best} {evidence}");
    let fitted = fit(1500, &place()).unwrap();
    assert!((fitted.bound - best).abs() < 0.1, "{} for {best}", fitted.bound);
    let [concentration, rate] = fitted.guide.rate();
    let off = concentration / rate - mean;
    assert!(off.abs() < 0.3 * deviation, "{} for {mean} ± {deviation}", concentration / rate);
    let own = concentration.sqrt() / rate;
    assert!(own < deviation && own > 0.4 * deviation, "{own} for {deviation}");
}

#[test]
fn all_devices_find_the_same_gradients() {
    assert_parity("the gradients", 2e-5, |device| {
        let place = Place::f32(device);
        let guide = Amortized::new(Counts::new(SEEN.len(), &place));
        let noise = Noise::new(1, &place);
        let svi = Svi::new(Model::new(photons), guide, Elbo, noise).with_particles(10);
        let moments = svi.gradient_moments(&seen(&place), 2).unwrap();
        moments.into_iter().flat_map(|moments| moments.mean).collect()
    });
}

/// Equal noise: 20 steps of Adam at 0.05 move the numbers by 1 at most.
#[test]
fn all_devices_find_the_same_guide() {
    assert_parity("the fit", 1e-4, |device| {
        let fit = fit(20, &Place::f32(device)).unwrap();
        [fit.guide.rate().to_vec(), vec![fit.bound]].concat()
    });
}
