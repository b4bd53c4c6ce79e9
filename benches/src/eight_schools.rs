//! Eight schools.

use eight_schools::{Schools, eight_schools};
use elbo::prelude::*;

use crate::Fit;

/// Independent normals.
pub fn mean_field(particles: usize, device: &Device) -> Fit {
    let (noise, config) = (Noise::new(0, device), MeanFieldConfig::new());
    crate::mean_field(eight_schools, Schools::published(device), particles, noise, &config)
}

/// So many full-rank fits at once, with 10 particles each.
///
/// # Panics
/// If the model does not run.
pub fn restarts(restarts: usize, device: &Device) -> Fit {
    let (data, mut noise) = (Schools::published(device), Noise::new(0, device));
    let layout = Layout::discover(&eight_schools, &data, &noise).expect("the model runs");
    let config = FullRankConfig::new().with_restarts(restarts);
    let guide = config.init(&layout, &eight_schools, &data, &mut noise);
    let guide = guide.expect("a start has a density");
    Fit::new(Svi::new(Model::new(eight_schools), guide, Elbo, noise).with_particles(10), data)
}
