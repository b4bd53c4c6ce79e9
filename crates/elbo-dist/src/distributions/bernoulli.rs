use burn::tensor::{Float, Tensor, activation};

use crate::distributions::{chance, log1p_exp, logit};
use crate::linearized::Ties;
use crate::one_pass::one_node;
use crate::special::{log1p_exp_neg_abs, log1p_exp_neg_abs_for_f32, sigmoid_value};
use crate::{
    Cdf, Distribution, Domain, Elementwise, Entropy, Moments, Noise, Operand, Parameter, Support,
    TensorMap,
};

/// The Bernoulli distribution over 0 and 1, by log-odds `l`.
///
/// `log p(x) = x l - log(1 + eˡ)`
///
/// Values are floating-point numbers, and draws are constants: no gradient flows through them.
///
/// # Shapes
/// `logits` and values are rank `D` and broadcast; `log_prob` has the broadcast shape.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Bernoulli, Distribution};
///
/// let x = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// let log_prob: f32 = Bernoulli::probs(0.25).log_prob(x).into_scalar();
/// assert!((log_prob - 0.25_f32.ln()).abs() < 1e-6);
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, equation 2.2.
#[derive(Clone, Debug)]
pub struct Bernoulli<const D: usize> {
    logits: Operand<D>,
    /// The probabilities, if they were given.
    probs: Option<Operand<D>>,
    support: Support,
}

impl<const D: usize> Bernoulli<D> {
    /// By log-odds: `P(1) = σ(logits)`.
    pub fn logits(logits: impl Into<Operand<D>>) -> Self {
        Self { logits: logits.into(), probs: None, support: Support::Boolean }
    }

    /// By the probability of 1, strictly between 0 and 1 (at 0 and 1 the log-odds are
    /// infinite).
    pub fn probs(probs: impl Into<Operand<D>>) -> Self {
        let probs = probs.into();
        let logits = logit(&probs);
        Self { logits, probs: Some(probs), support: Support::Boolean }
    }

    /// Accepts observations between 0 and 1: the log-probability is then its mean over
    /// `x ~ Bernoulli(target)`, the cross entropy of the target.
    ///
    /// `log p(t) = t log σ(l) + (1 - t) log(1 - σ(l)) = t l - log(1 + eˡ)`
    ///
    /// This is how grey pixels are scored without binarizing them.
    pub fn soft_targets(self) -> Self {
        Self { support: Support::UnitInterval, ..self }
    }

    pub(crate) fn log_odds(&self) -> &Operand<D> {
        &self.logits
    }
}

impl<const D: usize> Distribution<D> for Bernoulli<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = false;

    fn name(&self) -> &'static str {
        "Bernoulli"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![match &self.probs {
            Some(probs) => Parameter::new("probs", probs, Domain::Probability),
            None => Parameter::new("logits", &self.logits, Domain::Real),
        }]
    }

    fn support(&self) -> Support {
        self.support
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        let probs = self.probs.map(|probs| probs.with_tensors(map));
        Self { logits: self.logits.with_tensors(map), probs, ..self }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let uniform = noise.uniform(shape);
        let probs = sigmoid_value(self.logits.on(&uniform).inner()).expand(shape);
        uniform.clone().lower(probs).float().cast(uniform.dtype())
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let inputs = [(&value).into(), (&self.logits).into()];
        if let Some(log_prob) = one_node(inputs, LogProbAndSlopes) {
            return log_prob;
        }
        let x = value.clone().inner();
        let logits = self.logits.clone().detach().on(&x);
        // x l - max(l, 0) is exact where x is 0 or 1: a likely value keeps its small log p.
        let ramp = activation::relu(logits.clone());
        let log_prob = (x.clone() * logits.clone() - ramp) - log1p_exp_neg_abs(logits.clone());
        // The value is a constant in every program but a relaxed one.
        Ties::to(&value, || logits.clone())
            .and_operand(&self.logits, || x.clone() - sigmoid_value(logits.clone()))
            .tie(log_prob)
    }
}

/// The log-probability of `x`, and its derivatives by `x` and the log-odds.
struct LogProbAndSlopes;

impl Elementwise<2, 3> for LogProbAndSlopes {
    type Number = f64;

    #[inline(always)]
    fn at(&self, [x, logits]: [f64; 2]) -> [f64; 3] {
        let [above, up, down] = log1p_exp_neg_abs_for_f32(logits);
        let ramp = if logits > 0.0 { logits } else { 0.0 };
        [(x * logits - ramp) - above, logits, x * down - (1.0 - x) * up]
    }
}

impl<const D: usize> Moments<D> for Bernoulli<D> {
    fn mean(&self) -> Operand<D> {
        chance(&self.logits)
    }

    fn variance(&self) -> Operand<D> {
        chance(&self.logits) * chance(&-self.logits.clone())
    }
}

impl<const D: usize> Cdf<D> for Bernoulli<D> {
    fn cdf(&self, value: Tensor<D>) -> Tensor<D> {
        let zero = chance(&-self.logits.clone()).on(&value);
        let cdf = zero + value.clone().inner().zeros_like();
        let at = value.inner().expand(cdf.dims());
        let (none, all) = (at.clone().lower_elem(0.0), at.greater_equal_elem(1.0));
        cdf.mask_fill(none, 0.0).mask_fill(all, 1.0)
    }
}

/// Of draws, which are 0 or 1; soft targets have none.
impl<const D: usize> Entropy<D> for Bernoulli<D> {
    fn entropy(&self) -> Operand<D> {
        let opposite = -self.logits.clone();
        chance(&self.logits) * log1p_exp(&opposite) + chance(&opposite) * log1p_exp(&self.logits)
    }
}
