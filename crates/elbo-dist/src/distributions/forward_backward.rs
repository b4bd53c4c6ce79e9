//! The forward and backward recursions of a hidden Markov chain, on logarithms.

use burn::tensor::{Int, Tensor};

use crate::logsumexp;
use crate::shape::widest;

/// Log-probabilities: of first states `[.., 1, K]`, of moves `[.., K, K]` and of what is seen `[.., T, K]`.
#[derive(Clone)]
pub(super) struct Logs<const M: usize> {
    pub first: Tensor<M>,
    pub moves: Tensor<M>,
    pub seen: Tensor<M>,
}

impl<const M: usize> Logs<M> {
    pub fn constant(self) -> Self {
        let (first, moves) = (self.first.inner(), self.moves.inner());
        Self { first, moves, seen: self.seen.inner() }
    }

    pub fn steps(&self) -> usize {
        self.seen.dims()[M - 2]
    }

    pub fn seen_at(&self, t: usize) -> Tensor<M> {
        self.seen.clone().narrow(M - 2, t, 1)
    }

    /// `αₜ`, each `[.., 1, K]`.
    pub fn forward(&self) -> Vec<Tensor<M>> {
        let mut all = vec![self.first.clone() + self.seen_at(0)];
        for t in 1..self.steps() {
            let from = all[t - 1].clone().swap_dims(M - 2, M - 1) + self.moves.clone();
            all.push(logsumexp(from, M - 2) + self.seen_at(t));
        }
        all
    }

    /// `βₜ(i) = log Σⱼ exp(log Aᵢⱼ + log p(xₜ₊₁ | j) + βₜ₊₁(j))`, each `[.., 1, K]`.
    pub fn backward(&self) -> Vec<Tensor<M>> {
        let last = self.steps() - 1;
        let mut all = vec![(self.first.clone() + self.seen_at(last)).zeros_like()];
        for t in (1..=last).rev() {
            let to = all[all.len() - 1].clone() + self.seen_at(t) + self.moves.clone();
            all.push(logsumexp(to, M - 1).swap_dims(M - 2, M - 1));
        }
        all.reverse();
        all
    }
}

/// `log Aᵢⱼ` for each `i` and the states `j`, `[.., 1, K]`.
pub(super) fn column<const M: usize>(moves: &Tensor<M>, states: Tensor<M, Int>) -> Tensor<M> {
    picked(moves, states, M - 1).swap_dims(M - 2, M - 1)
}

/// `log Aᵢⱼ` for each `j` and the states `i`, `[.., 1, K]`.
pub(super) fn row<const M: usize>(moves: &Tensor<M>, states: Tensor<M, Int>) -> Tensor<M> {
    picked(moves, states, M - 2)
}

/// The elements of `moves` at the states along `axis`.
fn picked<const M: usize>(moves: &Tensor<M>, states: Tensor<M, Int>, axis: usize) -> Tensor<M> {
    let mut shape = widest(states.dims(), moves.dims());
    let moves = moves.clone().expand(shape);
    shape[axis] = 1;
    moves.gather(axis, states.expand(shape))
}

/// `Σ (x - x₀) slope` over the last two axes, where `x₀` is finite.
pub(super) fn tied<const M: usize>(
    x: Tensor<M>,
    constant: Tensor<M>,
    slope: Tensor<M>,
) -> Tensor<M> {
    let never = constant.clone().equal_elem(f64::NEG_INFINITY);
    let change = (x - constant).mask_fill(never, 0.0);
    (change * slope).sum_dim(M - 1).sum_dim(M - 2)
}
