//! Learning a noisy or.

use super::{NoisyOr, after};
use crate::Learn;
use crate::numbers::add;

/// Expected numbers of causes that turned a key on, and that were asked and left it off.
#[derive(Clone, Debug)]
pub struct CauseCounts {
    /// `[K, M, L]`
    on: Vec<f64>,
    /// Steps in which the key was on and the chain's cause was not asked or turned it on: to be left out of `steps`; `[K, M, L]`.
    not_off: Vec<f64>,
    /// Steps in each state, `[M, L]`.
    steps: Vec<f64>,
    /// `[K]`
    leak_on: Vec<f64>,
    /// `[K]`
    keys_on: Vec<f64>,
    /// All steps.
    total: f64,
}

/// What turning on and leaving off count for before any is seen: Beta priors of `1 + these`.
const PRIOR: [f64; 2] = [0.01, 0.49];
/// The same for the leak.
const LEAK_PRIOR: [f64; 2] = [0.01, 0.99];

impl Learn for NoisyOr {
    type Counts = CauseCounts;

    fn no_counts(&self) -> CauseCounts {
        let [all, keys] = [self.log_on.len(), self.keys()].map(|length| vec![0.0; length]);
        let steps = vec![0.0; self.sizes.width()];
        let (on, leak_on) = (all.clone(), keys.clone());
        CauseCounts { on, not_off: all, steps, leak_on, keys_on: keys, total: 0.0 }
    }

    fn count(&self, step: &Vec<usize>, local: &Vec<f64>, q: &[f64], counts: &mut CauseCounts) {
        add(&mut counts.steps, q);
        counts.total += 1.0;
        for (key, shares) in step.iter().zip(local.chunks(self.sizes.chains + 1)) {
            let (on, not_off) =
                (&mut counts.on[self.of_key(*key)], &mut counts.not_off[self.of_key(*key)]);
            for (m, share) in shares[..self.sizes.chains].iter().enumerate() {
                let not_asked = 1.0 - after(shares, m);
                for s in self.sizes.of(m) {
                    on[s] += share * q[s];
                    not_off[s] += not_asked * q[s];
                }
            }
            counts.leak_on[*key] += shares[self.sizes.chains];
            counts.keys_on[*key] += 1.0;
        }
    }

    fn add(counts: &mut CauseCounts, other: &CauseCounts) {
        let CauseCounts { on, not_off, steps, leak_on, keys_on, total } = counts;
        add(on, &other.on);
        add(not_off, &other.not_off);
        add(steps, &other.steps);
        add(leak_on, &other.leak_on);
        add(keys_on, &other.keys_on);
        *total += other.total;
    }

    /// Each chance to the share of `on` among the times that the cause was asked, the prior's counts with them.
    fn maximize(&mut self, counts: &CauseCounts) {
        // Rounding may leave a difference of counts a little below 0.
        let share = |on: f64, off: f64, [a, b]: [f64; 2]| (on + a) / (on + off.max(0.0) + a + b);
        let steps = counts.steps.iter().cycle();
        let chances = counts.on.iter().zip(&counts.not_off).zip(steps);
        let chances = chances.map(|((on, not_off), steps)| share(*on, steps - not_off, PRIOR));
        let leaks = counts.leak_on.iter().zip(&counts.keys_on);
        let leaks = leaks.map(|(on, keys)| share(*on, counts.total - keys, LEAK_PRIOR));
        *self = Self::of(self.sizes, &Vec::from_iter(chances), &Vec::from_iter(leaks));
    }

    fn log_prior(&self) -> f64 {
        let of = |on: &[f64], off: &[f64], [a, b]: [f64; 2]| {
            a * on.iter().sum::<f64>() + b * off.iter().sum::<f64>()
        };
        of(&self.log_on, &self.log_off, PRIOR) + of(&self.log_leak, &self.log_no_leak, LEAK_PRIOR)
    }
}
