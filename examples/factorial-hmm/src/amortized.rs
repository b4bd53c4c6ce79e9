//! A network that infers the states of sequences.

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::Module;
use burn::nn::Linear;
use elbo::prelude::*;
use elbo::{logsumexp, softplus};
use vae::linear;

use crate::{Batch, Batches, FactorialHmm, Gaussian, HmmError, Observed, Posterior, Sizes};

/// Independent chains whose potentials come from a network that sees some steps before and after, in place of a fit for each sequence.
///
/// `q(s_m) = p(s_m) exp(Σ_t h_tm(s_tm)) / Z_m`, where `h_t = h⁰(x_t) + f(x_{t-r} .. x_{t+r})`
///
/// `h⁰` are the first potentials of coordinate ascent, with all states of the other chains as likely, and `f` is a perceptron of one layer of softplus units.
///
/// Its bound is a formula of the chains' marginals and normalizers,
///
/// `Σ_t E_q[log p(x_t | s_t)] + Σ_m (log Z_m - Σ_t q_tm · h_tm)`,
///
/// so it needs no draws: the network is trained as a program of parameters alone, through the forward and the backward pass.
///
/// # References
/// Johnson et al. (2016), *Composing graphical models with neural networks*, section 4; Gershman & Goodman (2014), *Amortized inference in probabilistic reasoning*.
#[derive(Module, Debug)]
pub struct Network {
    hidden: Linear,
    states: Linear,
    #[module(skip)]
    model: Numbers,
}

/// How to train a [`Network`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkOptions {
    /// The steps that it sees before and after each.
    pub reach: usize,
    /// Its units.
    pub units: usize,
    /// Passes over the sequences.
    pub passes: usize,
    /// Sequences of a minibatch.
    pub batch: usize,
    /// The learning rate of Adam at the start, which falls as a cosine to 0.
    pub learning_rate: f64,
    /// The seed of its weights, and of the order of minibatches.
    pub seed: u64,
}

impl Default for NetworkOptions {
    /// Three steps before and after, 64 units, and 200 passes.
    fn default() -> Self {
        Self { reach: 3, units: 64, passes: 200, batch: 10, learning_rate: 0.02, seed: 0 }
    }
}

/// Why a network was not trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The sequences.
    #[error(transparent)]
    Hmm(#[from] HmmError),
    /// The program.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The guide.
    #[error(transparent)]
    Guide(#[from] GuideError),
    /// A learning rate that is none.
    #[error("the learning rate is {0}, but must be more than 0 and at most 1")]
    LearningRate(f64),
    /// Stochastic variational inference.
    #[error(transparent)]
    Svi(Box<InferError>),
}

impl From<InferError> for NetworkError {
    fn from(error: InferError) -> Self {
        Self::Svi(Box::new(error))
    }
}

/// What is known of a model, with axes as the network's formulas have them.
#[derive(Clone, Debug)]
struct Numbers {
    sizes: Sizes,
    reach: usize,
    /// `W` `[M, L, D]`
    weights: Vec<f64>,
    /// `C` `[D]`
    variances: Vec<f64>,
    /// `log π` `[M, L]`
    initial: Vec<f64>,
    /// `log A` `[M, L, L]`
    transitions: Vec<f64>,
}

impl Numbers {
    fn of(hmm: &FactorialHmm<Gaussian>, reach: usize) -> Self {
        let (sizes, gaussian, chains) = (hmm.sizes(), hmm.emission(), hmm.chains());
        let (variances, width) = (gaussian.variances().to_vec(), sizes.width());
        let places = (0..width).flat_map(|place| (0..variances.len()).map(move |d| (place, d)));
        let weights = places.map(|(place, d)| gaussian.weights()[d * width + place]).collect();
        let each = 0..sizes.chains;
        let initial = each.clone().flat_map(|m| chains.log_initial(m).to_vec()).collect();
        let transitions = each.flat_map(|m| chains.log_transitions(m).to_vec()).collect();
        Self { sizes, reach, weights, variances, initial, transitions }
    }
}

/// A batch on a device.
#[derive(Clone, Debug)]
struct Inputs {
    /// `[B, T, D]`
    x: Tensor<3>,
    /// `[1, B, T, 1]`
    mask: Tensor<4>,
    total: usize,
    place: Place,
}

impl Inputs {
    fn of(batch: &Batch, total: usize, place: &Place) -> Self {
        let [b, t] = [batch.indices.len(), batch.steps];
        let wide = |numbers: &[f32]| numbers.iter().map(|x| f64::from(*x)).collect();
        Self {
            x: place.tensor(wide(&batch.inputs), [b, t, batch.width]),
            mask: place.tensor(wide(&batch.mask), [1, b, t, 1]),
            total,
            place: place.clone(),
        }
    }
}

impl Network {
    fn new(hmm: &FactorialHmm<Gaussian>, options: &NetworkOptions, noise: &Noise) -> Self {
        let model = Numbers::of(hmm, options.reach);
        let seen = (2 * options.reach + 1) * model.variances.len();
        Self {
            hidden: linear("network.hidden", [seen, options.units], noise),
            states: linear("network.states", [options.units, model.sizes.width()], noise),
            model,
        }
    }

    /// Trains a network for `hmm` on sequences of any lengths `[T][D]`, with [`Svi`] and Adam; `observer` sees the number of each pass, from 1, and the bound of all
    /// sequences during it.
    ///
    /// # Errors
    /// A [`NetworkError`].
    pub fn train(
        hmm: &FactorialHmm<Gaussian>,
        sequences: &[Vec<Vec<f64>>],
        options: &NetworkOptions,
        place: &Place,
        mut observer: impl FnMut(usize, f64),
    ) -> Result<Self, NetworkError> {
        let batches = Batches::new(sequences, hmm.emission().variances().len(), options.batch)?;
        let inputs: Vec<_> = batches.batches().iter().collect();
        let mut noise = Noise::new(options.seed, place);
        let network = Self::new(hmm, options, &noise);
        let some = |batch: &Batch| Inputs::of(batch, sequences.len(), place);
        let Some(first) = inputs.first().map(|batch| some(batch)) else {
            return Err(HmmError::NoSteps.into());
        };
        let layout = Layout::discover(&network, &first, &noise)?;
        let guide = DeltaGuide::new(&layout, &network, &first, &mut noise)?;
        let steps = options.passes * inputs.len();
        let schedule =
            CosineAnnealingLrSchedulerConfig::new(options.learning_rate, steps.max(1)).init();
        let schedule = schedule.map_err(|_| NetworkError::LearningRate(options.learning_rate))?;
        let mut svi = Svi::new(network, guide, Elbo, noise.split()).with_schedule(schedule);
        for pass in 1..=options.passes {
            let order = noise.permutation(inputs.len());
            let info = svi.epoch(order.into_iter().map(|place| some(inputs[place])), &mut ())?;
            observer(pass, info.bound);
        }
        Ok(svi.into_parts().0)
    }

    /// Independent chains of one sequence, as the network infers them.
    ///
    /// # Errors
    /// [`HmmError::Number`] for a network whose potentials are no numbers.
    pub fn posterior(
        &self,
        seen: &Observed<Gaussian>,
        place: &Place,
    ) -> Result<Posterior<()>, HmmError> {
        let width = self.model.variances.len();
        let batches = Batches::new(&[seen.steps().to_vec()], width, 1)?;
        let inputs = Inputs::of(&batches.batches()[0], 1, place);
        let h = self.potentials(&inputs).permute([1, 2, 0, 3]); // [1, T, M, L]
        Posterior::tilted(seen, &h.into_data().iter().collect::<Vec<_>>())
    }

    /// `h` `[M, B, T, L]`, 0 beyond the end of a sequence.
    fn potentials(&self, inputs: &Inputs) -> Tensor<4> {
        let ([b, t, d], Sizes { chains, states }) = (inputs.x.dims(), self.model.sizes);
        let beyond = inputs.place.zeros::<3>([b, self.model.reach, d]);
        let padded = Tensor::cat(vec![beyond.clone(), inputs.x.clone(), beyond], 1);
        let near = (0..=2 * self.model.reach).map(|shift| padded.clone().narrow(1, shift, t));
        let hidden = softplus(self.hidden.forward(Tensor::cat(near.collect(), 2)));
        let learned = self.states.forward(hidden).reshape([b, t, chains, states]);
        (self.first_potentials(inputs) + learned.permute([2, 0, 1, 3])) * inputs.mask.clone()
    }

    /// The first potentials of coordinate ascent, as [`Gaussian`] has them where all states are as likely.
    fn first_potentials(&self, inputs: &Inputs) -> Tensor<4> {
        let [weights, precisions] = self.emission(&inputs.place);
        let means = weights.clone().mean_dim(2); // [M, 1, 1, D]
        let rest = inputs.x.clone().unsqueeze::<4>() - means.clone().sum_dim(0) + means;
        let scaled = weights.clone() * precisions; // [M, 1, L, D]
        let squares = (weights * scaled.clone()).sum_dim(3).swap_dims(2, 3);
        rest.matmul(scaled.swap_dims(2, 3)) - squares * 0.5
    }

    /// `W` `[M, 1, L, D]` and `1 / C` `[1, 1, 1, D]`.
    fn emission(&self, place: &Place) -> [Tensor<4>; 2] {
        let Numbers { sizes: Sizes { chains, states }, variances, weights, .. } = &self.model;
        let precisions = variances.iter().map(|c| c.recip()).collect();
        let d = variances.len();
        let weights = place.tensor(weights.clone(), [*chains, 1, *states, d]);
        [weights, place.tensor(precisions, [1, 1, 1, d])]
    }

    /// `q` `[M, B, T, L]` and `log Z` `[M, B, 1, 1]`, by a forward and a backward pass; steps beyond the end have no potential, and change neither.
    fn smoothed(&self, h: &Tensor<4>, place: &Place) -> [Tensor<4>; 2] {
        let ([m, b, steps, l], model) = (h.dims(), &self.model);
        let initial = place.tensor::<4>(model.initial.clone(), [m, 1, 1, l]);
        let moves = place.tensor::<4>(model.transitions.clone(), [m, 1, l, l]);
        let at = |t| h.clone().narrow(2, t, 1); // [M, B, 1, L]
        let mut forward = vec![initial + at(0)];
        for t in 1..steps {
            let from = forward[t - 1].clone().swap_dims(2, 3) + moves.clone();
            forward.push(logsumexp(from, 2) + at(t));
        }
        let mut backward = vec![place.zeros([m, b, 1, l])];
        for t in (1..steps).rev() {
            let to = at(t) + backward[backward.len() - 1].clone() + moves.clone();
            backward.push(logsumexp(to, 3).swap_dims(2, 3));
        }
        backward.reverse();
        let log_z = logsumexp(forward[steps - 1].clone(), 3);
        let log_q = Tensor::cat(forward, 2) + Tensor::cat(backward, 2) - log_z.clone();
        [log_q.exp(), log_z]
    }

    /// The bound of each sequence `[1, B]`.
    fn bounds(&self, inputs: &Inputs) -> Tensor<2> {
        let h = self.potentials(inputs);
        let [q, log_z] = self.smoothed(&h, &inputs.place);
        let of_chains = log_z - (q.clone() * h).sum_dim(3).sum_dim(2);
        let of_steps = self.expected_log_prob(q, inputs) * inputs.mask.clone();
        (of_steps.sum_dim(2) + of_chains.sum_dim(0)).squeeze_dims(&[2, 3])
    }

    /// `E_q[log p(x_t | s_t)]` `[1, B, T, 1]`, as [`Gaussian`] has it.
    fn expected_log_prob(&self, q: Tensor<4>, inputs: &Inputs) -> Tensor<4> {
        let [weights, precisions] = self.emission(&inputs.place);
        let added = q.clone().matmul(weights.clone()); // [M, B, T, D]
        let spread = q.matmul(weights.square()) - added.clone().square();
        let rest = inputs.x.clone().unsqueeze::<4>() - added.sum_dim(0);
        let logs: f64 =
            self.model.variances.iter().map(|c| (2.0 * std::f64::consts::PI * c).ln()).sum();
        (((rest.square() + spread.sum_dim(0)) * precisions).sum_dim(3) + logs) * -0.5
    }
}

impl Program<Inputs> for Network {
    fn run(&self, t: &mut Trace, d: &Inputs) {
        let bounds = self.bounds(d);
        let size = Subsample { total: d.total, batch: d.x.dims()[0] };
        t.plate("sequences", size, |t| t.factor("bounds", bounds));
    }
}
