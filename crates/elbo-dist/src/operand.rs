//! A parameter of a distribution: a number or a tensor.

use std::ops::{Add, Div, Mul, Neg, Sub};

use burn::tensor::{DType, Tensor};

use crate::tensor_map::Constants;
use crate::{TensorMap, digamma, digamma_scalar, lbeta, lbeta_scalar, lgamma, lgamma_scalar};

/// A parameter of a rank-`D` distribution: one number for all elements, or a tensor.
///
/// Numbers stay numbers: arithmetic on them happens on the host in double precision, and adding 0
/// or dividing by 1 costs nothing.
///
/// ```
/// use elbo_dist::Operand;
///
/// let scale = Operand::<2>::from(2.0);
/// assert!(matches!(scale.log() + 1.0, Operand::Scalar(x) if x == 2.0_f64.ln() + 1.0));
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a few an evaluation; a box would cost an allocation")]
pub enum Operand<const D: usize> {
    /// One number for all elements.
    Scalar(f64),
    /// A number an element, with axis 0 the particle axis.
    Tensor(Tensor<D>),
}

impl<const D: usize> Operand<D> {
    /// The shape; `[1, .., 1]` for a number.
    pub fn dims(&self) -> [usize; D] {
        match self {
            Self::Scalar(_) => [1; D],
            Self::Tensor(tensor) => tensor.dims(),
        }
    }

    /// The same value as a constant: no gradient flows into it.
    pub fn detach(self) -> Self {
        self.with_tensors(&mut Constants)
    }

    /// What `map` makes of it.
    pub fn with_tensors(self, map: &mut impl TensorMap) -> Self {
        match self {
            Self::Tensor(tensor) => Self::Tensor(map.map(tensor)),
            Self::Scalar(number) => map.number(number),
        }
    }

    /// The natural logarithm.
    pub fn log(&self) -> Self {
        self.map(f64::ln, Tensor::log)
    }

    /// The exponential.
    pub fn exp(&self) -> Self {
        self.map(f64::exp, Tensor::exp)
    }

    /// The square.
    pub fn square(&self) -> Self {
        self.map(|x| x * x, |x| x.square())
    }

    /// The square root.
    pub fn sqrt(&self) -> Self {
        self.map(f64::sqrt, Tensor::sqrt)
    }

    /// One over the value.
    pub fn recip(&self) -> Self {
        self.map(f64::recip, Tensor::recip)
    }

    /// `log Γ`; see [`lgamma`].
    pub fn lgamma(&self) -> Self {
        self.map(lgamma_scalar, lgamma)
    }

    /// `ψ`; see [`digamma`].
    pub fn digamma(&self) -> Self {
        self.map(digamma_scalar, digamma)
    }

    /// `log B(self, other)`; see [`lbeta`].
    pub fn lbeta(&self, other: &Self) -> Self {
        self.combine(other, lbeta_scalar, lbeta)
    }

    /// This value where `parameter` lies above `bound`, and `otherwise` elsewhere: a mean may exist for
    /// parameters above 1 only.
    pub(crate) fn where_above(&self, parameter: &Self, bound: f64, otherwise: f64) -> Self {
        match (self, parameter) {
            (_, Self::Scalar(x)) if *x > bound => self.clone(),
            (_, Self::Scalar(_)) => Self::Scalar(otherwise),
            (value, Self::Tensor(tensor)) => {
                let (value, below) = (value.on(tensor), tensor.clone().lower_equal_elem(bound));
                let zero = tensor.clone().inner().zeros_like();
                let value = value + zero; // of the shape of both
                let below = below.expand(value.dims());
                Self::Tensor(value.mask_fill(below, otherwise))
            }
        }
    }

    /// Applies `on_number` or `on_tensor`, which must be the same function.
    pub fn map(
        &self,
        on_number: impl FnOnce(f64) -> f64,
        on_tensor: impl FnOnce(Tensor<D>) -> Tensor<D>,
    ) -> Self {
        match self {
            Self::Scalar(x) => Self::Scalar(on_number(*x)),
            Self::Tensor(tensor) => Self::Tensor(on_tensor(tensor.clone())),
        }
    }

    /// Applies `on_numbers` or `on_tensors`, which must be the same function, to two operands.
    pub fn combine(
        &self,
        other: &Self,
        on_numbers: impl FnOnce(f64, f64) -> f64,
        on_tensors: impl FnOnce(Tensor<D>, Tensor<D>) -> Tensor<D>,
    ) -> Self {
        match (self, other) {
            (Self::Scalar(x), Self::Scalar(y)) => Self::Scalar(on_numbers(*x, *y)),
            (Self::Tensor(x), y) => Self::Tensor(on_tensors(x.clone(), y.on(x))),
            (x, Self::Tensor(y)) => Self::Tensor(on_tensors(x.on(y), y.clone())),
        }
    }

    /// The tensor of an operand that was made from one.
    pub(crate) fn tensor(&self) -> Tensor<D> {
        match self {
            Self::Tensor(tensor) => tensor.clone(),
            Self::Scalar(_) => unreachable!("made from a tensor"),
        }
    }

    /// The values on the host, in row-major order of `shape`, which they broadcast to.
    pub(crate) fn to_host(&self, shape: [usize; D]) -> Vec<f64> {
        match self {
            Self::Scalar(x) => vec![*x; shape.iter().product()],
            Self::Tensor(tensor) => {
                let tensor = tensor.clone().inner();
                let filled = if tensor.dims() == shape { tensor } else { tensor.expand(shape) };
                filled.into_data().iter::<f64>().collect()
            }
        }
    }

    /// A tensor of this value that can be combined with `like`.
    pub fn on(&self, like: &Tensor<D>) -> Tensor<D> {
        match self {
            Self::Scalar(x) => Tensor::full([1; D], *x, (&like.device().inner(), like.dtype())),
            Self::Tensor(tensor) => tensor.clone(),
        }
    }
}

impl<const D: usize> From<f64> for Operand<D> {
    fn from(number: f64) -> Self {
        Self::Scalar(number)
    }
}

impl<const D: usize> From<Tensor<D>> for Operand<D> {
    fn from(tensor: Tensor<D>) -> Self {
        Self::Tensor(tensor)
    }
}

impl<const D: usize> From<&Tensor<D>> for Operand<D> {
    fn from(tensor: &Tensor<D>) -> Self {
        Self::Tensor(tensor.clone())
    }
}

/// `$op` between a tensor and an operand, and between an operand and a number; a number equal to
/// `$neutral` on the right leaves the tensor as it is.
macro_rules! arithmetic {
    ($trait:ident, $op:ident, $on_scalar:expr, $neutral:expr) => {
        impl<const D: usize> $trait<&Operand<D>> for Tensor<D> {
            type Output = Tensor<D>;

            fn $op(self, operand: &Operand<D>) -> Tensor<D> {
                match operand {
                    Operand::Scalar(x) if *x == $neutral => self,
                    Operand::Scalar(x) => $on_scalar(self, *x),
                    Operand::Tensor(tensor) => Tensor::$op(self, tensor.clone()),
                }
            }
        }

        impl<const D: usize> $trait<f64> for Operand<D> {
            type Output = Operand<D>;

            fn $op(self, number: f64) -> Operand<D> {
                match self {
                    Operand::Scalar(x) => Operand::Scalar($trait::$op(x, number)),
                    Operand::Tensor(tensor) => Operand::Tensor($on_scalar(tensor, number)),
                }
            }
        }

        impl<const D: usize> $trait<Operand<D>> for Operand<D> {
            type Output = Operand<D>;

            fn $op(self, other: Operand<D>) -> Operand<D> {
                $trait::$op(self, &other)
            }
        }

        impl<const D: usize> $trait<&Operand<D>> for Operand<D> {
            type Output = Operand<D>;

            fn $op(self, other: &Operand<D>) -> Operand<D> {
                match (self, other) {
                    (Operand::Scalar(x), Operand::Scalar(y)) => Operand::Scalar($trait::$op(x, *y)),
                    (Operand::Tensor(x), y) => Operand::Tensor($trait::$op(x, y)),
                    (x, Operand::Tensor(y)) => Operand::Tensor(x.on(y).$op(y.clone())),
                }
            }
        }
    };
}

arithmetic!(Add, add, Tensor::add_scalar, 0.0);
arithmetic!(Sub, sub, Tensor::sub_scalar, 0.0);
arithmetic!(Mul, mul, Tensor::mul_scalar, 1.0);
arithmetic!(Div, div, divided, 1.0);

/// `x / number`. Burn's own rounds the number to single precision in the gradient, so in double precision a
/// tracked tensor is divided by a tensor.
pub(crate) fn divided<const D: usize>(x: Tensor<D>, number: f64) -> Tensor<D> {
    match x.dtype() {
        DType::F64 if x.is_tracked() => {
            let number = Operand::Scalar(number).on(&x);
            x / number
        }
        _ => x.div_scalar(number),
    }
}

impl<const D: usize> Neg for Operand<D> {
    type Output = Operand<D>;

    fn neg(self) -> Operand<D> {
        self * -1.0
    }
}
