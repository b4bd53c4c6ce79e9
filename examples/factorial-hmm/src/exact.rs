//! All chains as one, with `L^M` states.

use crate::smooth::{ratios, tilt};
use crate::{Chains, Emission, HmmError, Observed, Sizes};

/// What is known of a sequence without approximation.
#[derive(Clone, Debug, PartialEq)]
pub struct Exact {
    /// `log p(x)`
    pub log_evidence: f64,
    /// `p(s_tm | x)`, `[T, M, L]`
    pub marginals: Vec<f64>,
}

impl<E: Emission> Observed<'_, E> {
    /// `log p(x)` by the forward pass over the product chain, in `O(T M L^{M+1})`.
    ///
    /// # Errors
    /// [`HmmError::TooManyStates`]
    pub fn log_evidence(&self) -> Result<f64, HmmError> {
        let mut log_evidence = 0.0;
        let mut filtered = Vec::new();
        let states = joint_states(self.hmm.sizes())?;
        for step in self.steps {
            filtered = self.predicted(&filtered, &states);
            log_evidence += self.tilt(&mut filtered, step, &states);
        }
        Ok(log_evidence)
    }

    /// Evidence and marginals by forward and backward passes over the product chain.
    ///
    /// A transition of the product chain is one of each chain in turn, so it takes `M L^{M+1}` products in place of `L^{2M}`.
    ///
    /// # Errors
    /// [`HmmError::TooManyStates`]
    ///
    /// # References
    /// Ghahramani & Jordan (1997), *Factorial hidden Markov models*: exact inference, and its appendix B.
    pub fn exact(&self) -> Result<Exact, HmmError> {
        let (sizes, chains) = (self.hmm.sizes(), &self.hmm.chains);
        let states = joint_states(sizes)?;
        let (mut log_evidence, mut passes) = (0.0, Vec::<[Vec<f64>; 2]>::new());
        for step in self.steps {
            let before = passes.last().map_or(&[][..], |[_, filtered]| filtered);
            let predicted = self.predicted(before, &states);
            let mut filtered = predicted.clone();
            log_evidence += self.tilt(&mut filtered, step, &states);
            passes.push([predicted, filtered]);
        }
        let mut marginals = vec![0.0; self.steps.len() * sizes.width()];
        let mut after: Option<Vec<f64>> = None;
        for ([predicted, mut joint], into) in
            passes.into_iter().zip(marginals.chunks_mut(sizes.width())).rev()
        {
            if let Some(after) = after {
                let back = move_all(chains, after, Direction::Backward);
                joint.iter_mut().zip(back).for_each(|(joint, back)| *joint *= back);
            }
            for (p, states) in joint.iter().zip(states.chunks(sizes.chains)) {
                let places = states.iter().enumerate().map(|(m, s)| m * sizes.states + s);
                places.for_each(|place| into[place] += p);
            }
            after = Some(ratios(&joint, &predicted));
        }
        Ok(Exact { log_evidence, marginals })
    }

    /// The probabilities of the joint states before a step is seen.
    fn predicted(&self, before: &[f64], states: &[usize]) -> Vec<f64> {
        let chains = &self.hmm.chains;
        if !before.is_empty() {
            return move_all(chains, before.to_vec(), Direction::Forward);
        }
        let first = |states: &[usize]| {
            let each = states.iter().enumerate().map(|(m, s)| chains.initial(m)[*s]);
            each.product()
        };
        states.chunks(chains.sizes().chains).map(first).collect()
    }

    /// Sees a step; returns the logarithm of its probability.
    fn tilt(&self, joint: &mut [f64], step: &E::Step, states: &[usize]) -> f64 {
        let of = |states| self.hmm.emission.log_prob(step, states);
        tilt(joint, &Vec::from_iter(states.chunks(self.hmm.sizes().chains).map(of)))
    }
}

/// The states of each chain in each joint state, `[L^M, M]`; the last chain's changes fastest.
fn joint_states(sizes: Sizes) -> Result<Vec<usize>, HmmError> {
    let digit = |joint: usize, m: usize| joint / sizes.states.pow((sizes.chains - 1 - m) as u32);
    let joint = 0..sizes.joint()?;
    Ok(joint.flat_map(|j| (0..sizes.chains).map(move |m| digit(j, m) % sizes.states)).collect())
}

#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Backward,
}

/// Each chain's transitions in turn: `(A_1 ⊗ .. ⊗ A_M)ᵀ p` forward, without the transpose backward.
fn move_all(chains: &Chains, mut p: Vec<f64>, direction: Direction) -> Vec<f64> {
    let Sizes { chains: m, states: l } = chains.sizes();
    for chain in 0..m {
        let stride = l.pow((m - 1 - chain) as u32);
        let a = chains.transitions(chain);
        let mut next = vec![0.0; p.len()];
        for block in (0..p.len()).step_by(stride * l) {
            for (from, to) in (0..l * l).map(|pair| (pair / l, pair % l)) {
                let weight = a[from * l + to];
                let (source, target) = match direction {
                    Direction::Forward => (from, to),
                    Direction::Backward => (to, from),
                };
                let source = &p[block + source * stride..][..stride];
                let target = &mut next[block + target * stride..][..stride];
                target.iter_mut().zip(source).for_each(|(to, from)| *to += weight * from);
            }
        }
        p = next;
    }
    p
}
