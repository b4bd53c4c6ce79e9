//! Score functions with control variates.

use burn::tensor::Tensor;
use elbo_model::{Aid, ControlVariate, Term};

use crate::{InferError, Memory, Terms};

/// A site whose score is multiplied by what its draws cost.
pub(crate) struct Scored<'a> {
    pub term: &'a Term,
    /// `[S, N]`, constant.
    pub cost: Tensor<2>,
    pub aid: &'a Aid,
}

/// `mean over particles of (f - b) log q`, whose gradient is the score estimate, less what trains the baseline.
pub(crate) fn surrogate(
    terms: &Terms,
    control: ControlVariate,
    scored: &Scored,
    memory: &mut Memory,
) -> Result<Tensor<1>, InferError> {
    let Scored { term, cost, aid } = scored;
    let particles = cost.dims()[0] as f64;
    let factor = term.scale() / particles;
    let name = format!("{} cost", term.site);
    let (control, training) = match (control, aid) {
        (ControlVariate::LeaveOneOut, _) => (mean_of_others(cost.clone()), None),
        (ControlVariate::OptimalCoefficient, Aid::ScoreSquare(square)) => {
            (weighted_mean_of_others(cost.clone(), square.clone().expand(cost.dims())), None)
        }
        (ControlVariate::MovingAverage { decay }, _) => {
            memory.learn(&name, cost.clone().mean().reshape([1, 1]), decay);
            (terms.memory.mean(&name).unwrap_or_else(|| cost.zeros_like().narrow(0, 0, 1)), None)
        }
        (ControlVariate::Baseline, _) => {
            let baseline = terms.baseline(term, cost.dims()[1])?;
            let training = (cost.clone() - baseline.clone()).square().sum() * factor;
            (baseline.inner(), Some(training))
        }
        _ => (cost.zeros_like().narrow(0, 0, 1), None),
    };
    let signal = cost.clone() - control;
    let surrogate = (signal * log_q(term, cost.dims())).sum() * factor;
    Ok(match training {
        Some(training) => surrogate - training,
        None => surrogate,
    })
}

/// The site's `log q` without copies, which are equal: it was drawn before any site that makes some.
fn log_q(term: &Term, [particles, n]: [usize; 2]) -> Tensor<2> {
    let log_q = term.log_prob.clone();
    match log_q.dims()[0] {
        1 => log_q.expand([particles, n]),
        _ => log_q.narrow(0, 0, particles),
    }
}

/// For each particle, the mean over the others.
pub(crate) fn mean_of_others(x: Tensor<2>) -> Tensor<2> {
    let others = x.dims()[0] as f64 - 1.0;
    let sum = x.clone().sum_dim(0);
    (sum - x) * others.recip()
}

/// For each particle, the mean over the others with these weights; their plain mean where none has weight.
fn weighted_mean_of_others(x: Tensor<2>, weights: Tensor<2>) -> Tensor<2> {
    let whole = mean_of_others(weights.clone());
    let without = whole.clone().lower_equal_elem(0.0);
    let mean = mean_of_others(x.clone() * weights) / whole.mask_fill(without.clone(), 1.0);
    mean.mask_where(without, mean_of_others(x))
}

impl Terms<'_> {
    /// The trained baseline of a site, `[1, n]` or `[1, 1]`.
    pub(crate) fn baseline(&self, term: &Term, n: usize) -> Result<Tensor<2>, InferError> {
        let found = self.baselines.iter().find(|(site, _)| *site == term.site);
        let site = || term.site.to_string();
        let Some((_, baseline)) = found else {
            return Err(InferError::NoBaseline { site: site() });
        };
        let like = &term.log_prob;
        if baseline.dtype() != like.dtype() || baseline.device().inner() != like.device().inner() {
            return Err(InferError::ControlPlace {
                site: site(),
                expected: format!("{:?} on {:?}", like.dtype(), like.device().inner()),
                found: format!("{:?} on {:?}", baseline.dtype(), baseline.device().inner()),
            });
        }
        match baseline.dims() {
            [1, size] if size == 1 || size == n => Ok(baseline.clone()),
            found => Err(InferError::Baseline { site: site(), elements: n, found: found.to_vec() }),
        }
    }
}
