use burn::tensor::{Float, Int, Tensor};

use crate::distributions::forward_backward::{Logs, column, row, tied};
use crate::shape::{joined, leading, merged, of_numbers, sizes_apart, with_steps};
use crate::special::log_softmax;
use crate::{
    Categorical, DistError, Distribution, Moments, Noise, Operand, Parameter, Support, TensorMap,
    logsumexp,
};

/// `T` observations of a hidden Markov chain over `K` states, summed over all the paths that it can take.
///
/// `log p(x) = log Σₛ p(s₁) p(x₁ | s₁) Πₜ p(sₜ | sₜ₋₁) p(xₜ | sₜ)`, by the forward recursion
/// `αₜ(j) = log Σᵢ exp(αₜ₋₁(i) + log Aᵢⱼ) + log p(xₜ | j)` on logarithms: `8 T` operations. Its gradients, by the
/// backward recursion, cost as many again.
///
/// Draws are constants: no gradient flows through them.
///
/// # Shapes
/// `initial` is `[.., K]`, of rank `D`; `transition` is `[.., K, K]`, from the rows' states to the columns', and
/// the parameters of the observations are `[.., 1, K]` or `[.., T, K]`, both of rank `M = D + 1`: any other `M`
/// does not compile. Values are `[.., T]`, and `log_prob` is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Bernoulli, Categorical, Distribution, HiddenMarkov};
///
/// let device = Device::flex();
/// let initial = Categorical::probs(Tensor::<2>::from_floats([[0.5, 0.5]], &device));
/// let stay = Categorical::probs(Tensor::<3>::from_floats([[[0.9, 0.1], [0.1, 0.9]]], &device));
/// let coins = Bernoulli::probs(Tensor::<3>::from_floats([[[0.2, 0.8]]], &device));
/// let chain = HiddenMarkov::new(initial, stay, coins, 2);
/// let x = Tensor::<2>::from_floats([[1.0, 1.0]], &device);
/// let log_prob: f32 = chain.log_prob(x.clone()).into_scalar();
/// // ½ (0.2 (0.9 · 0.2 + 0.1 · 0.8) + 0.8 (0.1 · 0.2 + 0.9 · 0.8))
/// assert!((log_prob - 0.322_f32.ln()).abs() < 1e-6);
/// assert_eq!(chain.viterbi(x).into_data().iter::<i64>().collect::<Vec<_>>(), [1, 1]);
/// ```
///
/// # References
/// Rabiner (1989), *A tutorial on hidden Markov models*, equations 19, 24 and 33.
#[derive(Clone, Debug)]
pub struct HiddenMarkov<P, const D: usize, const M: usize> {
    initial: Categorical<D>,
    transition: Categorical<M>,
    observations: P,
    steps: usize,
}

impl<P, const D: usize, const M: usize> HiddenMarkov<P, D, M>
where
    P: Distribution<M, Kind = Float>,
{
    /// `steps` steps of a chain with the distribution of its first state, that of the next state for each
    /// state, and that of an observation in each state, along the last axis.
    pub fn new(
        initial: Categorical<D>,
        transition: Categorical<M>,
        observations: P,
        steps: usize,
    ) -> Self {
        const { assert!(M == D + 1, "transitions have one axis more than values") };
        Self { initial, transition, observations, steps }
    }

    /// `p(sₜ = k | x)` for each step and state, by forward and backward recursion.
    ///
    /// # Shapes
    /// `value` is `[.., T]`, the result `[.., T, K]`.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use elbo_dist::{Bernoulli, Categorical, HiddenMarkov};
    ///
    /// let device = Device::flex();
    /// let initial = Categorical::probs(Tensor::<2>::from_floats([[0.5, 0.5]], &device));
    /// let stay = Categorical::probs(Tensor::<3>::from_floats([[[0.9, 0.1], [0.1, 0.9]]], &device));
    /// let coins = Bernoulli::probs(Tensor::<3>::from_floats([[[0.2, 0.8]]], &device));
    /// let x = Tensor::<2>::from_floats([[1.0]], &device);
    /// let states = HiddenMarkov::new(initial, stay, coins, 1).marginals(x);
    /// let p = states.into_data().try_to_vec::<f32>().unwrap();
    /// assert!((p[0] - 0.2).abs() < 1e-6 && (p[1] - 0.8).abs() < 1e-6);
    /// ```
    pub fn marginals(&self, value: Tensor<D>) -> Tensor<M> {
        let logs = self.logs(value).constant();
        let (forward, backward) = (logs.forward(), logs.backward());
        let both = joined(forward, M - 2) + joined(backward, M - 2);
        log_softmax(both, M - 1).exp()
    }

    /// The most probable path of states, given the observations.
    ///
    /// # Shapes
    /// `value` and the result are `[.., T]`.
    ///
    /// # References
    /// Viterbi (1967), *Error bounds for convolutional codes*.
    pub fn viterbi(&self, value: Tensor<D>) -> Tensor<D, Int> {
        let logs = self.logs(value).constant();
        let mut best = logs.first.clone() + logs.seen_at(0);
        let mut origins = Vec::with_capacity(self.steps);
        for t in 1..logs.steps() {
            let to = best.swap_dims(M - 2, M - 1) + logs.moves.clone();
            origins.push(to.clone().argmax(M - 2));
            best = to.max_dim(M - 2) + logs.seen_at(t);
        }
        let mut path = vec![best.argmax(M - 1)];
        for origin in origins.into_iter().rev() {
            let state = path[path.len() - 1].clone();
            path.push(origin.gather(M - 1, state));
        }
        path.reverse();
        Tensor::cat(path, M - 2).squeeze_dim(M - 1)
    }

    /// A draw of the path of states, given the observations, for each particle of `value`.
    ///
    /// # Shapes
    /// `value` and the result are `[.., T]`.
    ///
    /// # References
    /// Scott (2002), *Bayesian methods for hidden Markov models*, section 2.1.
    pub fn sample_states(&self, value: Tensor<D>, noise: &mut Noise) -> Tensor<D, Int> {
        let logs = self.logs(value).constant();
        let forward = logs.forward();
        let mut path: Vec<Tensor<M, Int>> = Vec::with_capacity(forward.len());
        for log_weights in forward.into_iter().rev() {
            let log_weights = match path.last() {
                None => log_weights,
                Some(next) => log_weights + column(&logs.moves, next.clone()),
            };
            let mut shape = log_weights.dims();
            shape[M - 1] = 1;
            path.push(Categorical::logits(log_weights).draw(shape, noise));
        }
        path.reverse();
        Tensor::cat(path, M - 2).squeeze_dim(M - 1)
    }

    /// The normalized logarithms of all probabilities, for these observations.
    fn logs(&self, value: Tensor<D>) -> Logs<M> {
        let first = log_softmax(self.initial.weights(), D - 1).unsqueeze_dim::<M>(D - 1);
        let moves = log_softmax(self.transition.weights(), M - 1);
        let seen = self.observations.log_prob(value.unsqueeze_dim::<M>(D));
        Logs { first, moves, seen }
    }
}

impl<P, const D: usize, const M: usize> Distribution<D> for HiddenMarkov<P, D, M>
where
    P: Distribution<M, Kind = Float>,
{
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "HiddenMarkov"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        let mut parameters: Vec<_> = self
            .initial
            .parameters()
            .into_iter()
            .map(|p| Parameter { name: "initial", ..p })
            .collect();
        let moves = self.transition.parameters().into_iter();
        parameters.extend(moves.map(|p| Parameter { name: "transition", ..p }));
        parameters.extend(self.observations.parameters());
        parameters
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        self.observations.support()
    }

    fn is_proper(&self) -> bool {
        self.observations.is_proper()
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            initial: self.initial.with_tensors(map),
            transition: self.transition.with_tensors(map),
            observations: self.observations.with_tensors(map),
            ..self
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let mut all = [1; M];
        all[..D].copy_from_slice(&shape); // [.., T, 1]
        let count = self.transition.weights().dims()[M - 1];
        let first = self.initial.weights().inner().unsqueeze_dim::<M>(D - 1);
        let moves = self.transition.weights().inner();
        let mut one = all;
        one[M - 2] = 1;
        let mut states = vec![Categorical::logits(first).draw(one, noise)];
        for t in 1..self.steps {
            let from = row(&moves, states[t - 1].clone());
            states.push(Categorical::logits(from).draw(one, noise));
        }
        all[M - 1] = count;
        let seen = self.observations.draw(all, noise).inner();
        seen.gather(M - 1, Tensor::cat(states, M - 2)).squeeze_dim(M - 1)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let logs = self.logs(value);
        let tracked = [&logs.first, &logs.moves, &logs.seen].iter().any(|log| log.is_tracked());
        let constant = logs.clone().constant();
        let Logs { first, moves, seen } = logs;
        let forward = constant.forward();
        let mut total = logsumexp(forward[forward.len() - 1].clone(), M - 1);
        if tracked {
            let backward = constant.backward();
            // Where no path is left there is no slope either.
            let lost = total.clone().mask_fill(total.clone().is_inf(), 0.0);
            // Σₜ p(sₜ = i, sₜ₊₁ = j | x)
            let pairs = (1..forward.len()).map(|t| {
                let to = backward[t].clone() + constant.seen_at(t);
                let from = forward[t - 1].clone().swap_dims(M - 2, M - 1) - lost.clone();
                (from + constant.moves.clone() + to).exp()
            });
            let pairs = pairs.reduce(|sum, pair| sum + pair);
            let both = joined(forward, M - 2) + joined(backward, M - 2);
            let states = (both - lost).exp();
            total = total + tied(first, constant.first, states.clone().narrow(M - 2, 0, 1));
            total = total + tied(seen, constant.seen, states);
            if let Some(pairs) = pairs {
                total = total + tied(moves, constant.moves, pairs);
            }
        }
        total.squeeze_dim(M - 1)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        of_numbers(self.name(), &self.observations)?;
        self.initial.shape()?;
        self.transition.shape()?;
        let seen = self.observations.shape()?;
        let moves = self.transition.weights().dims();
        let count = moves[M - 1];
        let fits = self.initial.weights().dims()[D - 1] == count
            && moves[M - 2] == count
            && [1, count].contains(&seen[M - 1])
            && [1, self.steps].contains(&seen[M - 2]);
        if !fits {
            return Err(sizes_apart(self.name(), self.parameters()));
        }
        let shape = leading(self.name(), &self.parameters(), 1)?;
        let shape = merged(self.name(), shape, &seen, D - 1, &self.parameters())?;
        with_steps(self.name(), shape, D - 1, self.steps)
    }

    fn outline(&self) -> [usize; D] {
        let mut shape = self.initial.outline();
        shape[D - 1] = self.steps;
        shape
    }

    fn check(&self) -> Result<(), DistError> {
        self.initial.check()?;
        self.transition.check()?;
        self.observations.check()
    }
}

/// Of the observations, by the distribution of each step's state before anything is seen.
impl<P, const D: usize, const M: usize> Moments<D> for HiddenMarkov<P, D, M>
where
    P: Moments<M> + Distribution<M, Kind = Float>,
{
    fn mean(&self) -> Operand<D> {
        let states = self.states();
        Operand::Tensor(average(&states, self.observations.mean().on(&states)))
    }

    /// `Σ p (v + m²) - (Σ p m)²`, about the mean.
    fn variance(&self) -> Operand<D> {
        let states = self.states();
        let mean = self.observations.mean().on(&states);
        let all = (states.clone() * mean.clone()).sum_dim(M - 1);
        let spread = (mean - all).square() + &self.observations.variance();
        Operand::Tensor(average(&states, spread))
    }
}

impl<P, const D: usize, const M: usize> HiddenMarkov<P, D, M> {
    /// `p(sₜ = k)`, `[.., T, K]`.
    fn states(&self) -> Tensor<M> {
        let first = log_softmax(self.initial.weights(), D - 1).exp().unsqueeze_dim::<M>(D - 1);
        let moves = log_softmax(self.transition.weights(), M - 1).exp();
        let next = |state: &Tensor<M>| Some(state.clone().matmul(moves.clone()));
        let all = std::iter::successors(Some(first), next).take(self.steps);
        joined(all.collect(), M - 2)
    }
}

/// `Σₖ p(sₜ = k) valueₖ`.
fn average<const D: usize, const M: usize>(states: &Tensor<M>, value: Tensor<M>) -> Tensor<D> {
    (states.clone() * value).sum_dim(M - 1).squeeze_dim(M - 1)
}
