//! More bijections: of the line, of the positive numbers, and of bijections.

use std::f64::consts::LN_2;

use burn::tensor::Tensor;

use crate::operand::divided;
use crate::transforms::over_event;
use crate::{Support, Transform, log_sigmoid, log1mexp, log1p, softplus};

/// `x = log(1 + eᶻ)`, onto the positive numbers; `log |dx/dz| = log σ(z)`. It is `z` for large `z`, where
/// [`Exp`](crate::Exp) explodes.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Softplus, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.0]], &Device::flex());
/// let (x, log_det) = Softplus.forward_and_log_det(z);
/// assert_eq!(x.into_scalar::<f32>(), 2.0_f32.ln());
/// assert_eq!(log_det.into_scalar::<f32>(), 0.5_f32.ln());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softplus;

impl<const D: usize> Transform<D> for Softplus {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        (softplus(z.clone()), log_sigmoid(z))
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let lost = log1mexp(-x.clone()); // log(1 - e⁻ˣ), which is log σ(z)
        (x + lost.clone(), -lost)
    }

    fn codomain(&self, _: &[usize]) -> Option<Support> {
        Some(Support::Positive)
    }
}

/// `x = tanh z`, onto the numbers between -1 and 1; `log |dx/dz| = 2 (log 2 - z - log(1 + e⁻²ᶻ))`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Tanh, Transform};
///
/// let z = Tensor::<2>::from_floats([[0.0]], &Device::flex());
/// let (x, log_det) = Tanh.forward_and_log_det(z);
/// assert_eq!(x.into_scalar::<f32>(), 0.0);
/// assert!(log_det.into_scalar::<f32>().abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tanh;

impl<const D: usize> Transform<D> for Tanh {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let log_det = (z.clone() + softplus(z.clone() * -2.0) - LN_2) * -2.0;
        (z.tanh(), log_det)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let (above, below) = (log1p(x.clone()), log1p(-x));
        ((above.clone() - below.clone()) * 0.5, -above - below)
    }

    fn codomain(&self, _: &[usize]) -> Option<Support> {
        Some(Support::Interval { low: -1.0, high: 1.0 })
    }
}

/// `x = loc + scale z`, onto the real line; `log |dx/dz| = log |scale|`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Affine, Transform};
///
/// let z = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let (x, log_det) = Affine::new(1.0, -2.0).forward_and_log_det(z);
/// assert_eq!((x.into_scalar::<f32>(), log_det.into_scalar::<f32>()), (-5.0, 2.0_f32.ln()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    loc: f64,
    scale: f64,
}

impl Affine {
    /// The shift by `loc` after the scaling by `scale`, which is not 0.
    pub fn new(loc: f64, scale: f64) -> Self {
        Self { loc, scale }
    }
}

impl<const D: usize> Transform<D> for Affine {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let log_det = z.clone().inner().zeros_like() + self.scale.abs().ln();
        (z * self.scale + self.loc, log_det)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let log_det = x.clone().inner().zeros_like() - self.scale.abs().ln();
        (divided(x - self.loc, self.scale), log_det)
    }

    fn is_bijection(&self) -> bool {
        self.loc.is_finite() && self.scale.is_finite() && self.scale != 0.0
    }
}

/// `x = zᵖ`, of the positive numbers onto themselves; `log |dx/dz| = log |p| + (p - 1) log z`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Power, Transform};
///
/// let z = Tensor::<2>::from_floats([[4.0]], &Device::flex());
/// let (x, log_det) = Power::new(0.5).forward_and_log_det(z);
/// assert!((x.into_scalar::<f32>() - 2.0).abs() < 1e-6);
/// assert!((log_det.into_scalar::<f32>() - 0.25_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    exponent: f64,
}

impl Power {
    /// The power `exponent`, which is not 0.
    pub fn new(exponent: f64) -> Self {
        Self { exponent }
    }
}

impl<const D: usize> Transform<D> for Power {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let log = z.log();
        let log_det = log.clone() * (self.exponent - 1.0) + self.exponent.abs().ln();
        ((log * self.exponent).exp(), log_det)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        Self::new(self.exponent.recip()).forward_and_log_det(x)
    }

    fn domain(&self, _: &[usize]) -> Option<Support> {
        Some(Support::Positive)
    }

    fn codomain(&self, _: &[usize]) -> Option<Support> {
        Some(Support::Positive)
    }

    fn is_bijection(&self) -> bool {
        self.exponent.is_finite() && self.exponent != 0.0
    }
}

/// A bijection read backwards: `x = f⁻¹(z)`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Exp, Inverse, Transform};
///
/// let z = Tensor::<2>::from_floats([[1.0]], &Device::flex());
/// assert_eq!(Inverse(Exp).forward_and_log_det(z).0.into_scalar::<f32>(), 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inverse<T>(
    /// The bijection.
    pub T,
);

impl<T: Transform<D>, const D: usize> Transform<D> for Inverse<T> {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        self.0.inverse_and_log_det(z)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        self.0.forward_and_log_det(x)
    }

    fn event_rank(&self) -> usize {
        self.0.event_rank()
    }

    fn forward_shape(&self, shape: &[usize]) -> Vec<usize> {
        self.0.inverse_shape(shape)
    }

    fn inverse_shape(&self, shape: &[usize]) -> Vec<usize> {
        self.0.forward_shape(shape)
    }

    fn domain(&self, shape: &[usize]) -> Option<Support> {
        self.0.codomain(shape)
    }

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        self.0.domain(shape)
    }

    fn is_bijection(&self) -> bool {
        self.0.is_bijection()
    }
}

/// One bijection after another: `x = g(f(z))`; log-determinants add up.
///
/// # Shapes
/// An elementwise one beside one of vectors or matrices counts as one of those: its log-determinant is added up over
/// each event.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Affine, Chain, Exp, Transform};
///
/// let z = Tensor::<2>::from_floats([[3.0]], &Device::flex());
/// let chain = Chain(Affine::new(1.0, -0.5), Exp); // exp(1 - z/2)
/// let (x, log_det) = chain.forward_and_log_det(z);
/// assert!((x.into_scalar::<f32>() - (-0.5_f32).exp()).abs() < 1e-6);
/// assert!((log_det.into_scalar::<f32>() - (0.5_f32.ln() - 0.5)).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain<F, G>(
    /// The bijection that comes first.
    pub F,
    /// The one that comes after it.
    pub G,
);

impl<F, G> Chain<F, G> {
    /// The sum of the log-determinants of the first and of the second.
    fn both<const D: usize>(&self, first: Tensor<D>, second: Tensor<D>) -> Tensor<D>
    where
        F: Transform<D>,
        G: Transform<D>,
    {
        let (own, next) = (self.0.event_rank(), self.1.event_rank());
        let event = own.max(next);
        over_event(first, own, event) + over_event(second, next, event)
    }
}

impl<F: Transform<D>, G: Transform<D>, const D: usize> Transform<D> for Chain<F, G> {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let (y, first) = self.0.forward_and_log_det(z);
        let (x, second) = self.1.forward_and_log_det(y);
        (x, self.both(first, second))
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let (y, second) = self.1.inverse_and_log_det(x);
        let (z, first) = self.0.inverse_and_log_det(y);
        (z, self.both(first, second))
    }

    fn event_rank(&self) -> usize {
        self.0.event_rank().max(self.1.event_rank())
    }

    fn forward_shape(&self, shape: &[usize]) -> Vec<usize> {
        self.1.forward_shape(&self.0.forward_shape(shape))
    }

    fn inverse_shape(&self, shape: &[usize]) -> Vec<usize> {
        self.0.inverse_shape(&self.1.inverse_shape(shape))
    }

    /// Known if the first maps onto what the second maps.
    fn domain(&self, shape: &[usize]) -> Option<Support> {
        let between = self.0.forward_shape(shape);
        let meet = self.0.codomain(&between) == self.1.domain(&between);
        self.0.domain(shape).filter(|_| meet)
    }

    /// Likewise.
    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        let between = self.1.inverse_shape(shape);
        let meet = self.0.codomain(&between) == self.1.domain(&between);
        self.1.codomain(shape).filter(|_| meet)
    }

    fn is_bijection(&self) -> bool {
        self.0.is_bijection() && self.1.is_bijection()
    }
}
