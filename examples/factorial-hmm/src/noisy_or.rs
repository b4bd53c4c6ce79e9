//! Keys that any of several causes turns on.

use rand::{Rng, RngExt};

use crate::error::{check_length, check_numbers};
use crate::numbers::{add, dot, entropy, softmax};
use crate::{Emission, HmmError, Sizes};

mod counts;
mod start;

pub use counts::CauseCounts;
use start::check_keys;
pub use start::frequencies;

/// A noisy or: key `k` is off if every chain leaves it off, and so does a leak.
///
/// `p(x_k = 0 | s) = (1 - ρ_k) Π_m (1 - r_mk(s_m))`
///
/// The logarithm of keys that are off is a sum over chains, so its expectation is exact. A key that is on has a first cause: the chains before it
/// left the key off, and it did not; the leak is asked last. These events are disjoint, `p(x_k = 1 | s) = Σ_c p(c | s)`, and Jensen's inequality
/// with shares `v_kc` of the causes gives
///
/// `E_q[log p(x_k = 1 | s)] ≥ Σ_c v_kc (E_q[log r_ck] + Σ_{m<c} E_q[log (1 - r_mk)] - log v_kc)`,
///
/// the bound of the model with the cause as one more hidden variable. Its optimum is `v_kc ∝ exp(E log r_ck + Σ_{m<c} E log (1 - r_mk))`.
///
/// # References
/// Pearl (1988), *Probabilistic reasoning in intelligent systems*, section 4.3.2, for the noisy or; Neal & Hinton (1998) for the bound.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyOr {
    sizes: Sizes,
    /// `log r`, `[K, M, L]`
    log_on: Vec<f64>,
    /// `log (1 - r)`, `[K, M, L]`
    log_off: Vec<f64>,
    /// `log ρ`, `[K]`
    log_leak: Vec<f64>,
    /// `log (1 - ρ)`, `[K]`
    log_no_leak: Vec<f64>,
    /// `Σ_k log (1 - r)`, `[M, L]`
    all_off: Vec<f64>,
    /// `Σ_k log (1 - ρ)`
    no_leaks: f64,
}

impl NoisyOr {
    /// Keys turned on with chances `r`, `[K, M, L]`, or by leaks `ρ`, `[K]`.
    ///
    /// # Errors
    /// [`HmmError::Setting`], [`HmmError::Length`], and [`HmmError::Number`] for a chance that is not between 0 and 1.
    ///
    /// # Example
    /// ```
    /// use factorial_hmm::{Emission, NoisyOr, Sizes};
    ///
    /// // One key, two chains: 1 - 0.9 x 0.5 x 0.8 = 0.64.
    /// let or = NoisyOr::new(Sizes::new(2, 1), &[0.5, 0.2], &[0.1]).unwrap();
    /// assert!((or.log_prob(&vec![0], &[0, 0]).exp() - 0.64).abs() < 1e-12);
    /// ```
    pub fn new(sizes: Sizes, chances: &[f64], leaks: &[f64]) -> Result<Self, HmmError> {
        sizes.check()?;
        let axes = "keys x chains x states";
        check_length("chances", axes, chances.len(), leaks.len() * sizes.width())?;
        for (what, list) in [("chances", chances), ("leaks", leaks)] {
            check_numbers(what, list, "more than 0 and less than 1", |p| p > 0.0 && p < 1.0)?;
        }
        Ok(Self::of(sizes, chances, leaks))
    }

    fn of(sizes: Sizes, chances: &[f64], leaks: &[f64]) -> Self {
        let on = |p: &[f64]| p.iter().map(|p| p.ln()).collect();
        let off = |p: &[f64]| Vec::from_iter(p.iter().map(|p| (-p).ln_1p()));
        let (log_off, log_no_leak) = (off(chances), off(leaks));
        let mut all_off = vec![0.0; sizes.width()];
        log_off.chunks(sizes.width()).for_each(|of_key| add(&mut all_off, of_key));
        let no_leaks = log_no_leak.iter().sum();
        let (log_on, log_leak) = (on(chances), on(leaks));
        Self { sizes, log_on, log_off, log_leak, log_no_leak, all_off, no_leaks }
    }

    /// `K`
    pub fn keys(&self) -> usize {
        self.log_leak.len()
    }

    /// `r_mk`, `[L]`.
    pub fn chances(&self, key: usize, chain: usize) -> Vec<f64> {
        let of_key = &self.log_on[self.of_key(key)];
        of_key[self.sizes.of(chain)].iter().map(|log| log.exp()).collect()
    }

    /// `ρ`, `[K]`
    pub fn leaks(&self) -> Vec<f64> {
        self.log_leak.iter().map(|log| log.exp()).collect()
    }

    fn of_key(&self, key: usize) -> std::ops::Range<usize> {
        key * self.sizes.width()..(key + 1) * self.sizes.width()
    }

    /// `E log r_ck + Σ_{m<c} E log (1 - r_mk)` of all causes, `[M + 1]`, and the expected logarithm of the key off.
    fn log_causes(&self, key: usize, marginals: &[f64]) -> (Vec<f64>, f64) {
        let (on, off) = (&self.log_on[self.of_key(key)], &self.log_off[self.of_key(key)]);
        let mut before = 0.0;
        let mut logs = Vec::with_capacity(self.sizes.chains + 1);
        for m in 0..self.sizes.chains {
            let states = self.sizes.of(m);
            let q = &marginals[states.clone()];
            logs.push(dot(q, &on[states.clone()]) + before);
            before += dot(q, &off[states]);
        }
        logs.push(self.log_leak[key] + before);
        (logs, before + self.log_no_leak[key])
    }
}

impl Emission for NoisyOr {
    /// The keys that are on, rising.
    type Step = Vec<usize>;
    /// The shares of the causes of each key that is on, `[on, M + 1]`.
    type Local = Vec<f64>;

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn check(&self, index: usize, step: &Vec<usize>) -> Result<(), HmmError> {
        check_keys(index, step, self.keys())
    }

    fn log_prob(&self, step: &Vec<usize>, states: &[usize]) -> f64 {
        let all = |logs: &[f64]| -> f64 {
            states.iter().enumerate().map(|(m, s)| logs[m * self.sizes.states + s]).sum()
        };
        let turned_on = |key: &usize| {
            let off = self.log_no_leak[*key] + all(&self.log_off[self.of_key(*key)]);
            (-off.exp_m1()).ln() - off
        };
        self.no_leaks + all(&self.all_off) + step.iter().map(turned_on).sum::<f64>()
    }

    fn sample(&self, states: &[usize], rng: &mut impl Rng) -> Vec<usize> {
        let mut is_on = |key: &usize| {
            let off = &self.log_off[self.of_key(*key)];
            let all = states.iter().enumerate().map(|(m, s)| off[m * self.sizes.states + s]);
            rng.random::<f64>() >= (self.log_no_leak[*key] + all.sum::<f64>()).exp()
        };
        (0..self.keys()).filter(|key| is_on(key)).collect()
    }

    fn local(&self, step: &Vec<usize>, marginals: &[f64]) -> Vec<f64> {
        let shares = |key: &usize| {
            let (mut causes, _) = self.log_causes(*key, marginals);
            softmax(&mut causes);
            causes
        };
        step.iter().flat_map(shares).collect()
    }

    fn expected_log_prob(&self, step: &Vec<usize>, local: &Vec<f64>, marginals: &[f64]) -> f64 {
        let mut expected = self.no_leaks + dot(marginals, &self.all_off);
        for (key, shares) in step.iter().zip(local.chunks(self.sizes.chains + 1)) {
            let (causes, off) = self.log_causes(*key, marginals);
            expected += dot(shares, &causes) + entropy(shares) - off;
        }
        expected
    }

    fn potentials(
        &self,
        step: &Vec<usize>,
        local: &Vec<f64>,
        _: &[f64],
        chain: usize,
        into: &mut [f64],
    ) {
        let states = self.sizes.of(chain);
        into.copy_from_slice(&self.all_off[states.clone()]);
        for (key, shares) in step.iter().zip(local.chunks(self.sizes.chains + 1)) {
            let (on, off) = (&self.log_on[self.of_key(*key)], &self.log_off[self.of_key(*key)]);
            let (share, not_asked) = (shares[chain], 1.0 - after(shares, chain));
            for (into, s) in into.iter_mut().zip(states.clone()) {
                *into += share * on[s] - not_asked * off[s];
            }
        }
    }
}

/// The share of the causes that are asked after this one, and so found it leave the key off.
fn after(shares: &[f64], cause: usize) -> f64 {
    shares[cause + 1..].iter().sum()
}
