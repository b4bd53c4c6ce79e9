//! Gradients of the log-joint densities that are not plain compositions of densities.

use burn::tensor::{Device, Tensor};
use elbo::{Latents, Layout, LogJoint, Noise, Place};
use elbo_testkit::{assert_close, autodiff_gradient, central_differences};
use posteriors::{Published, read};

use crate::point::Point;

/// Holds the gradient against differences, at half a deviation above the published means.
fn hold(published: &Published, place: &Place) {
    let layout = Layout::discover(published, &(), &Noise::new(0, place)).unwrap();
    let point = Point::new(&published.references, 0.5).latents(&layout);
    let at: Vec<f64> = point.iter().flat_map(|(_, value)| value.to_vec()).collect();
    let log_joint = |x: Tensor<2>| {
        let latents = split(&layout, x);
        published.log_joint(&latents, &()).unwrap().total().sum()
    };
    let (device, shape) = (place.device(), [1, at.len()]);
    let found = autodiff_gradient(device, shape, &at, log_joint);
    // Differences at a number of a hundredth lose 1e-8 of the density.
    assert_close(&found, &central_differences(device, shape, &at, log_joint), 1e-7, 1e-5);
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
        hold(&read(name, &root, &place).unwrap(), &place);
    }
}
