use burn::tensor::{Float, Tensor};

use crate::distributions::linear_gaussian::{after, transposed};
use crate::distributions::{LinearGaussian, StateMoments};
use crate::linalg::{diagonal, lower, unchecked_cholesky};
use crate::place::constant_like;
use crate::shape::{joined, leading, rows_of_square, sizes_apart, with_steps};
use crate::{
    DistError, Distribution, Domain, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Parameter,
    Support, TensorMap, log_det, solve_lower, solve_lower_transposed,
};

/// `T` observations of a hidden state that moves linearly with normal errors, the state integrated out:
/// `z₁ ~ N(μ, P)`, `zₜ = F zₜ₋₁ + Q ε`, `xₜ = H zₜ + R η`.
///
/// `log p(x) = Σₜ log N(xₜ; H mₜ, H Pₜ Hᵀ + R Rᵀ)`, with the mean `mₜ` and the covariance `Pₜ` of `zₜ` given what
/// was seen before, by the Kalman filter
///
/// In single precision a start whose variance is 10⁶ times that of the errors costs the first smoothed variances a
/// tenth; up to 10⁴ times they keep two digits and more.
///
/// # Shapes
/// All of rank `D`, 3 or more: values are `[.., T, m]` for states of `n` numbers, and `log_prob` is
/// `[.., 1, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Distribution, LinearGaussian, LinearGaussianStateSpace};
///
/// let one = || Tensor::<3>::ones([1, 1, 1], &Device::flex());
/// let walk = LinearGaussian::new(one(), one());
/// let level = LinearGaussianStateSpace::new(walk.clone(), walk, 1); // z ~ N(0, 1), x ~ N(z, 1)
/// let log_prob: f32 = level.log_prob(one()).into_scalar();
/// assert!((log_prob + 0.25 + 0.5 * 2.0_f32.ln() + 0.918_938_5).abs() < 1e-6); // N(1; 0, 2)
/// ```
///
/// # References
/// Kalman (1960), *A new approach to linear filtering and prediction problems*; Durbin & Koopman (2012), *Time
/// Series Analysis by State Space Methods*, sections 4.3 and 4.4.
#[derive(Clone, Debug)]
pub struct LinearGaussianStateSpace<const D: usize> {
    transition: LinearGaussian<D>,
    observation: LinearGaussian<D>,
    initial_mean: Operand<D>,
    initial_scale_tril: Operand<D>,
    steps: usize,
}

/// The mean `[.., 1, n]` and the covariance `[.., n, n]` of the state.
#[derive(Clone)]
struct Belief<const D: usize> {
    mean: Tensor<D>,
    covariance: Tensor<D>,
}

impl<const D: usize> LinearGaussianStateSpace<D> {
    /// `steps` steps of a state that moves by `transition` and is seen by `observation`; at first it is
    /// standard normal.
    pub fn new(
        transition: LinearGaussian<D>,
        observation: LinearGaussian<D>,
        steps: usize,
    ) -> Self {
        let matrix = transition.matrix.tensor();
        let rows = matrix.dims()[D - 1];
        let mut shape = [1; D];
        shape[D - 2..].copy_from_slice(&[rows, rows]);
        let ones = (0..rows * rows).map(|i| f64::from(u8::from(i % (rows + 1) == 0)));
        let eye = constant_like(&matrix, ones.collect(), shape);
        Self {
            transition,
            observation,
            initial_mean: Operand::Scalar(0.0),
            initial_scale_tril: Operand::Tensor(eye),
            steps,
        }
    }

    /// With a first state of this mean, `[.., 1, n]`, and of this lower factor of its covariance, `[.., n, n]`.
    pub fn with_initial(self, mean: impl Into<Operand<D>>, scale_tril: Tensor<D>) -> Self {
        let initial_scale_tril = Operand::Tensor(scale_tril);
        Self { initial_mean: mean.into(), initial_scale_tril, ..self }
    }

    /// The state at each step given what was seen up to it.
    ///
    /// # Shapes
    /// `value` is `[.., T, m]`.
    pub fn filtered(&self, value: Tensor<D>) -> StateMoments<D> {
        moments(self.filter(value).into_iter().map(|step| step.after).collect())
    }

    /// The state at each step given all that was seen.
    ///
    /// # Shapes
    /// `value` is `[.., T, m]`.
    ///
    /// # References
    /// Rauch, Tung & Striebel (1965), *Maximum likelihood estimates of linear dynamic systems*.
    pub fn smoothed(&self, value: Tensor<D>) -> StateMoments<D> {
        let steps = self.filter(value);
        let mut smooth: Vec<Belief<D>> = Vec::with_capacity(steps.len());
        let mut later = steps.iter().skip(1).rev();
        for step in steps.iter().rev() {
            let belief = match smooth.last() {
                Some(next) => {
                    let predicted = &later.next().expect("a later step").before;
                    self.smooth(&step.after, predicted, next)
                }
                None => step.after.clone(),
            };
            smooth.push(belief);
        }
        smooth.reverse();
        moments(smooth)
    }

    /// What the next step's state says of this one's.
    fn smooth(&self, seen: &Belief<D>, predicted: &Belief<D>, next: &Belief<D>) -> Belief<D> {
        let f = self.transition.matrix.tensor();
        let l = unchecked_cholesky(predicted.covariance.clone());
        let both = solve_lower(l.clone(), f.clone().matmul(seen.covariance.clone()));
        let gain = transposed(solve_lower_transposed(l, both));
        let change = next.mean.clone() - predicted.mean.clone();
        let mean = seen.mean.clone() + change.matmul(transposed(gain.clone()));
        let errors = self.transition.errors() + next.covariance.clone();
        Belief { mean, covariance: after(seen.covariance.clone(), gain, f, errors) }
    }

    fn initial(&self) -> Belief<D> {
        let l = lower(self.initial_scale_tril.tensor());
        let zero = l.clone().inner().narrow(D - 2, 0, 1).zeros_like();
        Belief { mean: zero + &self.initial_mean, covariance: l.clone().matmul(transposed(l)) }
    }

    fn moved(&self, belief: &Belief<D>) -> Belief<D> {
        let covariance = self.transition.covariance(belief.covariance.clone());
        Belief { mean: self.transition.map(belief.mean.clone()), covariance }
    }

    fn filter(&self, value: Tensor<D>) -> Vec<FilterStep<D>> {
        let mut steps: Vec<FilterStep<D>> = Vec::with_capacity(self.steps);
        for t in 0..value.dims()[D - 2] {
            let before = match steps.last() {
                None => self.initial(),
                Some(last) => self.moved(&last.after),
            };
            steps.push(self.seen(before, value.clone().narrow(D - 2, t, 1)));
        }
        steps
    }

    /// What one observation says of the state, and its own log-density, for the gain `K = P Hᵀ (H P Hᵀ + R Rᵀ)⁻¹`.
    fn seen(&self, before: Belief<D>, value: Tensor<D>) -> FilterStep<D> {
        let h = self.observation.matrix.tensor();
        let l = unchecked_cholesky(self.observation.covariance(before.covariance.clone()));
        let off = value - self.observation.map(before.mean.clone());
        let z = solve_lower(l.clone(), transposed(off.clone()));
        let both = solve_lower(l.clone(), h.clone().matmul(before.covariance.clone()));
        let gain = transposed(solve_lower_transposed(l.clone(), both)); // K
        let mean = before.mean.clone() + off.matmul(transposed(gain.clone()));
        let errors = self.observation.errors();
        let covariance = after(before.covariance.clone(), gain, h, errors);
        let constant = l.dims()[D - 1] as f64 * HALF_LN_TWO_PI;
        let log_prob = z.square().sum_dim(D - 2) * -0.5 - log_det(l) * 0.5 - constant;
        FilterStep { before, after: Belief { mean, covariance }, log_prob }
    }
}

/// The state before and after an observation, whose log-density is `[.., 1, 1]`.
struct FilterStep<const D: usize> {
    before: Belief<D>,
    after: Belief<D>,
    log_prob: Tensor<D>,
}

fn moments<const D: usize>(beliefs: Vec<Belief<D>>) -> StateMoments<D> {
    let variance = beliefs.iter().map(|belief| transposed(diagonal(&belief.covariance))).collect();
    let mean = joined(beliefs.into_iter().map(|belief| belief.mean).collect(), D - 2);
    StateMoments { mean, variance: joined(variance, D - 2) }
}

impl<const D: usize> Distribution<D> for LinearGaussianStateSpace<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "LinearGaussianStateSpace"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        let factor = Domain::LowerCholesky;
        vec![
            Parameter::new("transition", &self.transition.matrix, Domain::Real),
            Parameter::new("transition_scale_tril", &self.transition.scale_tril, factor),
            Parameter::new("observation", &self.observation.matrix, Domain::Real),
            Parameter::new("observation_scale_tril", &self.observation.scale_tril, factor),
            Parameter::new("initial_mean", &self.initial_mean, Domain::Real),
            Parameter::new("initial_scale_tril", &self.initial_scale_tril, factor),
        ]
    }

    fn event_rank(&self) -> usize {
        2
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            transition: self.transition.with_tensors(map),
            observation: self.observation.with_tensors(map),
            initial_mean: self.initial_mean.with_tensors(map),
            initial_scale_tril: self.initial_scale_tril.with_tensors(map),
            ..self
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        let (mut state, mut seen) = (shape, shape);
        state[D - 1] = self.transition.matrix.dims()[D - 1];
        (state[D - 2], seen[D - 2]) = (1, 1);
        let start = LinearGaussian {
            matrix: self.transition.matrix.clone(),
            scale_tril: self.initial_scale_tril.clone(),
        };
        let zero = noise.place().zeros(state);
        let mut z = start.draw(zero, noise.normal(state)) + &self.initial_mean;
        let mut rows = vec![self.observation.draw(z.clone(), noise.normal(seen))];
        for _ in 1..self.steps {
            z = self.transition.draw(z, noise.normal(state));
            rows.push(self.observation.draw(z.clone(), noise.normal(seen)));
        }
        joined(rows, D - 2)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let steps = self.filter(value).into_iter().map(|step| step.log_prob);
        steps.reduce(|sum, log_prob| sum + log_prob).expect("a step at least")
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        let n = rows_of_square(self.name(), "transition", &self.transition.matrix)?;
        let last = |operand: &Operand<D>| [operand.dims()[D - 2], operand.dims()[D - 1]];
        let seen = self.observation.matrix.dims()[D - 2];
        let mean = last(&self.initial_mean);
        let fits = last(&self.transition.scale_tril) == [n, n]
            && last(&self.initial_scale_tril) == [n, n]
            && last(&self.observation.matrix) == [seen, n]
            && last(&self.observation.scale_tril) == [seen, seen]
            && mean[0] == 1
            && seen > 0
            && [1, n].contains(&mean[1]);
        if !fits {
            return Err(sizes_apart(self.name(), self.parameters()));
        }
        let mut shape = leading(self.name(), &self.parameters(), 2)?;
        shape[D - 1] = seen;
        with_steps(self.name(), shape, D - 2, self.steps)
    }

    fn outline(&self) -> [usize; D] {
        let mut shape = self.observation.matrix.dims();
        (shape[D - 2], shape[D - 1]) = (self.steps, shape[D - 2]);
        shape
    }
}

/// Of the observations.
impl<const D: usize> Moments<D> for LinearGaussianStateSpace<D> {
    fn mean(&self) -> Operand<D> {
        let means = self.prior().into_iter().map(|belief| self.observation.map(belief.mean));
        Operand::Tensor(joined(means.collect(), D - 2))
    }

    fn variance(&self) -> Operand<D> {
        let covariances =
            self.prior().into_iter().map(|b| self.observation.covariance(b.covariance));
        Operand::Tensor(joined(
            covariances.map(|covariance| transposed(diagonal(&covariance))).collect(),
            D - 2,
        ))
    }
}

impl<const D: usize> LinearGaussianStateSpace<D> {
    /// The state at each step before anything is seen.
    fn prior(&self) -> Vec<Belief<D>> {
        std::iter::successors(Some(self.initial()), |belief| Some(self.moved(belief)))
            .take(self.steps)
            .collect()
    }
}

/// At the mean the density has its normalizer alone.
impl<const D: usize> Entropy<D> for LinearGaussianStateSpace<D> {
    fn entropy(&self) -> Operand<D> {
        let mean = self.mean().tensor();
        let numbers = self.steps * mean.dims()[D - 1];
        Operand::Tensor(-self.log_prob(mean) + 0.5 * numbers as f64)
    }
}
