//! Log-joint densities against numpy's.

use burn::tensor::Device;
use elbo::{Layout, LogJoint, Noise, Place, Trace};
use elbo_testkit::Golden;
use posteriors::{Reference, Visitor, names, visit};

use crate::point::Point;

/// The log-joint density at each of the shifts.
struct LogJoints {
    place: Place,
    shifts: Vec<f64>,
}

impl Visitor for LogJoints {
    type Out = Vec<f64>;

    fn visit<D: Sync + 'static>(
        &mut self,
        name: &str,
        model: fn(&mut Trace, &D),
        data: &D,
        references: &[Reference],
    ) -> Vec<f64> {
        let layout = Layout::discover(&model, data, &Noise::new(0, &self.place)).unwrap();
        let log_joint = |&shift: &f64| {
            let latents = Point::new(references, shift).latents(&layout);
            let terms = model.check(&latents, data);
            let terms = terms.unwrap_or_else(|error| panic!("{name}: {error}"));
            terms.total().into_data().iter::<f64>().next().unwrap()
        };
        self.shifts.iter().map(log_joint).collect()
    }
}

fn golden() -> Golden {
    Golden::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/log_joints.json"))
}

/// That of the solver of the differential equation is 1e-5 at each number; all else is rounding.
fn tolerance(name: &str) -> f64 {
    if name == "hudson_lynx_hare-lotka_volterra" { 1e-4 } else { 1e-8 }
}

#[test]
fn log_joints_are_those_of_numpy() {
    let Some(root) = elbo_testkit::data_dir() else { return };
    let place = Place::f64(&Device::flex()).unwrap();
    for name in names() {
        let cases = golden().of("posterior", name);
        let mut visitor = LogJoints { place: place.clone(), shifts: cases.column("shift") };
        let found = visit(name, &root, &place, &mut visitor).unwrap();
        for (found, expected) in found.iter().zip(cases.column("log_joint")) {
            let error = (found - expected).abs() / expected.abs();
            println!("{name}: {found} {expected} {error:.1e}");
            assert!(error <= tolerance(name), "{name}: {found}, by numpy {expected}");
        }
    }
}
