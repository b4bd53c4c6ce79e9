//! Eight schools.

use eight_schools::{Schools, eight_schools};
use elbo::prelude::*;

use crate::{Fit, by_guide};

/// Independent normals.
pub fn mean_field(particles: usize, device: &Device) -> Fit {
    crate::mean_field(eight_schools, Schools::published(device), particles, Noise::new(0, device))
}

/// The same, compiled.
pub fn compiled(particles: usize, device: &Device) -> Fit {
    let data = Schools::published(device);
    crate::compiled::fit(eight_schools, &data, Schools::published, particles, device)
}

/// So many full-rank fits at once, with 10 particles each.
///
/// # Panics
/// If the model does not run.
pub fn restarts(restarts: usize, device: &Device) -> Fit {
    let (data, config) =
        (Schools::published(device), FullRankConfig::new().with_restarts(restarts));
    let svi = by_guide(eight_schools, &data, Noise::new(0, device), |layout, noise| {
        config.init(layout, &eight_schools, &data, noise)
    });
    Fit::new(svi.with_particles(10), data)
}
