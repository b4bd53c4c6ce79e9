//! Adam in one pass over each parameter.

use burn::optim::{Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{DType, Device, Tensor, TensorData};
use elbo_dist::{Elementwise, one_pass_over};

use crate::InferError;
use crate::renyi::setting;

/// Adam (Kingma & Ba 2015), which reads and writes each parameter once a step on `flex` in single precision.
///
/// `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`, `θ ← θ - λ m̂ / (√v̂ + ε)`, with `m̂ = m / (1 - β₁ᵗ)` and `v̂ = v / (1 - β₂ᵗ)`
///
/// It computes in the precision of the parameters, in which its state is saved and loaded; `β m + (1 - β) g` is `m + (1 - β) (g - m)`,
/// so that the rounding of `β` costs nothing.
///
/// # Example
/// ```
/// use burn::module::Param;
/// use burn::optim::{GradientsParams, ModuleOptimizer};
/// use burn::tensor::{Device, Tensor};
/// use elbo_infer::Adam;
///
/// let device = Device::flex().autodiff();
/// let x = Param::from_tensor(Tensor::<1>::from_floats([3.0, -2.0], &device));
/// let gradients = (x.val() * 5.0).sum().backward();
/// let gradients = GradientsParams::from_grads(gradients, &x);
/// let x = ModuleOptimizer::from(Adam::new()).step(0.1, x, gradients);
/// // The first step has the length of the learning rate, whatever the gradient.
/// let moved = x.val().into_data().try_to_vec::<f32>().unwrap();
/// assert!((moved[0] - 2.9).abs() < 1e-6 && (moved[1] + 2.1).abs() < 1e-6);
/// ```
///
/// # References
/// Kingma & Ba (2015), *Adam: a method for stochastic optimization*, algorithm 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 }
    }
}

impl Adam {
    /// `β₁ = 0.9`, `β₂ = 0.999` and `ε = 1e-8`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The decay of the means of gradients and of their squares.
    ///
    /// # Errors
    /// [`InferError::Setting`] for one that is not from 0 to below 1.
    pub fn with_betas(self, beta_1: f64, beta_2: f64) -> Result<Self, InferError> {
        for (name, beta) in [("beta_1", beta_1), ("beta_2", beta_2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(setting("Adam", name, beta, "from 0 to below 1"));
            }
        }
        Ok(Self { beta_1, beta_2, ..self })
    }

    /// What is added to the root of the mean square.
    ///
    /// # Errors
    /// [`InferError::Setting`] for one that is not from 1.2e-38, the least number of single precision, to 3.4e38.
    pub fn with_epsilon(self, epsilon: f64) -> Result<Self, InferError> {
        match (f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&epsilon) {
            true => Ok(Self { epsilon, ..self }),
            false => Err(setting("Adam", "epsilon", epsilon, "from 1.2e-38 to 3.4e38")),
        }
    }

    /// The numbers of the step `time`, from 1 on, at a learning rate.
    fn at(&self, time: u64, rate: f64) -> Step<f64> {
        let left = |beta: f64| -(beta.ln() * time as f64).exp_m1(); // 1 - βᵗ
        Step {
            new: [1.0 - self.beta_1, 1.0 - self.beta_2],
            rate: rate / left(self.beta_1),
            root: left(self.beta_2).sqrt().recip(),
            epsilon: self.epsilon,
        }
    }
}

/// What the moments of a parameter are between steps.
#[derive(Clone, Debug)]
pub struct AdamState<const D: usize> {
    time: u64,
    first: Moment<D>,
    second: Moment<D>,
}

/// A moment, which lies on no device until the first step after it was loaded: Burn names the device of a record by what is
/// compiled in.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "two a parameter; a box would cost an allocation")]
enum Moment<const D: usize> {
    Loaded(TensorData),
    Tensor(Tensor<D>),
}

impl<const D: usize> Moment<D> {
    fn beside(self, theta: &Tensor<D>) -> Tensor<D> {
        match self {
            Self::Loaded(data) => Tensor::from_data(data, (&theta.device(), theta.dtype())),
            Self::Tensor(tensor) => tensor,
        }
    }

    fn into_data(self) -> TensorData {
        match self {
            Self::Loaded(data) => data,
            Self::Tensor(tensor) => tensor.into_data(),
        }
    }
}

/// The largest number: beyond it a mean square would be infinite, and the next one no number.
fn most(dtype: DType) -> f64 {
    if dtype == DType::F64 { f64::MAX } else { f32::MAX.into() }
}

/// The numbers of one step.
#[derive(Clone, Copy)]
struct Step<T> {
    /// `1 - β₁` and `1 - β₂`
    new: [T; 2],
    /// `λ / (1 - β₁ᵗ)`
    rate: T,
    /// `1 / √(1 - β₂ᵗ)`
    root: T,
    epsilon: T,
}

impl Step<f64> {
    /// The parameter and its moments after the step.
    fn taken<const D: usize>(self, state: [Tensor<D>; 3], gradient: Tensor<D>) -> [Tensor<D>; 3] {
        one_pass_over(state, [(&gradient).into()], self.single()).unwrap_or_else(|state| {
            let Self { new: [new_1, new_2], rate, root, epsilon } = self;
            let [theta, first, second] = state;
            let first = first.clone() + (gradient.clone() - first) * new_1;
            let kept = second.clone() - second * new_2;
            let second = kept + gradient.clone() * new_2 * gradient;
            let second = second.clamp_max(most(theta.dtype()));
            let change = first.clone() * rate / (second.clone().sqrt() * root + epsilon);
            [theta - change, first, second]
        })
    }

    fn single(self) -> Step<f32> {
        let Self { new, rate, root, epsilon } = self;
        let new = new.map(|new| new as f32);
        Step { new, rate: rate as f32, root: root as f32, epsilon: epsilon as f32 }
    }
}

impl Elementwise<4, 3> for Step<f32> {
    type Number = f32;

    #[inline(always)]
    fn at(&self, [theta, first, second, gradient]: [f32; 4]) -> [f32; 3] {
        let Self { new: [new_1, new_2], rate, root, epsilon } = *self;
        let first = first + (gradient - first) * new_1;
        // The square of a gradient may be too large where its share is not.
        let second = (second - second * new_2 + gradient * new_2 * gradient).min(f32::MAX);
        [theta - first * rate / (second.sqrt() * root + epsilon), first, second]
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        rate: f64,
        theta: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let (time, moments) = match state {
            Some(AdamState { time, first, second }) => {
                (time, [first, second].map(|moment| moment.beside(&theta)))
            }
            None => (0, [theta.zeros_like(), theta.zeros_like()]),
        };
        let [first, second] = moments;
        let step = self.at(time + 1, rate);
        let [theta, first, second] = step.taken([theta, first, second], gradient);
        let [first, second] = [first, second].map(Moment::Tensor);
        (theta, Some(AdamState { time: time + 1, first, second }))
    }

    fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
        let AdamState { time, first, second } = state;
        let [first, second] = [first, second].map(|moment| match moment {
            Moment::Tensor(tensor) => Moment::Tensor(tensor.to_device(device)),
            loaded => loaded,
        });
        AdamState { time, first, second }
    }
}

impl<const D: usize> RecordState for AdamState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "time", self.time.into());
        out.push_tensor(prefix, "first", self.first.clone().into_data());
        out.push_tensor(prefix, "second", self.second.clone().into_data());
    }

    fn state_unflatten(prefix: &str, src: &mut StateSource, _: &Device) -> Option<Self> {
        let time = src.take_scalar(prefix, "time")?.try_into().ok()?;
        let mut moment = |name| Some(Moment::Loaded(src.take_tensor(prefix, name)?));
        Some(Self { time, first: moment("first")?, second: moment("second")? })
    }
}
