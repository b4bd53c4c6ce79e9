//! Gradients of the log-joint densities that are not plain compositions of densities.

use burn::tensor::{Device, Tensor};
use elbo::{Latents, Layout, LogJoint, Noise, Place, Trace};
use elbo_testkit::{assert_close, autodiff_gradient, central_differences};
use posteriors::{Reference, Visitor, visit};

use crate::point::Point;

/// Holds the gradient against differences, at half a deviation above the published means.
struct Differences(Place);

impl Visitor for Differences {
    type Out = ();

    fn visit<D: Sync + 'static>(
        &mut self,
        _: &str,
        model: fn(&mut Trace, &D),
        data: &D,
        references: &[Reference],
    ) {
        let layout = Layout::discover(&model, data, &Noise::new(0, &self.0)).unwrap();
        let point = Point::new(references, 0.5).latents(&layout);
        let at: Vec<f64> = point.iter().flat_map(|(_, value)| value.to_vec()).collect();
        let log_joint = |x: Tensor<2>| {
            let latents = split(&layout, x);
            model.log_joint(&latents, data).unwrap().total().sum()
        };
        let (device, shape) = (self.0.device(), [1, at.len()]);
        let found = autodiff_gradient(device, shape, &at, log_joint);
        // Differences at a number of a hundredth lose 1e-8 of the density.
        assert_close(&found, &central_differences(device, shape, &at, log_joint), 1e-7, 1e-5);
    }
}

/// Latents of rank 2 from all their numbers in a row.
fn split(layout: &Layout, x: Tensor<2>) -> Latents {
    let (mut latents, mut start) = (Latents::new(layout.place().clone()), 0);
    for site in layout.latents() {
        latents.insert(site.name.clone(), x.clone().narrow(1, start, site.size()));
        start += site.size();
    }
    latents
}

#[test]
fn gradients_are_differences_of_the_log_joint() {
    let Some(root) = elbo_testkit::data_dir() else { return };
    let place = Place::f64(&Device::flex()).unwrap();
    let names = [
        "arma-arma11",
        "garch-garch11",
        "hmm_example-hmm_example",
        "hudson_lynx_hare-lotka_volterra",
        "low_dim_gauss_mix-low_dim_gauss_mix",
    ];
    for name in names {
        visit(name, &root, &place, &mut Differences(place.clone())).unwrap();
    }
}
