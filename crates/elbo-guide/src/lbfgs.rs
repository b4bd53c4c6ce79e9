//! Quasi-Newton ascent of several paths at once.

use std::collections::VecDeque;

use elbo_model::ModelError;

use crate::density::FlatSlope;

/// Options of [`ascend`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ascent {
    pub max_iterations: usize,
    /// The pairs of steps and changes of gradient that a path remembers.
    pub history: usize,
    /// A path ends when an iteration gains less than this, relative to the log-density.
    pub tolerance: f64,
}

impl Default for Ascent {
    fn default() -> Self {
        Self { max_iterations: 1000, history: 6, tolerance: 1e-10 }
    }
}

/// A point of a path, with what the path knew of the curvature there.
#[derive(Clone, Debug)]
pub(crate) struct Iterate {
    pub z: Vec<f64>,
    pub log_prob: f64,
    pub gradient: Vec<f64>,
    pub curvature: Curvature,
}

/// The last steps `s` of a path and the changes `y` of the descending gradient over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curvature {
    pub pairs: VecDeque<(Vec<f64>, Vec<f64>)>,
    /// The diagonal of the estimate that the pairs update.
    pub diagonal: Vec<f64>,
}

pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

impl Curvature {
    fn new(size: usize) -> Self {
        Self { pairs: VecDeque::new(), diagonal: vec![1.0; size] }
    }

    /// The estimate of the inverse Hessian of `-log p`, times `gradient`: the recursion in two loops.
    pub fn times(&self, gradient: &[f64]) -> Vec<f64> {
        let mut q = gradient.to_vec();
        let mut weights = Vec::new();
        for (s, y) in self.pairs.iter().rev() {
            let weight = dot(s, &q) / dot(s, y);
            q.iter_mut().zip(y).for_each(|(q, y)| *q -= weight * y);
            weights.push(weight);
        }
        q.iter_mut().zip(&self.diagonal).for_each(|(q, alpha)| *q *= alpha);
        for ((s, y), weight) in self.pairs.iter().zip(weights.into_iter().rev()) {
            let back = weight - dot(y, &q) / dot(s, y);
            q.iter_mut().zip(s).for_each(|(q, s)| *q += back * s);
        }
        q
    }

    /// Learns from a step, if the curvature along it is positive.
    fn learn(&mut self, s: Vec<f64>, y: Vec<f64>, history: usize) {
        if dot(&s, &y) <= 1e-12 * dot(&y, &y) {
            return;
        }
        self.update_diagonal(&s, &y);
        self.pairs.push_back((s, y));
        if self.pairs.len() > history {
            self.pairs.pop_front();
        }
    }

    /// The diagonal that satisfies the secant equation in the mean (Gilbert & Lemaréchal 1989).
    fn update_diagonal(&mut self, s: &[f64], y: &[f64]) {
        let a: f64 = y.iter().zip(&self.diagonal).map(|(y, alpha)| y * alpha * y).sum();
        let b = dot(y, s);
        let c: f64 = s.iter().zip(&self.diagonal).map(|(s, alpha)| s * s / alpha).sum();
        for ((alpha, s), y) in self.diagonal.iter_mut().zip(s).zip(y) {
            *alpha = (a / (b * *alpha) + y * y / b - a * s * s / (b * c * *alpha * *alpha)).recip();
        }
    }
}

/// A path on its way, with the step that it tries.
struct Climb {
    path: Vec<Iterate>,
    curvature: Curvature,
    direction: Vec<f64>,
    slope: f64,
    low: f64,
    high: f64,
    step: f64,
    tries: usize,
    done: bool,
}

/// The evaluations of one search along a line.
const TRIES: usize = 40;

impl Climb {
    fn new(z: Vec<f64>, start: FlatSlope) -> Self {
        let curvature = Curvature::new(z.len());
        let done = !start.is_finite();
        let FlatSlope { log_prob, gradient } = start;
        let first = Iterate { z, log_prob, gradient, curvature: curvature.clone() };
        let mut climb = Self {
            path: vec![first],
            curvature,
            direction: Vec::new(),
            slope: 0.0,
            low: 0.0,
            high: f64::INFINITY,
            step: 1.0,
            tries: 0,
            done,
        };
        climb.aim();
        climb
    }

    fn here(&self) -> &Iterate {
        self.path.last().expect("a path has a start")
    }

    /// A direction of ascent, and the first step along it.
    fn aim(&mut self) {
        let gradient = self.here().gradient.clone();
        self.direction = self.curvature.times(&gradient);
        self.slope = dot(&self.direction, &gradient);
        let length = dot(&self.direction, &self.direction).sqrt();
        let first = self.curvature.pairs.is_empty();
        self.step = if first && length > 1.0 { length.recip() } else { 1.0 };
        (self.low, self.high, self.tries) = (0.0, f64::INFINITY, 0);
        self.done |= !(self.slope.is_finite() && self.slope > 0.0);
    }

    fn trial(&self) -> Vec<f64> {
        let z = self.here().z.iter().zip(&self.direction);
        z.map(|(z, direction)| z + self.step * direction).collect()
    }

    /// Takes the trial, or narrows the interval of steps (Lewis & Overton 2013, algorithm 2.6).
    fn judge(&mut self, z: Vec<f64>, found: FlatSlope, options: &Ascent) {
        let gain = found.log_prob - self.here().log_prob;
        self.tries += 1;
        if !found.is_finite() || gain < 1e-4 * self.step * self.slope {
            self.high = self.step;
        } else if dot(&found.gradient, &self.direction) > 0.9 * self.slope && self.tries < TRIES {
            self.low = self.step;
        } else {
            return self.advance(z, found, gain, options);
        }
        self.done = self.tries >= TRIES;
        self.step =
            if self.high.is_finite() { 0.5 * (self.low + self.high) } else { 2.0 * self.low };
    }

    fn advance(&mut self, z: Vec<f64>, found: FlatSlope, gain: f64, options: &Ascent) {
        let minus = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x - y).collect::<Vec<_>>();
        let s = minus(&z, &self.here().z);
        let y = minus(&self.here().gradient, &found.gradient);
        self.curvature.learn(s, y, options.history);
        let FlatSlope { log_prob, gradient } = found;
        let curvature = self.curvature.clone();
        self.path.push(Iterate { z, log_prob, gradient, curvature });
        self.done = gain <= options.tolerance * log_prob.abs().max(1.0)
            || self.path.len() > options.max_iterations;
        self.aim();
    }
}

impl FlatSlope {
    fn is_finite(&self) -> bool {
        self.log_prob.is_finite() && self.gradient.iter().all(|x| x.is_finite())
    }
}

/// The paths of L-BFGS from `starts` up a log-density; all paths are evaluated together.
///
/// # Errors
/// Those of `slopes`.
///
/// # References
/// Nocedal & Wright (2006), *Numerical Optimization*, algorithm 7.4; Zhang et al. (2022), *Pathfinder*, section 3.
pub(crate) fn ascend(
    starts: Vec<Vec<f64>>,
    options: &Ascent,
    mut slopes: impl FnMut(&[Vec<f64>]) -> Result<Vec<FlatSlope>, ModelError>,
) -> Result<Vec<Vec<Iterate>>, ModelError> {
    let first = slopes(&starts)?;
    let mut climbs: Vec<_> =
        starts.into_iter().zip(first).map(|(z, slope)| Climb::new(z, slope)).collect();
    while climbs.iter().any(|climb| !climb.done) {
        let mut active: Vec<_> = climbs.iter_mut().filter(|climb| !climb.done).collect();
        let trials: Vec<_> = active.iter().map(|climb| climb.trial()).collect();
        let found = slopes(&trials)?;
        for ((climb, trial), slope) in active.iter_mut().zip(trials).zip(found) {
            climb.judge(trial, slope, options);
        }
    }
    Ok(climbs.into_iter().map(|climb| climb.path).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-½ Σ i⁴ zᵢ²`, whose conditions differ by 10⁴.
    fn bowl(points: &[Vec<f64>]) -> Result<Vec<FlatSlope>, ModelError> {
        let weight = |i: usize| ((i + 1) as f64).powi(4);
        let slope = |z: &Vec<f64>| FlatSlope {
            log_prob: -0.5 * z.iter().enumerate().map(|(i, z)| weight(i) * z * z).sum::<f64>(),
            gradient: z.iter().enumerate().map(|(i, z)| -weight(i) * z).collect(),
        };
        Ok(points.iter().map(slope).collect())
    }

    #[test]
    fn paths_of_different_starts_reach_the_top_together() {
        let starts = vec![vec![1.0; 10], (0..10).map(f64::from).collect()];
        let options = Ascent { tolerance: 1e-14, ..Ascent::default() };
        for path in ascend(starts, &options, bowl).unwrap() {
            let top = path.last().unwrap();
            assert!(top.log_prob > -1e-10, "{}", top.log_prob);
            assert!(path.windows(2).all(|pair| pair[1].log_prob > pair[0].log_prob));
        }
    }

    #[test]
    fn a_start_that_is_not_finite_has_no_path() {
        let paths = ascend(vec![vec![f64::NAN; 2]], &Ascent::default(), bowl).unwrap();
        assert_eq!(paths[0].len(), 1);
    }
}
