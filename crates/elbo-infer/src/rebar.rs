//! The score function with a relaxed objective, and a trained network, as control variate.

use std::sync::Arc;

use burn::tensor::Tensor;
use elbo_guide::Draw;
use elbo_model::{Aid, Estimator, Latents, LogTerms, Relaxation, Term};

use crate::additive::{Cost, Costs, Weights, spread};
use crate::dependencies::Reach;
use crate::{InferError, Memory, Terms};

/// The trained network of a site at relaxed noise `[S, n]`: `[S, N]` or `[S, 1]`.
pub(crate) type Network<'a> = Box<dyn Fn(&str, Tensor<2>) -> Result<Tensor<2>, InferError> + 'a>;

/// The model at relaxed draws `ζ` and `ζ̃`, functions of leaves in the place of the sites' log-probabilities.
pub(crate) struct Relaxed {
    /// `[2 S, N]`
    log_p: LogTerms,
    leaves: Vec<Leaf>,
}

struct Leaf {
    site: Arc<str>,
    /// `[S, n]`
    logits: Tensor<2>,
    relaxed: [Tensor<2>; 2],
}

impl Relaxed {
    /// Evaluates `log_p`, a model with constant parameters, at the relaxed draws, if there are any.
    pub fn of(
        draw: &Draw,
        log_p: impl FnOnce(&Latents) -> Result<LogTerms, InferError>,
    ) -> Result<Option<Self>, InferError> {
        let mut leaves = Vec::new();
        let mut latents = draw.latents.constant().tiled(2);
        for term in draw.log_q.iter() {
            if let Aid::Relaxed(relaxation) = &term.aid {
                let logits = leaf(relaxation.logits());
                let relaxed = relaxation.noises(logits.clone()).map(|z| relaxation.relaxed(z));
                let both = Tensor::cat(relaxed.to_vec(), 0);
                latents.replace(&term.site, relaxation.value(both));
                leaves.push(Leaf { site: term.site.clone(), logits, relaxed });
            }
        }
        match leaves.is_empty() {
            true => Ok(None),
            false => Ok(Some(Self { log_p: log_p(&latents)?, leaves })),
        }
    }

    /// The costs of `log p` at `ζ` or `ζ̃`.
    fn costs(&self, weights: &Weights, particles: usize, copy: usize) -> Costs {
        let cost = |(term, weight): (&Term, &f64)| {
            let value = match term.log_prob.dims()[0] {
                1 => term.log_prob.clone(),
                _ => term.log_prob.clone().narrow(0, copy * particles, particles),
            };
            Cost { plates: term.plates.clone(), value, weight: *weight }
        };
        let log_p = self.log_p.iter().zip(&weights.log_p).map(cost).collect();
        Costs::of_p(log_p, particles)
    }
}

/// A site with REBAR or RELAX in force.
struct Site<'a> {
    term: &'a Term,
    position: usize,
    relaxation: &'a Relaxation,
    leaf: &'a Leaf,
    /// What its own `log q` counts.
    weight: f64,
}

/// `g = (f(b) - η f(ζ̃)) h + η ∂α (f(ζ) - f(ζ̃))` for each log-probability `α`, with `h = ∂ log q(b) / ∂α`;
/// with a network `r` at the noises, `- r(z̃) h + ∂α (r(z) - r(z̃))` more.
pub(crate) fn surrogate(
    terms: &Terms,
    weights: &Weights,
    costs: &Costs,
    relaxed: &Relaxed,
    memory: &mut Memory,
) -> Result<Tensor<1>, InferError> {
    let particles = terms.particles();
    let sites = sites(terms, weights, relaxed);
    let [soft, conditional] = [0, 1].map(|copy| relaxed.costs(weights, particles, copy));
    let constant = conditional.constant();
    // The paths of all sites at once; `∂α f(ζ)` needs no other part of the objective.
    let path = paths(&sites, &soft, &conditional, particles).backward();
    let mut surrogate: Option<Tensor<1>> = None;
    for site in &sites {
        let reach = Reach::of(terms, site.position);
        let plates = &site.term.plates;
        let own = site.own_log_q(1).inner();
        let hard = costs.reached(&reach, plates)?;
        let conditional = constant.reached(&reach_of_p(&reach), plates)? + own;
        let score = site.relaxation.score() * site.term.scale();
        let n = score.dims()[1];
        let by_path = site.leaf.logits.grad(&path).unwrap_or_else(|| score.zeros_like());
        let first = spread(&hard, n) * score.clone();
        let second = by_path - spread(&conditional, n) * score.clone();
        let coefficient = coefficient(terms, &site.term.site, &first, &second, memory);
        let mut gradient = first + second * coefficient;
        let mut part = None;
        if matches!(site.term.estimator.estimator, Estimator::Relax { .. }) {
            let (by_network, training) = site.network(terms, &gradient, &score)?;
            gradient = gradient + by_network;
            part = Some(training);
        }
        let of_site = (gradient * site.relaxation.logits()).sum() * (particles as f64).recip();
        let of_site = match part {
            Some(training) => of_site - training,
            None => of_site,
        };
        surrogate = Some(match surrogate {
            Some(sum) => sum + of_site,
            None => of_site,
        });
    }
    surrogate.ok_or(InferError::NothingToTrain)
}

fn sites<'a>(terms: &'a Terms, weights: &Weights, relaxed: &'a Relaxed) -> Vec<Site<'a>> {
    let site = |(position, term): (usize, &'a Term)| {
        let Aid::Relaxed(relaxation) = &term.aid else { return None };
        let leaf = relaxed.leaves.iter().find(|leaf| leaf.site == term.site)?;
        Some(Site { term, position, relaxation, leaf, weight: weights.log_q[position] })
    };
    terms.log_q.iter().enumerate().filter_map(site).collect()
}

/// `Σ over particles of f(ζ) - f(ζ̃)`.
fn paths(sites: &[Site], soft: &Costs, conditional: &Costs, particles: usize) -> Tensor<1> {
    let of_q =
        sites.iter().map(|site| (site.own_log_q(0) - site.own_log_q(1)).sum() * site.term.scale());
    let of_q = of_q.reduce(|sum, site| sum + site).expect("there is a relaxed site");
    match (soft.total(), conditional.total()) {
        (Some(soft), Some(conditional)) => (soft - conditional) * particles as f64 + of_q,
        _ => of_q,
    }
}

/// The reach of a draw into the terms of `log p` alone.
fn reach_of_p(reach: &Reach) -> Reach {
    Reach { log_p: reach.log_p.clone(), log_q: Vec::new() }
}

/// `η = -E[g₁ g₂] / E[g₂²]`, by the steps before this one; 1 in the first.
fn coefficient(
    terms: &Terms,
    site: &str,
    first: &Tensor<2>,
    second: &Tensor<2>,
    memory: &mut Memory,
) -> Tensor<2> {
    let [product, square] =
        ["first times second", "second squared"].map(|of| format!("{site} {of}"));
    let mean = |x: Tensor<2>| x.mean().reshape([1, 1]);
    memory.learn(&product, mean(first.clone() * second.clone()), DECAY);
    memory.learn(&square, mean(second.clone().square()), DECAY);
    match (terms.memory.mean(&product), terms.memory.mean(&square)) {
        (Some(product), Some(square)) => -product / (square + f64::from(f32::MIN_POSITIVE)),
        _ => first.ones_like().narrow(0, 0, 1).narrow(1, 0, 1),
    }
}

/// The weight of the past in the coefficient's averages.
const DECAY: f64 = 0.95;

/// How far the derivative along a direction looks, in noise of deviation about 2.
const STEP: f64 = 1e-2;

impl Site<'_> {
    /// What the site's own `log q` counts at `ζ` or `ζ̃`.
    ///
    /// # Shapes
    /// `[S, N]`.
    fn own_log_q(&self, copy: usize) -> Tensor<2> {
        let parts = self.relaxation.log_prob(self.leaf.relaxed[copy].clone()) * self.weight;
        let [s, n] = parts.dims();
        let elements = self.term.log_prob.dims()[1];
        parts.reshape([s * elements, n / elements]).sum_dim(1).reshape([s, elements])
    }

    /// Checks that a network with a number for each element makes it of that element alone: another noise of the
    /// first one changes no other number, and another noise of all others not the first.
    fn check_network(
        &self,
        at: &impl Fn(Tensor<2>) -> Result<Tensor<2>, InferError>,
        elements: usize,
    ) -> Result<(), InferError> {
        let [z, _] = self.relaxation.noises(self.relaxation.logits().inner());
        let [s, n] = z.dims();
        let before = at(z.clone())?.inner();
        if elements == 1 || before.dims()[1] == 1 {
            return Ok(());
        }
        let moved = |first: f64, others: f64| {
            let own = n / elements;
            let parts =
                [z.clone().narrow(1, 0, own) + first, z.clone().narrow(1, own, n - own) + others];
            Ok::<_, InferError>(
                (at(Tensor::cat(parts.to_vec(), 1))?.inner() - before.clone()).abs(),
            )
        };
        let others = moved(1.0, 0.0)?.narrow(1, 1, elements - 1).max();
        let first = moved(0.0, 1.0)?.narrow(1, 0, 1).max();
        let apart = others.into_scalar::<f64>().max(first.into_scalar::<f64>());
        let size = before.abs().max().into_scalar::<f64>();
        match apart > 1e-5 * (1.0 + size) {
            true => {
                Err(InferError::NetworkMixes { site: self.term.site.to_string(), particles: s })
            }
            false => Ok(()),
        }
    }

    /// What the network adds to the gradient, and the loss that trains it: the squared length of the whole gradient,
    /// relative to what it is.
    fn network(
        &self,
        terms: &Terms,
        others: &Tensor<2>,
        score: &Tensor<2>,
    ) -> Result<(Tensor<2>, Tensor<1>), InferError> {
        let Some(network) = &terms.network else {
            return Err(InferError::NoNetwork { site: self.term.site.to_string() });
        };
        let scale = self.term.scale();
        let [s, n] = score.dims();
        let elements = self.term.log_prob.dims()[1];
        let at = |z: Tensor<2>| -> Result<Tensor<2>, InferError> {
            let r = network(&self.term.site, z)?;
            match r.dims() {
                [rows, size] if rows == s && (size == 1 || size == elements) => Ok(r),
                found => Err(InferError::Network {
                    site: self.term.site.to_string(),
                    particles: s,
                    elements,
                    found: found.to_vec(),
                }),
            }
        };
        if terms.check {
            self.check_network(&at, elements)?;
        }
        let logits = leaf(self.relaxation.logits());
        let [z, conditional] = self.relaxation.noises(logits.clone());
        let (r, r_conditional) = (at(z)?, at(conditional)?);
        let by_score = spread(&r_conditional.clone().inner(), n) * score.clone();
        let path = (r - r_conditional).sum() * scale;
        let constant = || InferError::NetworkConstant { site: self.term.site.to_string() };
        let path = path.is_tracked().then(|| path.backward()).ok_or_else(constant)?;
        let by_path = logits.grad(&path).ok_or_else(constant)?;
        let gradient = by_path - by_score;
        // ∂φ of |g|² is twice that of g · g(φ), along g; the derivative along g by a central difference.
        let along = others.clone() + gradient.clone();
        let size =
            along.clone().square().mean().sqrt().reshape([1, 1]) + f64::from(f32::MIN_POSITIVE);
        let along = along / size.clone();
        let constant = self.relaxation.logits().inner();
        let mut ends = Vec::new();
        for sign in [1.0, -1.0] {
            let [z, conditional] =
                self.relaxation.noises(constant.clone() + along.clone() * (sign * STEP));
            ends.push((at(z)?.sum() - at(conditional)?.sum()) * (sign * scale / (2.0 * STEP)));
        }
        let [_, conditional] = self.relaxation.noises(constant);
        let by_score = (spread(&at(conditional)?, n) * (score.clone() * along)).sum();
        let derivative = ends.into_iter().fold(-by_score, |sum, end| sum + end);
        let relative = (size * (s * n) as f64).recip() * 2.0;
        Ok((gradient, derivative * relative.reshape([1])))
    }
}

fn leaf(tensor: Tensor<2>) -> Tensor<2> {
    Tensor::from_inner(tensor.inner()).require_grad()
}
