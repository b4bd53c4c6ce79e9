//! What is known of a distribution in closed form.

use burn::tensor::Tensor;

use crate::{Distribution, Operand};

/// A distribution whose mean and variance are known.
///
/// ```
/// use elbo_dist::{Gamma, Moments, Operand};
///
/// let gamma = Gamma::<2>::new(3.0, 2.0);
/// assert!(matches!(gamma.mean(), Operand::Scalar(1.5)));
/// assert!(matches!(gamma.variance(), Operand::Scalar(0.75)));
/// ```
pub trait Moments<const D: usize>: Distribution<D> {
    /// The mean of each element: NaN where there is none, infinite where it is.
    fn mean(&self) -> Operand<D>;

    /// The variance of each element: NaN where there is none, infinite where it is.
    fn variance(&self) -> Operand<D>;
}

/// A distribution whose entropy `-E[log p(x)]` is known, in nats.
///
/// ```
/// use elbo_dist::{Entropy, Exponential, Operand};
///
/// let wait = Exponential::<2>::new(1.0);
/// assert!(matches!(wait.entropy(), Operand::Scalar(1.0)));
/// ```
pub trait Entropy<const D: usize>: Distribution<D> {
    /// The entropy of each event, of the shape of a log-probability.
    fn entropy(&self) -> Operand<D>;
}

/// A distribution of numbers whose distribution function is known.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Cdf, Exponential};
///
/// let x = Tensor::<2>::from_floats([[2.0_f32.ln()]], &Device::flex());
/// assert!((Exponential::new(1.0).cdf(x).into_scalar::<f32>() - 0.5).abs() < 1e-6);
/// ```
pub trait Cdf<const D: usize>: Distribution<D> {
    /// `P(X ≤ value)`, elementwise, for any real `value`.
    fn cdf(&self, value: Tensor<D>) -> Tensor<D>;

    /// The survival function `P(X > value)`, to full precision in the upper tail where it has a form of its
    /// own there; else `1 - P(X ≤ value)`, which is right to rounding errors of 1.
    fn sf(&self, value: Tensor<D>) -> Tensor<D> {
        -self.cdf(value) + 1.0
    }

    /// `log P(X ≤ value)`, where it has a form of its own right even where the probability underflows.
    fn log_cdf(&self, value: Tensor<D>) -> Tensor<D> {
        log_probability(self.cdf(value))
    }

    /// `log P(X > value)`, likewise.
    fn log_sf(&self, value: Tensor<D>) -> Tensor<D> {
        log_probability(self.sf(value))
    }
}

/// A distribution of numbers whose quantile function is known.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Exponential, Quantile};
///
/// let p = Tensor::<2>::from_floats([[0.5]], &Device::flex());
/// let median: f32 = Exponential::new(1.0).icdf(p).into_scalar();
/// assert!((median - 2.0_f32.ln()).abs() < 1e-6);
/// ```
pub trait Quantile<const D: usize>: Cdf<D> {
    /// The value with probability `p` below it, elementwise; NaN for `p` outside `[0, 1]`.
    fn icdf(&self, p: Tensor<D>) -> Tensor<D>;

    /// The value with probability `p` above it, to full precision for small `p` where it has a form of its own; else
    /// `icdf(1 - p)`.
    fn isf(&self, p: Tensor<D>) -> Tensor<D> {
        self.icdf(-p + 1.0)
    }
}

/// `f` of positive numbers, and `otherwise` from 0 down.
pub(crate) fn from_zero<const D: usize>(
    value: Tensor<D>,
    otherwise: f64,
    f: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let below = value.clone().inner().lower_equal_elem(0.0);
    let result = f(value.mask_fill(below.clone(), 1.0));
    let below = below.expand(result.dims());
    result.mask_fill(below, otherwise)
}

/// `f` of counts, the whole part of numbers from 0 on, and `otherwise` below 0.
pub(crate) fn from_count<const D: usize>(
    value: Tensor<D>,
    otherwise: f64,
    f: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    let count = value.floor();
    let below = count.clone().lower_elem(0.0);
    let result = f(count.clamp_min(0.0));
    let below = below.expand(result.dims());
    result.mask_fill(below, otherwise)
}

/// `log p`, without a slope where that is infinite.
fn log_probability<const D: usize>(p: Tensor<D>) -> Tensor<D> {
    let never = p.clone().lower_equal_elem(0.0);
    p.mask_fill(never.clone(), 1.0).log().mask_fill(never, f64::NEG_INFINITY)
}

/// `p`, or NaN where it is no probability.
pub(crate) fn probability<const D: usize>(p: Tensor<D>) -> Tensor<D> {
    let outside = p.clone().lower_elem(0.0).bool_or(p.clone().greater_elem(1.0));
    p.mask_fill(outside, f64::NAN)
}
