//! Bijections of each element from the real line, with their log-determinants.

use burn::tensor::Tensor;

use crate::operand::divided;
use crate::special::log_odds;
use crate::{Support, Transform, sigmoid, softplus};

/// `x = z`, onto the real line; `log |dx/dz| = 0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identity;

impl<const D: usize> Transform<D> for Identity {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let zero = z.clone().inner().zeros_like();
        (z, zero)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        self.forward_and_log_det(x)
    }
}

/// `x = exp z`, onto the positive numbers; `log |dx/dz| = z`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Exp, Transform};
///
/// let z = Tensor::<2>::from_floats([[2.0]], &Device::flex());
/// let (x, log_det) = Exp.forward_and_log_det(z);
/// assert!((x.into_scalar::<f32>() - 7.389_056).abs() < 1e-5);
/// assert_eq!(log_det.into_scalar::<f32>(), 2.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exp;

impl<const D: usize> Transform<D> for Exp {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        (z.clone().exp(), z)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let z = x.log();
        (z.clone(), -z)
    }

    fn codomain(&self, _: &[usize]) -> Option<Support> {
        Some(Support::Positive)
    }
}

/// `x = low + exp z`, onto the numbers above `low`; `log |dx/dz| = z`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Above, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.0]], &Device::flex());
/// let (x, log_det) = Above::new(3.0).forward_and_log_det(z);
/// assert_eq!((x.into_scalar::<f32>(), log_det.into_scalar::<f32>()), (4.0, 0.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Above {
    low: f64,
}

impl Above {
    /// The numbers above `low`.
    pub fn new(low: f64) -> Self {
        Self { low }
    }
}

impl<const D: usize> Transform<D> for Above {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let (x, log_det) = Exp.forward_and_log_det(z);
        (x + self.low, log_det)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        Exp.inverse_and_log_det(x - self.low)
    }

    fn codomain(&self, _: &[usize]) -> Option<Support> {
        Some(Support::AtLeast { low: self.low })
    }

    fn is_bijection(&self) -> bool {
        self.low.is_finite()
    }
}

/// `x = high - exp z`, onto the numbers below `high`; `log |dx/dz| = z`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Below, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.0]], &Device::flex());
/// let (x, log_det) = Below::new(3.0).forward_and_log_det(z);
/// assert_eq!((x.into_scalar::<f32>(), log_det.into_scalar::<f32>()), (2.0, 0.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Below {
    high: f64,
}

impl Below {
    /// The numbers below `high`.
    pub fn new(high: f64) -> Self {
        Self { high }
    }
}

impl<const D: usize> Transform<D> for Below {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let (x, log_det) = Exp.forward_and_log_det(z);
        (-x + self.high, log_det)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        Exp.inverse_and_log_det(-x + self.high)
    }

    fn codomain(&self, _: &[usize]) -> Option<Support> {
        Some(Support::AtMost { high: self.high })
    }

    fn is_bijection(&self) -> bool {
        self.high.is_finite()
    }
}

/// `x = low + (high - low) σ(z)`, onto an interval;
/// `log |dx/dz| = log(high - low) + z - 2 log(1 + eᶻ)`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Interval, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.0]], &Device::flex());
/// let (x, log_det) = Interval::new(-1.0, 3.0).forward_and_log_det(z);
/// assert_eq!(x.into_scalar::<f32>(), 1.0);
/// assert!(log_det.into_scalar::<f32>().abs() < 1e-6); // log(4 · ½ · ½)
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    /// The interval from `low` to `high`.
    pub fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    fn log_det<const D: usize>(&self, z: Tensor<D>) -> Tensor<D> {
        z.clone() - softplus(z) * 2.0 + (self.high - self.low).ln()
    }
}

impl<const D: usize> Transform<D> for Interval {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let x = sigmoid(z.clone()) * (self.high - self.low) + self.low;
        (x, self.log_det(z))
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let unit = divided(x - self.low, self.high - self.low);
        let z = log_odds(unit);
        let log_det = -self.log_det(z.clone());
        (z, log_det)
    }

    fn codomain(&self, _: &[usize]) -> Option<Support> {
        Some(match (self.low, self.high) {
            (0.0, 1.0) => Support::UnitInterval,
            (low, high) => Support::Interval { low, high },
        })
    }

    fn is_bijection(&self) -> bool {
        self.low < self.high && (self.high - self.low).is_finite()
    }
}
