//! Objectives of importance weights.

use burn::tensor::Tensor;
use elbo_dist::{expm1, log1p, logsumexp};
use elbo_model::{ControlVariate, Estimator, LogTerms, Plate, Term, within_plates};

use crate::additive::spread;
use crate::{Estimate, InferError, Memory, Terms};

/// Parts of the data that are independent of each other given the parameters, each with its own importance weights:
/// the outermost plate elements whose terms differ between particles.
pub(crate) struct Unit {
    pub plates: Vec<Plate>,
    /// `log p - log q`, `[S, N]`.
    pub log_weight: Tensor<2>,
}

/// The units of a step, and what all particles share.
pub(crate) struct Units {
    pub units: Vec<Unit>,
    /// `Σ log p` of what no latent reaches.
    pub rest: Option<Tensor<1>>,
}

impl Units {
    /// By the terms of `log p` and `log q`.
    ///
    /// # Errors
    /// [`InferError::Particles`] for one particle, of which it cannot be told what differs between particles,
    /// [`InferError::ScaleInside`] if a part of a plate lies inside a unit, [`InferError::NothingToTrain`] if no term
    /// differs between particles.
    pub fn of(log_p: &LogTerms, log_q: &LogTerms, particles: usize) -> Result<Self, InferError> {
        if particles < 2 {
            let objective = "a bound by importance weights";
            return Err(InferError::Particles { objective, needed: 2, found: particles });
        }
        let mut roots = Vec::<(Vec<Plate>, &str)>::new();
        let differ = |term: &&Term| term.log_prob.dims()[0] > 1;
        for term in log_q.iter().chain(log_p.iter().filter(differ)) {
            if !roots.iter().any(|(root, _)| term.plates.starts_with(root)) {
                roots.retain(|(root, _)| !root.starts_with(&term.plates));
                roots.push((term.plates.clone(), &term.site));
            }
        }
        let (mut units, mut rest) = (Vec::new(), LogTerms::default());
        for (plates, site) in &roots {
            let inside = |terms: &LogTerms| -> Result<Option<Tensor<2>>, InferError> {
                let inside = terms.iter().filter(|term| term.plates.starts_with(plates));
                let sums: Result<Vec<_>, _> =
                    inside.map(|term| within(plates, site, term)).collect();
                Ok(sums?.into_iter().reduce(|sum, term| sum + term))
            };
            let log_weight = match (inside(log_p)?, inside(log_q)?) {
                (Some(log_p), Some(log_q)) => log_p - log_q,
                (Some(log_p), None) => log_p,
                (None, Some(log_q)) => -log_q,
                (None, None) => continue,
            };
            let n = log_weight.dims()[1];
            let log_weight = log_weight.expand([particles, n]);
            units.push(Unit { plates: plates.clone(), log_weight });
        }
        if units.is_empty() {
            return Err(InferError::NothingToTrain);
        }
        let in_none = |term: &&Term| !roots.iter().any(|(root, _)| term.plates.starts_with(root));
        log_p.iter().filter(in_none).for_each(|term| rest.push(term.clone()));
        Ok(Self { units, rest: rest.try_total().map(Tensor::sum) })
    }

    /// The scaled sum over all units of a number `[1, N]` for each of their elements.
    pub fn sum(&self, of_unit: impl Fn(&Unit) -> Tensor<2>) -> Tensor<1> {
        let sums =
            self.units.iter().map(|unit| of_unit(unit).sum() * Plate::scale_of(&unit.plates));
        sums.reduce(|sum, unit| sum + unit).expect("there is a unit")
    }

    /// `sum`, with what all particles share.
    pub fn with_rest(&self, sum: Tensor<1>) -> Tensor<1> {
        match &self.rest {
            Some(rest) => sum + rest.clone(),
            None => sum,
        }
    }
}

/// The same terms, as constants.
pub(crate) fn constants(terms: &LogTerms) -> LogTerms {
    terms.clone().map(Term::constant)
}

/// The sum of a term over an element of a unit.
pub(crate) fn within(plates: &[Plate], site: &str, term: &Term) -> Result<Tensor<2>, InferError> {
    let inner = &term.plates[plates.len()..];
    if let Some(plate) = inner.iter().find(|plate| plate.is_subsampled()) {
        let (site, plate) = (site.to_string(), plate.name.to_string());
        return Err(InferError::ScaleInside { site, plate });
    }
    Ok(within_plates(term.log_prob.clone(), &term.plates, plates.len()))
}

/// The powers below which the mean is taken about 1.
const SMALL: f64 = 1e-3;

/// `1/a log mean_s w_s^a` of each element: the power mean of its importance weights.
///
/// # Shapes
/// `[S, N]` to `[1, N]`.
pub(crate) fn power_mean(log_weight: Tensor<2>, power: f64) -> Tensor<2> {
    let count = log_weight.dims()[0] as f64;
    let mean = log_weight.clone().sum_dim(0) * count.recip();
    if power == 0.0 {
        return mean;
    }
    if power.abs() < SMALL {
        // The sum is so close to the count that its logarithm would lose the digits that the division asks for.
        let apart = expm1((log_weight - mean.clone()) * power).sum_dim(0) * count.recip();
        return log1p(apart) * power.recip() + mean;
    }
    (logsumexp(log_weight * power, 0) - count.ln()) * power.recip()
}

/// The same without each particle in turn, whose weight becomes the geometric mean of the others'.
///
/// # Shapes
/// `[S, N]` to `[S, N]`.
fn power_mean_of_others(log_weight: Tensor<2>, power: f64) -> Tensor<2> {
    let [s, n] = log_weight.dims();
    let others = crate::control::mean_of_others(log_weight.clone());
    if power.abs() < SMALL {
        return others;
    }
    // [left out, particle, N]
    let all = log_weight.reshape([1, s, n]).expand([s, s, n]);
    let diagonal = Tensor::<2>::eye(s, &all.device()).cast(all.dtype()).reshape([s, s, 1]);
    let left_out = diagonal.greater_elem(0.5).expand([s, s, n]);
    let replaced = all.mask_where(left_out, others.reshape([s, 1, n]).expand([s, s, n]));
    ((logsumexp(replaced * power, 1) - (s as f64).ln()) * power.recip()).reshape([s, n])
}

/// `Σ scale 1/a log mean_s w_s^a`, with pathwise gradients and the score function where draws carry none.
///
/// Each score of a particle is multiplied by the whole of its unit, less what that is without the particle.
pub(crate) fn power_bound(
    terms: &Terms,
    power: f64,
    objective: &'static str,
) -> Result<(Tensor<1>, Tensor<1>, Memory), InferError> {
    terms.allow(objective, |estimator| match estimator {
        Estimator::ScoreFunction(control) => *control != ControlVariate::OptimalCoefficient,
        Estimator::GumbelSoftmax { .. } | Estimator::StraightThrough { .. } => true,
        estimator => *estimator == Estimator::Pathwise,
    })?;
    let units = Units::of(&terms.log_p, &terms.log_q, terms.particles())?;
    let bound = units.with_rest(units.sum(|unit| power_mean(unit.log_weight.clone(), power)));
    let (mut surrogate, mut memory) = (bound.clone(), Memory::default());
    for term in terms.log_q.iter() {
        if let Estimator::ScoreFunction(control) = term.estimator.estimator {
            let of_term = |unit: &&Unit| term.plates.starts_with(&unit.plates);
            let unit = units.units.iter().find(of_term).expect("every draw lies in a unit");
            let score = scored(terms, term, unit, power, control, &mut memory)?;
            surrogate = surrogate + score;
        }
    }
    Ok((bound, surrogate, memory))
}

/// The score surrogate of one site.
fn scored(
    terms: &Terms,
    term: &Term,
    unit: &Unit,
    power: f64,
    control: ControlVariate,
    memory: &mut Memory,
) -> Result<Tensor<1>, InferError> {
    let log_weight = unit.log_weight.clone().inner();
    let [s, n] = log_weight.dims();
    let whole = power_mean(log_weight.clone(), power);
    let factor = Plate::scale_of(&unit.plates);
    let name = format!("{} bound", term.site);
    let (without, training) = match control {
        ControlVariate::LeaveOneOut => (power_mean_of_others(log_weight, power), None),
        ControlVariate::MovingAverage { decay } => {
            memory.learn(&name, whole.clone().mean().reshape([1, 1]), decay);
            (terms.memory.mean(&name).unwrap_or_else(|| whole.zeros_like()), None)
        }
        ControlVariate::Baseline => {
            let baseline = terms.baseline(term, n)?;
            let training = (whole.clone() - baseline.clone()).square().sum() * factor;
            (baseline.inner(), Some(training))
        }
        _ => (whole.zeros_like(), None),
    };
    let signal = (whole - without).expand([s, n]);
    let [rows, m] = term.log_prob.dims();
    let log_q = term.log_prob.clone().expand([s.max(rows), m]);
    let surrogate = (spread(&signal, m) * log_q).sum() * factor;
    Ok(match training {
        Some(training) => surrogate - training,
        None => surrogate,
    })
}

/// `w_s^a / Σ w^a` of each particle, constant.
///
/// # Shapes
/// `[S, N]`.
pub(crate) fn normalized(log_weight: Tensor<2>, power: f64) -> Tensor<2> {
    let scaled = log_weight.inner() * power;
    (scaled.clone() - logsumexp(scaled, 0)).exp()
}

/// The estimate of a lower bound.
pub(crate) fn lower(parts: (Tensor<1>, Tensor<1>, Memory)) -> Estimate {
    let (bound, surrogate, memory) = parts;
    Estimate { memory, ..Estimate::new(-surrogate, bound) }
}
