//! Log-joint densities against numpy's.

use elbo::prelude::*;
use elbo_testkit::{Golden, assert_parity};
use posteriors::{Published, names, read};

use crate::point::Point;

/// The log-joint density at each of the shifts.
fn log_joints(published: &Published, place: &Place, shifts: &[f64]) -> Vec<f64> {
    let layout = Layout::discover(published, &(), &Noise::new(0, place));
    let layout = layout.unwrap_or_else(|error| panic!("{published:?}: {error}"));
    let log_joint = |&shift: &f64| {
        let latents = Point::new(&published.references, shift).latents(&layout);
        let terms = published.check(&latents, &());
        let terms = terms.unwrap_or_else(|error| panic!("{published:?}: {error}"));
        terms.total().into_data().iter::<f64>().next().unwrap()
    };
    shifts.iter().map(log_joint).collect()
}

fn golden() -> Golden {
    Golden::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log_joints.json"))
}

/// Holds every posterior but those of `without` at `place` against numpy's, to a tolerance by name.
fn compare(place: &Place, without: &[&str], tolerance: impl Fn(&str) -> f64) {
    let Some(root) = elbo_testkit::data_dir() else { return };
    for name in names().iter().filter(|name| !without.contains(name)) {
        let cases = golden().of("posterior", name);
        let published = read(name, &root, place).unwrap();
        let found = log_joints(&published, place, &cases.column("shift"));
        for (found, expected) in found.iter().zip(cases.column("log_joint")) {
            let error = (found - expected).abs() / expected.abs();
            assert!(error <= tolerance(name), "{name}: {found}, by numpy {expected}");
        }
    }
}

/// The solver of a differential equation is off by 1e-5 at a number, and the factor of a covariance of
/// condition 1e7 by 1e-9; all else is rounding, of some 1e-15.
#[test]
fn log_joints_are_those_of_numpy() {
    compare(&Place::f64(&Device::flex()).unwrap(), &[], |name| match name {
        "hudson_lynx_hare-lotka_volterra" => 1e-5,
        "gp_pois_regr-gp_pois_regr" => 1e-9,
        _ => 1e-12,
    });
}

/// The covariance of a prior draw has no factor in single precision.
#[test]
fn log_joints_in_single_precision_are_near_on_every_device() {
    let flex = ("flex", Device::flex());
    for (_, device) in std::iter::once(flex).chain(elbo_testkit::other_devices()) {
        compare(&Place::f32(&device), &["gp_pois_regr-gp_pois_regr"], |_| 1e-4);
    }
}

/// From independent normals of a hundredth around a point half a deviation above the published means, relative to the largest number of a
/// gradient: those beside it are sums that cancel.
#[test]
fn all_devices_find_the_same_gradients() {
    let Some(root) = elbo_testkit::data_dir() else { return };
    for name in names().iter().filter(|name| **name != "gp_pois_regr-gp_pois_regr") {
        // Under the second mean of the mixture, 5.6 above the first by an exponential, lie 378 points of variance 1.05: its slope changes
        // by 2,000 times what the draw is rounded by.
        let tolerance = if *name == "low_dim_gauss_mix-low_dim_gauss_mix" { 5e-4 } else { 2e-5 };
        assert_parity(name, tolerance, |device| {
            let place = Place::f32(device);
            let (published, mut noise) =
                (read(name, &root, &place).unwrap(), Noise::new(0, &place));
            let layout = Layout::discover(&published, &(), &noise).unwrap();
            let at = Point::new(&published.references, 0.5).latents(&layout);
            let config = MeanFieldConfig::new().with_scale(0.01).with_init(Init::Value(at));
            let guide = config.init(&layout, &published, &(), &mut noise).unwrap();
            let svi = Svi::new(published.model(), guide, Elbo, noise);
            let moments = svi.gradient_moments(&(), 2).unwrap();
            let gradient: Vec<f64> = moments.into_iter().flat_map(|moments| moments.mean).collect();
            let largest = gradient.iter().fold(0.0_f64, |most, slope| most.max(slope.abs()));
            gradient.iter().map(|slope| slope / largest).collect()
        });
    }
}
