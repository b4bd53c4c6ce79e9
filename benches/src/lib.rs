//! Fits whose steps are timed by `cargo bench -p benches`.

use eight_schools::{Schools, eight_schools};
use elbo::prelude::*;

/// The eight-schools program as a trainable model.
pub type SchoolsModel = Model<fn(&mut Trace, &Schools)>;

/// A fit of eight schools on flex, ready for its first step.
///
/// # Panics
/// If the model does not run.
pub fn schools(particles: usize) -> (Svi<SchoolsModel, MeanField, Elbo>, Schools) {
    let device = elbo::device("flex").expect("flex is compiled in");
    let data = Schools::published(&device);
    let mut noise = Noise::new(0, &device);
    let layout = Layout::discover(&eight_schools, &data, &noise).expect("the model runs");
    let guide = MeanField::new(&layout, &eight_schools, &data, &mut noise);
    let model = Model::new(eight_schools as fn(&mut Trace, &Schools));
    let guide = guide.expect("the prior's median has a density");
    (Svi::new(model, guide, Elbo, noise).with_particles(particles), data)
}
