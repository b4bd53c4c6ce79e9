//! Synthetic traces of noisy bounds, of which it is known when they settle.

use std::f64::consts::TAU;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

/// How a trace rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// `-A exp(-t / τ)` with `A` from 1 to 10,000 noise deviations and `τ` from 5 to 200 steps.
    Plateau,
    /// The same with a second term, 2 to 50 deviations that take 300 to 1500 steps; or `-A (1 + t / τ)⁻ᵖ` with `p` from 1 to 2.
    Drift,
    /// A plateau that jumps up by 7 to 150 deviations while it rises, or at most 30 steps later; a third of the jump takes 5 to 100 steps.
    Jump,
    /// A plateau with Student's noise of 2 degrees of freedom; in every second trace one step in a hundred lies 20 to 1000 deviations below.
    HeavyTails,
}

impl TraceKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plateau, Self::Drift, Self::Jump, Self::HeavyTails];
}

/// A trace of noisy bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundTrace {
    /// A bound a step.
    pub bounds: Vec<f64>,
    /// The first step from which on the mean rises, at its slope there, by no more than the noise of a step in 100 steps.
    pub settled: usize,
}

impl BoundTrace {
    /// The steps of a trace.
    pub const STEPS: usize = 3000;

    /// A trace of a kind: another one for each seed. Its unit is from 0.01 to 100 nats, and in three of ten the noise is up to four times
    /// larger where much is to be gained.
    ///
    /// ```
    /// use elbo_testkit::{BoundTrace, TraceKind};
    ///
    /// let trace = BoundTrace::new(TraceKind::Plateau, 0);
    /// assert_eq!(trace, BoundTrace::new(TraceKind::Plateau, 0));
    /// assert_eq!(trace.bounds.len(), BoundTrace::STEPS);
    /// ```
    pub fn new(kind: TraceKind, seed: u64) -> Self {
        let mut draw = Draw(ChaCha8Rng::seed_from_u64(seed << 2 | kind as u64));
        let gap = draw.gap(kind);
        let is_noisier = draw.uniform() < 0.3;
        let noise = |t: usize| if is_noisier { 1.0 + (gap[t].sqrt() / 10.0).min(3.0) } else { 1.0 };
        let slope = |t: usize| 100.0 * (gap[t] - gap[t + 1]) / noise(t);
        let settled = (0..Self::STEPS).rev().find(|t| slope(*t) > 1.0).map_or(0, |t| t + 1);
        let (unit, level) = (draw.between(0.01, 100.0), 1000.0 * draw.normal());
        let falls = draw.uniform() < 0.5;
        let mut bound = |t: usize| {
            let mut eps = match kind {
                TraceKind::HeavyTails => draw.student(),
                _ => draw.normal(),
            };
            if kind == TraceKind::HeavyTails && falls && draw.uniform() < 0.01 {
                eps -= draw.between(20.0, 1000.0);
            }
            level + unit * (noise(t) * eps - gap[t])
        };
        Self { bounds: (0..Self::STEPS).map(&mut bound).collect(), settled }
    }
}

/// The seeds of the traces that are shipped, two of each kind.
const SHIPPED: [u64; 2] = [0, 1];

/// The shipped traces as JSON: kind, seed, the step from which a trace has settled, and its bounds to six digits.
pub fn traces_as_json() -> String {
    let digits = |bound: &f64| format!("{bound:.5e}");
    let of = |kind: TraceKind, seed: u64| {
        let BoundTrace { bounds, settled } = BoundTrace::new(kind, seed);
        let bounds: Vec<_> = bounds.iter().map(digits).collect();
        let head = format!("\"kind\": \"{kind:?}\", \"seed\": {seed}, \"settled\": {settled}");
        format!("{{{head}, \"bounds\": [{}]}}", bounds.join(","))
    };
    let all = TraceKind::ALL.into_iter().flat_map(|kind| SHIPPED.map(|seed| of(kind, seed)));
    format!("[\n{}\n]\n", all.collect::<Vec<_>>().join(",\n"))
}

/// The traces of `data/traces.json`, which [`traces_as_json`] wrote.
///
/// # Panics
/// If the file is not what it was.
pub fn shipped_traces() -> Vec<BoundTrace> {
    let json: Value = serde_json::from_str(include_str!("../data/traces.json")).expect("JSON");
    let trace = |trace: &Value| BoundTrace {
        bounds: trace["bounds"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_f64)
            .collect(),
        settled: trace["settled"].as_u64().expect("a step") as usize,
    };
    json.as_array().expect("a list").iter().map(trace).collect()
}

struct Draw(ChaCha8Rng);

impl Draw {
    /// What is missing at each step, and one step further, in noise deviations.
    fn gap(&mut self, kind: TraceKind) -> Vec<f64> {
        let (most, time) = (self.between(1.0, 1e4), self.between(5.0, 200.0));
        let steps = (0..=BoundTrace::STEPS).map(|t| t as f64);
        let mut gap: Vec<f64> = steps.clone().map(|t| most * (-t / time).exp()).collect();
        match kind {
            TraceKind::Plateau | TraceKind::HeavyTails => (),
            TraceKind::Drift if self.uniform() < 0.5 => {
                let (most, time) = (self.between(2.0, 50.0), self.between(300.0, 1500.0));
                gap.iter_mut().zip(steps).for_each(|(gap, t)| *gap += most * (-t / time).exp());
            }
            TraceKind::Drift => {
                let power = 1.0 + self.uniform();
                gap = steps.map(|t| most * (1.0 + t / time).powf(-power)).collect();
            }
            TraceKind::Jump => {
                // Where an exponential rises by a deviation in 100 steps.
                let rising = (time * (100.0 * most / time).max(1.0).ln()) as usize;
                let at = (self.uniform() * (rising + 30) as f64) as usize;
                let (size, time) = (self.between(5.0, 100.0), self.between(5.0, 100.0));
                for (t, gap) in gap.iter_mut().enumerate() {
                    *gap += match t.checked_sub(at) {
                        None => 1.5 * size,
                        Some(after) => 0.5 * size * (-(after as f64) / time).exp(),
                    };
                }
            }
        }
        gap
    }

    /// From 0, inclusive, to 1.
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Between two positive numbers, evenly in their logarithms.
    fn between(&mut self, least: f64, most: f64) -> f64 {
        least * (most / least).powf(self.uniform())
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (TAU * self.uniform()).cos()
    }

    /// Student's with 2 degrees of freedom (Bailey 1994), whose quartiles are those of a standard normal.
    fn student(&mut self) -> f64 {
        let radius = (2.0 * ((1.0 - self.uniform()).recip() - 1.0)).sqrt();
        0.674_489_750_2 / (2.0_f64 / 3.0).sqrt() * radius * (TAU * self.uniform()).cos()
    }
}
