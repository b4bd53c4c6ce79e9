//! Relaxed draws of discrete sites.

use std::fmt;
use std::sync::Arc;

use burn::tensor::{Tensor, activation};
use elbo_dist::{Noise, logaddexp, logsumexp, sigmoid, softplus};

use crate::Value;

/// Discrete draws as functions of log-probabilities and noise, which can be relaxed: what REBAR and RELAX need.
///
/// A draw of 0 or 1 is `1[z > 0]` for `z = α + log u - log(1 - u)`, a one-hot draw the greatest of
/// `z = α - log(-log u)`. Both have a relaxed form, `σ(z / τ)` and `softmax(z / τ)`, and given the draw there is
/// another `z̃` of the same distribution that would have led to it.
///
/// # Shapes
/// Everything is `[S, n]`, with one-hot vectors one after the other.
///
/// # References
/// Tucker et al. (2017), *REBAR*, appendix C; Grathwohl et al. (2018), appendix B.
#[derive(Clone)]
pub struct Relaxation {
    logits: Tensor<2>,
    hard: Tensor<2>,
    noise: Tensor<2>,
    second: Tensor<2>,
    form: Form,
    temperature: f64,
    restore: Arc<dyn Fn(Tensor<2>) -> Value + Send + Sync>,
}

/// What is relaxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Numbers 0 and 1.
    Boolean,
    /// Vectors of so many zeros but for a single 1.
    OneHot(usize),
}

impl Form {
    /// Standard logistic or Gumbel noise.
    pub fn noise(self, shape: [usize; 2], noise: &mut Noise) -> Tensor<2> {
        let u = noise.uniform(shape);
        match self {
            Self::Boolean => logit(u),
            Self::OneHot(_) => -(-u.log()).log(),
        }
    }

    /// The draw that `z` leads to.
    pub fn harden(self, z: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Boolean => z.clone().greater_elem(0.0).float().cast(z.dtype()),
            Self::OneHot(count) => {
                let (shape, dtype) = (z.dims(), z.dtype());
                let rows = events(z, count);
                let greatest = rows.clone().max_dim(1).expand(rows.dims());
                rows.equal(greatest).float().cast(dtype).reshape(shape)
            }
        }
    }

    /// `σ(z / τ)` or `softmax(z / τ)`.
    pub fn soften(self, z: Tensor<2>, temperature: f64) -> Tensor<2> {
        let z = z * temperature.recip();
        match self {
            Self::Boolean => sigmoid(z),
            Self::OneHot(count) => {
                let shape = z.dims();
                activation::softmax(events(z, count), 1).reshape(shape)
            }
        }
    }

    /// Noise `z̃` that leads to the draw `hard`, by uniforms `v`.
    fn given(self, hard: Tensor<2>, logits: Tensor<2>, v: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Boolean => {
                let v = logit(v);
                let one = softplus(v.clone() + softplus(logits.clone()));
                let zero = -softplus(v + softplus(-logits));
                hard.clone() * one + (-hard + 1.0) * zero
            }
            Self::OneHot(count) => {
                let shape = logits.dims();
                let (hard, logits) = (events(hard, count), events(logits, count));
                let gumbel = -(-events(v, count).log()).log();
                let top = (gumbel.clone() * hard.clone()).sum_dim(1) + logsumexp(logits.clone(), 1);
                let top = top.expand(hard.dims());
                let others = -logaddexp(-(logits + gumbel), -top.clone());
                (hard.clone() * top + (-hard + 1.0) * others).reshape(shape)
            }
        }
    }
}

impl Relaxation {
    pub(crate) fn new(
        form: Form,
        logits: Tensor<2>,
        temperature: f64,
        noise: &mut Noise,
        restore: impl Fn(Tensor<2>) -> Value + Send + Sync + 'static,
    ) -> Self {
        let shape = logits.dims();
        let (first, second) = (form.noise(shape, noise), noise.uniform(shape));
        let hard = form.harden(logits.clone().inner() + first.clone());
        let restore = Arc::new(restore);
        Self { logits, hard, noise: first, second, form, temperature, restore }
    }

    /// The log-odds of 1, or the log-probabilities; with their gradient.
    pub fn logits(&self) -> Tensor<2> {
        self.logits.clone()
    }

    /// The draws.
    pub fn hard(&self) -> Tensor<2> {
        self.hard.clone()
    }

    /// `z` and `z̃`, functions of `logits`.
    pub fn noises(&self, logits: Tensor<2>) -> [Tensor<2>; 2] {
        let first = logits.clone() + self.noise.clone();
        [first, self.form.given(self.hard.clone(), logits, self.second.clone())]
    }

    /// The relaxed form of `z`.
    pub fn relaxed(&self, z: Tensor<2>) -> Tensor<2> {
        self.form.soften(z, self.temperature)
    }

    /// `∂ log q(b) / ∂α` of the draws.
    pub fn score(&self) -> Tensor<2> {
        let logits = self.logits.clone().inner();
        self.hard.clone() - self.form.soften(logits, 1.0)
    }

    /// `log q` at `relaxed` draws by the formula for discrete ones, at constant log-probabilities: a number each of
    /// 0 and 1, or the parts of a one-hot vector's.
    pub fn log_prob(&self, relaxed: Tensor<2>) -> Tensor<2> {
        let logits = self.logits.clone().inner();
        match self.form {
            Form::Boolean => relaxed * logits.clone() - softplus(logits),
            Form::OneHot(count) => {
                let shape = logits.dims();
                let rows = events(logits, count);
                let log_probs = rows.clone() - logsumexp(rows, 1);
                relaxed * log_probs.reshape(shape)
            }
        }
    }

    /// Numbers `[S, n]` as a value of the site.
    pub fn value(&self, numbers: Tensor<2>) -> Value {
        (self.restore)(numbers)
    }
}

impl fmt::Debug for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { form, temperature, logits, .. } = self;
        write!(f, "Relaxation({form:?} {:?} at {temperature})", logits.dims())
    }
}

fn logit(u: Tensor<2>) -> Tensor<2> {
    u.clone().log() - (-u + 1.0).log()
}

/// One vector a row.
fn events(numbers: Tensor<2>, count: usize) -> Tensor<2> {
    let [s, n] = numbers.dims();
    numbers.reshape([s * n / count, count])
}
