//! Fits whose steps are timed by `cargo bench -p benches`.

use eight_schools::{Schools, eight_schools};
use elbo::prelude::*;
use vae::{Decoder, Encoder, Images};

/// The eight-schools program as a trainable model.
pub type SchoolsModel = Model<fn(&mut Trace, &Schools)>;

/// A fit of eight schools on flex, ready for its first step.
///
/// # Panics
/// If the model does not run.
pub fn schools(particles: usize) -> (Svi<SchoolsModel, MeanField, Elbo>, Schools) {
    fit(particles, |layout, data, noise| MeanField::new(layout, &eight_schools, data, noise))
}

/// So many full-rank fits of eight schools at once, with 10 particles each.
///
/// # Panics
/// If the model does not run.
pub fn restarts(restarts: usize) -> (Svi<SchoolsModel, FullRank, Elbo>, Schools) {
    let config = FullRankConfig::new().with_restarts(restarts);
    fit(10, |layout, data, noise| config.init(layout, &eight_schools, data, noise))
}

fn fit<G: Module>(
    particles: usize,
    guide: impl FnOnce(&Layout, &Schools, &mut Noise) -> Result<G, GuideError>,
) -> (Svi<SchoolsModel, G, Elbo>, Schools) {
    let device = elbo::device("flex").expect("flex is compiled in");
    let data = Schools::published(&device);
    let mut noise = Noise::new(0, &device);
    let layout = Layout::discover(&eight_schools, &data, &noise).expect("the model runs");
    let guide = guide(&layout, &data, &mut noise).expect("there is a start with a density");
    let model = Model::new(eight_schools as fn(&mut Trace, &Schools));
    (Svi::new(model, guide, Elbo, noise).with_particles(particles), data)
}

/// A fit of the autoencoder on flex at its size for MNIST, ready for its first step, and a batch of
/// 128 images of noise: the time of a step does not depend on what they show.
///
/// # Panics
/// If there is no flex.
pub fn vae() -> (Svi<Decoder, Amortized<Encoder>, Elbo>, Images) {
    let [pixels, hidden, latent, batch] = [784, 400, 20, 128];
    let noise = Noise::new(0, &elbo::device("flex").expect("flex is compiled in"));
    let encoder = Encoder::new(pixels, hidden, latent, &noise);
    let decoder = Decoder::new(latent, hidden, pixels, &noise);
    let grey = noise.site("pixels").uniform([1, batch, pixels]);
    let svi = Svi::new(decoder, Amortized::new(encoder), Elbo, noise).with_learning_rate(1e-3);
    (svi, Images { pixels: grey, total: batch })
}
