//! Draws from the standard normal distribution.

use std::f32::consts::TAU;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

/// A stream of draws from `N(0, 1)` by the polar form of two uniform ones (Box & Muller 1958).
pub(crate) struct Normals {
    uniform: ChaCha8Rng,
    kept: Option<f32>,
}

impl Normals {
    pub(crate) fn new(seed: u64) -> Self {
        Self { uniform: ChaCha8Rng::seed_from_u64(seed), kept: None }
    }

    pub(crate) fn draw(&mut self) -> f32 {
        if let Some(kept) = self.kept.take() {
            return kept;
        }
        let (radius, angle) = (1.0 - self.uniform.random::<f32>(), self.uniform.random::<f32>());
        let radius = (-2.0 * radius.ln()).sqrt();
        let (sin, cos) = (TAU * angle).sin_cos();
        self.kept = Some(radius * sin);
        radius * cos
    }

    pub(crate) fn generator(&mut self) -> &mut impl Rng {
        &mut self.uniform
    }
}
