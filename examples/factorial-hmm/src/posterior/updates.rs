//! Updates and bound of a posterior.

use elbo_conjugate::Coordinates;

use super::{Family, Posterior};
use crate::error::check_length;
use crate::numbers::{add, dot, softmax};
use crate::{Emission, HmmError, Observed, Smoothed, smooth};

impl<L> Posterior<L> {
    /// The potentials of a chain given the others, `[T, L]`.
    fn potentials<E: Emission<Local = L>>(&self, seen: &Observed<E>, chain: usize) -> Vec<f64> {
        let mut potentials = vec![0.0; self.local.len() * self.sizes.states];
        for (t, into) in potentials.chunks_mut(self.sizes.states).enumerate() {
            let (x, local) = (&seen.steps[t], &self.local[t]);
            seen.hmm.emission.potentials(x, local, self.step(t), chain, into);
        }
        potentials
    }

    /// Sets a chain to the Markov chain of these potentials, `[T, L]`.
    ///
    /// `H[q] = log Z - E_q[log p(s)] - Σ_t E_q[h_t]`
    pub(super) fn smooth<E: Emission>(
        &mut self,
        seen: &Observed<E>,
        chain: usize,
        potentials: &[f64],
    ) {
        let chains = &seen.hmm.chains;
        let initial = chains.initial(chain);
        let Smoothed { log_norm, marginals, pairs } =
            smooth(initial, chains.transitions(chain), potentials);
        let first = &marginals[..self.sizes.states];
        let log_prior = chains.expected_log_prob(chain, first, &pairs);
        self.entropies[chain] = log_norm - log_prior - dot(&marginals, potentials);
        for (t, q) in marginals.chunks(self.sizes.states).enumerate() {
            self.set(t, chain, q);
        }
        let own = self.pairs_of(chain);
        self.pairs[own].copy_from_slice(&pairs);
    }

    fn set(&mut self, step: usize, chain: usize, q: &[f64]) {
        let first = step * self.sizes.width() + chain * self.sizes.states;
        self.marginals[first..][..q.len()].copy_from_slice(q);
    }

    /// Each state of a chain in turn: `log q(s_t) = h_t(s_t) + E[log A(s_{t-1}, s_t)] + E[log A(s_t, s_{t+1})] + constant`.
    fn each_state<E: Emission>(&mut self, seen: &Observed<E>, chain: usize, potentials: &[f64]) {
        let (chains, states) = (&seen.hmm.chains, self.sizes.states);
        let log_a = chains.log_transitions(chain);
        for (t, potentials) in potentials.chunks(states).enumerate() {
            let mut logs = potentials.to_vec();
            match t.checked_sub(1) {
                None => add(&mut logs, chains.log_initial(chain)),
                Some(before) => {
                    for (row, q) in log_a.chunks(states).zip(self.of_chain(before, chain)) {
                        logs.iter_mut().zip(row).for_each(|(log, a)| *log += q * a);
                    }
                }
            }
            if t + 1 < self.local.len() {
                let next = self.of_chain(t + 1, chain);
                logs.iter_mut().zip(log_a.chunks(states)).for_each(|(log, a)| *log += dot(next, a));
            }
            softmax(&mut logs);
            self.set(t, chain, &logs);
        }
        self.count_independent(chain);
    }

    pub(super) fn update_local<E: Emission<Local = L>>(&mut self, seen: &Observed<E>) {
        for (t, x) in seen.steps.iter().enumerate() {
            self.local[t] = seen.hmm.emission.local(x, self.step(t));
        }
    }

    /// Whether the posterior is one of this sequence by its sizes.
    fn check<E: Emission>(&self, seen: &Observed<E>) -> Result<(), HmmError> {
        let (own, other) = (self.sizes, seen.hmm.sizes());
        check_length("the posterior", "steps", self.local.len(), seen.steps.len())?;
        check_length("the posterior", "chains", own.chains, other.chains)?;
        check_length("the posterior", "states of a chain", own.states, other.states)
    }
}

impl<E: Emission> Coordinates<Observed<'_, E>> for Posterior<E::Local> {
    type Error = HmmError;

    /// The chains, and the own variables of the steps.
    fn factors(&self) -> usize {
        self.sizes.chains + 1
    }

    fn update(&mut self, factor: usize, seen: &Observed<E>) -> Result<(), HmmError> {
        self.check(seen)?;
        if factor >= self.sizes.chains {
            self.update_local(seen);
            return Ok(());
        }
        let potentials = self.potentials(seen, factor);
        match self.family {
            Family::Naive => self.each_state(seen, factor, &potentials),
            Family::Structured => self.smooth(seen, factor, &potentials),
        }
        Ok(())
    }

    /// `Σ_t F(x_t, q_t, v_t) + Σ_m (E_q[log p(s_m)] + H[q_m])`, at most `log p(x)`.
    fn bound(&self, seen: &Observed<E>) -> Result<f64, HmmError> {
        self.check(seen)?;
        let hmm = seen.hmm;
        let of_chain = |m: usize| {
            let (first, pairs) = (self.of_chain(0, m), &self.pairs[self.pairs_of(m)]);
            hmm.chains.expected_log_prob(m, first, pairs) + self.entropies[m]
        };
        let of_step = |(t, x): (usize, &E::Step)| {
            hmm.emission.expected_log_prob(x, &self.local[t], self.step(t))
        };
        let steps = seen.steps.iter().enumerate();
        Ok((0..self.sizes.chains).map(of_chain).sum::<f64>() + steps.map(of_step).sum::<f64>())
    }
}
