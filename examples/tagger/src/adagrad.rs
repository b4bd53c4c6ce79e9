//! Steps that shrink as gradients add up.

use crate::{Row, TAGS, Weights};

/// Keeps a first step of a gradient of 0 from being a division by 0.
const LEAST: f32 = 1e-3;

/// Adagrad: `x ← x - rate g / (√Σ g² + 0.001)`, each weight by its own gradients, so that rare features take long steps.
///
/// # References
/// Duchi, Hazan & Singer (2011), *Adaptive subgradient methods*, with diagonal matrices.
pub(crate) struct Adagrad {
    squares: Weights,
}

impl Adagrad {
    pub(crate) fn new(features: usize) -> Self {
        Self { squares: Weights::all(0.0, features) }
    }

    /// The step of the weights of a feature.
    pub(crate) fn of_feature(
        &mut self,
        feature: usize,
        gradient: &Row<f32>,
        rate: f32,
    ) -> Row<f32> {
        step(&mut self.squares.features[feature], gradient, rate)
    }

    /// The step of the weights of pairs with a tag before.
    pub(crate) fn of_pairs(&mut self, before: usize, gradient: &Row<f32>, rate: f32) -> Row<f32> {
        step(&mut self.squares.transitions[before], gradient, rate)
    }
}

fn step(squares: &mut Row<f32>, gradient: &Row<f32>, rate: f32) -> Row<f32> {
    let mut step = [0.0; TAGS];
    for k in 0..TAGS {
        squares[k] += gradient[k] * gradient[k];
        step[k] = -rate * gradient[k] / (squares[k].sqrt() + LEAST);
    }
    step
}
