//! Objectives that are means over particles of sums of terms.

use std::cell::LazyCell;

use burn::tensor::Tensor;
use elbo_dist::{Slope, linearized};
use elbo_model::{Aid, Enumerated, Estimator, Plate, Term, along_values, within_plates};

use crate::control::{self, Scored};
use crate::dependencies::Reach;
use crate::rebar;
use crate::{Estimate, InferError, Memory, Terms};

/// What a term adds to the mean, with its sign.
pub(crate) struct Cost {
    pub plates: Vec<Plate>,
    /// `[S, N]` or `[1, N]`, neither weighed nor scaled.
    pub value: Tensor<2>,
    pub weight: f64,
}

impl Cost {
    /// `sum` with this cost.
    fn added_to(&self, sum: Option<Tensor<2>>, value: Tensor<2>) -> Tensor<2> {
        match (sum, self.weight) {
            (Some(sum), 1.0) => sum + value,
            (Some(sum), -1.0) => sum - value,
            (Some(sum), weight) => sum + value * weight,
            (None, 1.0) => value,
            (None, weight) => value * weight,
        }
    }
}

/// What each term of a side counts, with its sign.
pub(crate) struct Weights {
    pub log_p: Vec<f64>,
    pub log_q: Vec<f64>,
}

impl Weights {
    /// `log p - log q`.
    pub fn elbo(terms: &Terms) -> Self {
        Self {
            log_p: vec![1.0; terms.log_p.iter().count()],
            log_q: vec![-1.0; terms.log_q.iter().count()],
        }
    }
}

/// `E_q[Σ w t]` for terms `t` of weights `w`, with the estimator in force at each site.
///
/// # Errors
/// [`InferError::NothingToTrain`] if there are no terms, and what the estimators refuse.
pub(crate) fn estimate(terms: &Terms, weights: &Weights) -> Result<Estimate, InferError> {
    estimate_of(terms, weights, &Costs::of(terms, weights)?)
}

/// The estimate of costs that stand for those of `weights`.
pub(crate) fn estimate_of(
    terms: &Terms,
    weights: &Weights,
    costs: &Costs,
) -> Result<Estimate, InferError> {
    let bound = costs.total().ok_or(InferError::NothingToTrain)?;
    let (mut loss, mut memory) = (-bound.clone(), Memory::default());
    let constant = LazyCell::new(|| costs.constant());
    for (position, term) in terms.log_q.iter().enumerate() {
        let surrogate = match (&term.estimator.estimator, &term.aid) {
            (Estimator::ScoreFunction(control), aid) => {
                let cost = constant.reached(&Reach::of(terms, position), &term.plates)?;
                let scored = Scored { term, cost, aid };
                Some(control::surrogate(terms, *control, &scored, &mut memory)?)
            }
            (Estimator::Disarm, Aid::Antithetic(lever)) => {
                let cost = constant.reached(&Reach::of(terms, position), &term.plates)?;
                Some(antithetic(term, cost, lever.clone()))
            }
            (Estimator::Rebar { .. } | Estimator::Relax { .. }, _) if terms.relaxed.is_some() => {
                None
            }
            (Estimator::Disarm | Estimator::Rebar { .. } | Estimator::Relax { .. }, _) => {
                return Err(terms.no_estimator(term, "an estimate by hand"));
            }
            _ => None,
        };
        if let Some(surrogate) = surrogate {
            loss = loss - surrogate;
        }
    }
    if let Some(relaxed) = &terms.relaxed {
        loss = loss - rebar::surrogate(terms, weights, &constant, relaxed, &mut memory)?;
    }
    Ok(Estimate { memory, ..Estimate::new(loss, bound) })
}

/// `½ (f(b) - f(b̃)) Σ (-1)^b̃ 1[b ≠ b̃] σ(|α|) α`, the mean over pairs.
fn antithetic(term: &Term, cost: Tensor<2>, lever: Tensor<2>) -> Tensor<1> {
    let [pairs, n] = lever.dims();
    let cost = cost.expand([2 * pairs, n]);
    let apart = cost.clone().narrow(0, 0, pairs) - cost.narrow(0, pairs, pairs);
    (apart * lever).sum() * (term.scale() / (2 * pairs) as f64)
}

/// The costs of all terms.
pub(crate) struct Costs {
    pub log_p: Vec<Cost>,
    pub log_q: Vec<Cost>,
    particles: usize,
}

impl Costs {
    pub fn of(terms: &Terms, weights: &Weights) -> Result<Self, InferError> {
        let sites = terms.enumerated();
        let chances = chances(terms);
        let folded = |term: &Term, value: Tensor<2>, weight: f64| {
            let value = fold(sites, &chances, term, value, terms.check)?;
            Ok::<_, InferError>(Cost { plates: term.plates.clone(), value, weight })
        };
        let of_p = |(term, weight): (&Term, &f64)| folded(term, term.log_prob.clone(), *weight);
        let of_q = |(term, weight): (&Term, &f64)| folded(term, in_cost(term), *weight);
        let log_p = terms.log_p.iter().zip(&weights.log_p).map(of_p).collect::<Result<_, _>>()?;
        let log_q = terms.log_q.iter().zip(&weights.log_q).map(of_q).collect::<Result<_, _>>()?;
        Ok(Self { log_p, log_q, particles: terms.particles() })
    }

    /// Costs of `log p` alone.
    pub fn of_p(log_p: Vec<Cost>, particles: usize) -> Self {
        Self { log_p, log_q: Vec::new(), particles }
    }

    /// The same costs as constants.
    pub fn constant(&self) -> Self {
        let constant = |costs: &[Cost]| {
            let constant = |cost: &Cost| Cost {
                plates: cost.plates.clone(),
                value: cost.value.clone().inner(),
                weight: cost.weight,
            };
            costs.iter().map(constant).collect()
        };
        let (log_p, log_q) = (constant(&self.log_p), constant(&self.log_q));
        Self { log_p, log_q, particles: self.particles }
    }

    /// The mean over particles of all costs, scaled by their plates.
    pub fn total(&self) -> Option<Tensor<1>> {
        let mut parts = Vec::new();
        let mut blocks: Vec<(f64, Tensor<2>)> = Vec::new();
        for cost in self.log_p.iter().chain(&self.log_q).filter(|cost| cost.weight != 0.0) {
            let [rows, _] = cost.value.dims();
            let slope = cost.weight * Plate::scale_of(&cost.plates) / rows as f64;
            let value = cost.value.clone().inner();
            parts.push((cost.value.clone(), Slope::Number(slope)));
            let same = |block: &&mut (f64, Tensor<2>)| {
                block.0.abs() == slope.abs() && block.1.dims() == value.dims()
            };
            match blocks.iter_mut().find(same) {
                Some((own, sum)) if *own == slope => *sum = sum.clone() + value,
                Some((_, sum)) => *sum = sum.clone() - value,
                None => blocks.push((slope, value)),
            }
        }
        let means = blocks.into_iter().map(|(slope, sum)| match sum.dims() {
            [1, 1] => sum * slope,
            _ => (sum.sum() * slope).reshape([1, 1]),
        });
        let total = means.reduce(|total, mean| total + mean)?;
        // One node of the graph for all of them.
        Some(linearized(total, parts).reshape([1]))
    }

    /// The sum of what a draw in `plates` influences, for each particle and element of them. The score is to be
    /// multiplied by their whole scale: of what several elements share, each counts the inner part of it less.
    ///
    /// # Shapes
    /// `[S, N]`.
    pub fn reached(&self, reach: &Reach, plates: &[Plate]) -> Result<Tensor<2>, InferError> {
        let of_p = self.log_p.iter().zip(&reach.log_p);
        let of_q = self.log_q.iter().zip(&reach.log_q);
        let elements: usize = plates.iter().map(|plate| plate.batch).product();
        let mut sum: Option<Tensor<2>> = None;
        for (cost, depth) in of_p.chain(of_q) {
            if let Some(depth) = depth {
                let value = spread(&gathered(cost, *depth), elements);
                let shared = Plate::scale_of(&plates[*depth..]);
                let value = if shared == 1.0 { value } else { value * shared.recip() };
                sum = Some(cost.added_to(sum, value));
            }
        }
        let sum = sum.ok_or(InferError::NothingToTrain)?;
        Ok(sum.expand([self.particles, elements]))
    }
}

/// The cost of each element of the `depth` outermost plates, the others' summed with their scales.
fn gathered(cost: &Cost, depth: usize) -> Tensor<2> {
    let sums = within_plates(cost.value.clone(), &cost.plates, depth);
    match Plate::scale_of(&cost.plates[depth..]) {
        1.0 => sums,
        inner => sums * inner,
    }
}

/// Each element's number for all `elements` of the plates inside it.
pub(crate) fn spread(value: &Tensor<2>, elements: usize) -> Tensor<2> {
    let [rows, n] = value.dims();
    if n == elements {
        return value.clone();
    }
    let each = elements / n;
    value.clone().reshape([rows, n, 1]).expand([rows, n, each]).reshape([rows, elements])
}

/// `log q` as it counts in a mean. The gradient of one whose draws are constants has the mean 0 and is left out.
fn in_cost(term: &Term) -> Tensor<2> {
    match term.estimator.estimator {
        Estimator::ScoreFunction(_)
        | Estimator::Disarm
        | Estimator::Rebar { .. }
        | Estimator::Relax { .. } => term.log_prob.clone().inner(),
        _ => term.log_prob.clone(),
    }
}

/// The probabilities of the values of each enumerated site, without copies for later ones.
fn chances(terms: &Terms) -> Vec<Tensor<2>> {
    let sites = terms.enumerated();
    let chance = |(position, site): (usize, &Enumerated)| {
        let term = terms.log_q.iter().find(|term| term.site == site.site);
        let log_prob = term.expect("an enumerated site is scored").log_prob.clone();
        let rows = log_prob.dims()[0];
        let later = Enumerated::copies(&sites[position + 1..]);
        log_prob.narrow(0, 0, rows / later).exp()
    };
    sites.iter().enumerate().map(chance).collect()
}

/// The mean of a term over the values of enumerated sites.
///
/// # Shapes
/// `[S K₁ K₂ .., N]` to `[S, N]`; what all copies share stays as it is.
fn fold(
    sites: &[Enumerated],
    chances: &[Tensor<2>],
    term: &Term,
    mut value: Tensor<2>,
    check: bool,
) -> Result<Tensor<2>, InferError> {
    if Enumerated::copies(sites) == 1 || value.dims()[0] == 1 {
        return Ok(value);
    }
    for position in (0..sites.len()).rev() {
        let known = &sites[..=position];
        let site = &sites[position];
        let [rows, n] = value.dims();
        let values = along_values(value, known, position);
        let mean = if site.is_around(&term.plates) {
            let chance = spread(&chances[position], n);
            (values * along_values(chance, known, position)).sum_dim(1)
        } else {
            if check {
                elbo_model::check_equal(site, term, values.clone())?;
            }
            values.narrow(1, 0, 1)
        };
        value = mean.reshape([rows / site.count, n]);
    }
    Ok(value)
}
