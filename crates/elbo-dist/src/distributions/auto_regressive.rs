use burn::tensor::{Float, Tensor};

use crate::distributions::Normal;
use crate::distributions::gaussian_random_walk::lagged;
use crate::shape::{joined, leading, one_an_event, with_steps};
use crate::{
    DistError, Distribution, Domain, Entropy, HALF_LN_TWO_PI, Moments, Noise, Operand, Parameter,
    Support, TensorMap,
};

/// `T` steps of a series that is linear in its last `p` values: `xₜ ~ N(c + Σₖ φₖ xₜ₋ₖ, σ²)` for
/// `k = 1, .., p`, with 0 before the first step.
///
/// `log p(x) = Σₜ log N(xₜ; c + Σₖ φₖ xₜ₋ₖ, σ²)`
///
/// # Shapes
/// `coefficients` is `[.., p]`, `scale` and `intercept` are `[.., 1]`; values are `[.., T]`, and `log_prob`
/// is `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{AutoRegressive, Distribution};
///
/// let device = Device::flex();
/// let half = Tensor::<2>::from_floats([[0.5]], &device);
/// let x = Tensor::<2>::from_floats([[2.0, 2.0, 0.0]], &device);
/// let log_prob: f32 = AutoRegressive::new(half, 1.0, 3).log_prob(x).into_scalar();
/// assert!((log_prob + 3.0 + 3.0 * 0.918_938_5).abs() < 1e-6); // off by 2, 1 and -1
/// ```
///
/// # References
/// Box, Jenkins, Reinsel & Ljung (2015), *Time Series Analysis*, section 3.2.
#[derive(Clone, Debug)]
pub struct AutoRegressive<const D: usize> {
    coefficients: Operand<D>,
    intercept: Operand<D>,
    scale: Operand<D>,
    steps: usize,
}

impl<const D: usize> AutoRegressive<D> {
    /// `steps` steps with the coefficients of the last value, of the one before it, and so on, and with
    /// normal errors of deviation `scale > 0`.
    pub fn new(coefficients: Tensor<D>, scale: impl Into<Operand<D>>, steps: usize) -> Self {
        let coefficients = Operand::Tensor(coefficients);
        Self { coefficients, intercept: Operand::Scalar(0.0), scale: scale.into(), steps }
    }

    /// With the constant `c` added at each step.
    pub fn with_intercept(self, intercept: impl Into<Operand<D>>) -> Self {
        Self { intercept: intercept.into(), ..self }
    }

    /// `φ₁, φ₂, ..`
    fn each_coefficient(&self) -> impl Iterator<Item = (usize, Tensor<D>)> {
        let all = self.coefficients.tensor();
        (0..all.dims()[D - 1]).map(move |k| (k, all.clone().narrow(D - 1, k, 1)))
    }

    /// The series that `errors`, one a step, drive.
    fn driven(&self, errors: Tensor<D>) -> Tensor<D> {
        let coefficients: Vec<_> = self.each_coefficient().map(|(_, phi)| phi).collect();
        let mut series: Vec<Tensor<D>> = Vec::with_capacity(self.steps);
        for t in 0..self.steps {
            let past = series.iter().rev().zip(&coefficients);
            let error = errors.clone().narrow(D - 1, t, 1);
            series.push(past.fold(error, |sum, (x, phi)| x.clone() * phi.clone() + sum));
        }
        joined(series, D - 1)
    }

    /// `value` at the first step, or at all, on the place of the coefficients.
    fn steps_of(&self, value: impl Fn(usize) -> f64) -> Tensor<D> {
        let mut shape = [1; D];
        shape[D - 1] = self.steps;
        let values = (0..self.steps).map(value).collect();
        crate::place::constant_like(&self.coefficients.tensor(), values, shape)
    }
}

impl<const D: usize> Distribution<D> for AutoRegressive<D> {
    type Kind = Float;
    const REPARAMETERIZED: bool = true;

    fn name(&self) -> &'static str {
        "AutoRegressive"
    }

    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::new("coefficients", &self.coefficients, Domain::Real),
            Parameter::new("intercept", &self.intercept, Domain::Real),
            Parameter::new("scale", &self.scale, Domain::Positive),
        ]
    }

    fn event_rank(&self) -> usize {
        1
    }

    fn support(&self) -> Support {
        Support::Real
    }

    fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        Self {
            coefficients: self.coefficients.with_tensors(map),
            intercept: self.intercept.with_tensors(map),
            scale: self.scale.with_tensors(map),
            ..self
        }
    }

    fn draw(&self, shape: [usize; D], noise: &mut Noise) -> Tensor<D> {
        self.driven(noise.normal(shape) * &self.scale + &self.intercept)
    }

    fn log_prob(&self, value: Tensor<D>) -> Tensor<D> {
        let past = self.each_coefficient().map(|(k, phi)| lagged(value.clone(), k + 1) * phi);
        let error = past.fold(value.clone() - &self.intercept, |rest, part| rest - part);
        Normal::new(0.0, self.scale.clone()).log_prob(error).sum_dim(D - 1)
    }

    fn shape(&self) -> Result<[usize; D], DistError> {
        one_an_event(self.name(), "intercept", &self.intercept, 1)?;
        one_an_event(self.name(), "scale", &self.scale, 1)?;
        with_steps(self.name(), leading(self.name(), &self.parameters(), 1)?, D - 1, self.steps)
    }

    fn outline(&self) -> [usize; D] {
        let mut shape = self.coefficients.dims();
        shape[D - 1] = self.steps;
        shape
    }
}

impl<const D: usize> Moments<D> for AutoRegressive<D> {
    /// The series without errors.
    fn mean(&self) -> Operand<D> {
        Operand::Tensor(self.driven(self.steps_of(|_| 1.0) * &self.intercept))
    }

    /// `σ² Σ ψₛ²` over `s < t`, of what one error at the first step drives.
    fn variance(&self) -> Operand<D> {
        let response = self.driven(self.steps_of(|t| if t == 0 { 1.0 } else { 0.0 }));
        Operand::Tensor(response.square().cumsum(D - 1)) * self.scale.square()
    }
}

impl<const D: usize> Entropy<D> for AutoRegressive<D> {
    fn entropy(&self) -> Operand<D> {
        (self.scale.log() + HALF_LN_TWO_PI + 0.5) * self.steps as f64
    }
}
