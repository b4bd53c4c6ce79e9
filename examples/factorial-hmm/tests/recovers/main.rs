//! The model, its posteriors and what it learns against answers that are known.
#![allow(missing_docs, reason = "tests are named as sentences")]

mod amortized;
mod batches;
mod chorales;
mod errors;
mod exact;
mod learning;
mod mean_field;
mod picture;

use factorial_hmm::{Chains, Emission, FactorialHmm, Gaussian, NoisyOr, Observed, Sizes};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Rows of probabilities, none of them under a tenth of their mean or so.
fn rows(count: usize, length: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let row = |_| {
        let weights = Vec::from_iter((0..length).map(|_| 0.1 + rng.random::<f64>()));
        let sum: f64 = weights.iter().sum();
        Vec::from_iter(weights.into_iter().map(|weight| weight / sum))
    };
    (0..count).flat_map(row).collect()
}

fn chains(sizes: Sizes, rng: &mut ChaCha8Rng) -> Chains {
    let initial = rows(sizes.chains, sizes.states, rng);
    Chains::new(sizes, initial, rows(sizes.width(), sizes.states, rng)).unwrap()
}

/// Two numbers with a noise of variance 0.5, and weights from `N(0, 1)`.
fn gaussian(sizes: Sizes, rng: &mut ChaCha8Rng) -> FactorialHmm<Gaussian> {
    let chains = chains(sizes, rng);
    FactorialHmm::new(chains, Gaussian::drawn(sizes, 2, 0.5, rng).unwrap()).unwrap()
}

fn chances(count: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| rng.random_range(0.05..0.9)).collect()
}

/// So many keys.
fn noisy_or(sizes: Sizes, keys: usize, rng: &mut ChaCha8Rng) -> FactorialHmm<NoisyOr> {
    let chains = chains(sizes, rng);
    let on = chances(keys * sizes.width(), rng);
    let leaks = Vec::from_iter((0..keys).map(|_| rng.random_range(0.05..0.2)));
    FactorialHmm::new(chains, NoisyOr::new(sizes, &on, &leaks).unwrap()).unwrap()
}

/// All paths `[T][M]` of all chains.
fn paths(sizes: Sizes, steps: usize) -> impl Iterator<Item = Vec<Vec<usize>>> {
    let Sizes { chains, states } = sizes;
    let digit = move |path: usize, place: usize| path / states.pow(place as u32) % states;
    let step = move |path, t: usize| (0..chains).map(|m| digit(path, t * chains + m)).collect();
    (0..states.pow((chains * steps) as u32))
        .map(move |path| (0..steps).map(|t| step(path, t)).collect())
}

/// Log evidence and marginals `[T, M, L]` by all paths.
fn enumerated<E: Emission>(seen: &Observed<E>) -> (f64, Vec<f64>) {
    let sizes = seen.hmm().sizes();
    let mut evidence = 0.0;
    let mut marginals = vec![0.0; seen.steps().len() * sizes.width()];
    for path in paths(sizes, seen.steps().len()) {
        let joint = seen.log_joint(&path).exp();
        evidence += joint;
        for (place, state) in path.iter().flatten().enumerate() {
            marginals[place * sizes.states + state] += joint;
        }
    }
    marginals.iter_mut().for_each(|q| *q /= evidence);
    (evidence.ln(), marginals)
}

/// The largest difference.
fn furthest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
