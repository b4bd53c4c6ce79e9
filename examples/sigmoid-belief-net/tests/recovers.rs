//! The order of the estimators on small digits.
#![allow(missing_docs, reason = "tests are named as sentences")]

use elbo::prelude::*;
use elbo_testkit::assert_parity;
use sigmoid_belief_net::{Belief, Helper, Images, Method, Options, Point, Recognition, run};
use vae::Data;

/// 400 steps on digits of 8 by 8 pixels with 20 bits. All estimators leave the bound of the start far behind, those with
/// a relaxed control variate by the most of the unbiased ones, and with a fraction of the noise of the others: bounds
/// of 300 images by 5 draws each are known to about 0.1 nats, and between seeds these runs differ by as much.
#[test]
fn relaxed_control_variates_lead_at_equal_steps() {
    let device = Device::flex();
    let images = Images::new(&Data::shipped().train, &Noise::new(0, &device), &device);
    let options = Options {
        units: 20,
        steps: 400,
        batch: 50,
        particles: 2,
        learning_rate: 1e-3,
        seed: 0,
        points: 1,
        measured: 300,
        draws: 20,
    };
    let ends = |method: Method| -> (Point, Point) {
        let curve = run(method, &images, &options, &device, &mut |_, _| {}).unwrap();
        (curve.points[0], *curve.points.last().unwrap())
    };
    let all = Method::ALL.map(|method| (method, ends(method)));
    for (method, (start, end)) in &all {
        assert!(end.bound > start.bound + 3.0, "{method}: {start:?} {end:?}");
    }
    let end = |wanted: Method| all.iter().find(|(method, _)| *method == wanted).unwrap().1.1;
    for relaxed in [Method::Rebar, Method::Relax] {
        for other in [Method::Nvil, Method::LeaveOneOut, Method::Vimco] {
            assert!(end(relaxed).bound > end(other).bound + 0.1, "{relaxed} and {other}");
            assert!(end(relaxed).variance < 0.5 * end(other).variance, "{relaxed} and {other}");
        }
    }
    assert!(end(Method::Disarm).variance < end(Method::LeaveOneOut).variance);
}

/// Sums over ten images: gradients of up to 1e2.
#[test]
fn every_method_has_the_same_gradients_on_every_device() {
    for method in Method::ALL {
        assert_parity(&format!("gradients of {method}"), 2e-5, |device| {
            let noise = Noise::new(0, device);
            let images = Images::new(&Data::shipped().train, &noise, device);
            let (model, guide) =
                (Belief::new(6, &images, &noise), Recognition::new(6, &images, &noise));
            let helper = Helper::new(6, &images, &noise);
            let batch = images.batch(0..10, 10);
            let objective = Elbo.with_estimator("z", method.estimator());
            let svi = Svi::new(model, Amortized::new(guide), objective, noise)
                .with_controls(helper)
                .with_particles(2);
            let moments = svi.gradient_moments(&batch, 2).unwrap();
            moments.into_iter().flat_map(|moments| moments.mean).collect()
        });
    }
}

/// Equal noise, two steps of Adam at 0.001: bounds of up to 50 nats and variances of up to 1e4.
#[test]
fn every_method_trains_the_same_net_on_every_device() {
    for method in Method::ALL {
        assert_parity(&method.to_string(), 1e-4, |device| {
            let images = Images::new(&Data::shipped().train, &Noise::new(0, device), device);
            let options = Options {
                units: 6,
                steps: 2,
                batch: 10,
                particles: 2,
                learning_rate: 1e-3,
                seed: 0,
                points: 1,
                measured: 20,
                draws: 2,
            };
            let curve = run(method, &images, &options, device, &mut |_, _| {}).unwrap();
            curve.points.iter().flat_map(|point| [point.bound, point.variance]).collect()
        });
    }
}
