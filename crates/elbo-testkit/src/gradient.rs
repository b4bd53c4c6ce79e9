use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::assert_close;

/// Asserts that Burn's gradient of `f` at `at` agrees with central differences, in double
/// precision, to 1e-7 of each entry plus 1e-8.
///
/// `f` maps a tensor of `shape` to one number; `device` computes it, and need not be an autodiff
/// one.
///
/// ```
/// use burn::tensor::Device;
///
/// elbo_testkit::assert_gradient(&Device::flex(), [1, 2], &[0.5, 3.0], |x| x.exp().sum());
/// ```
///
/// # Panics
/// If they do not agree.
#[track_caller]
pub fn assert_gradient<const D: usize>(
    device: &Device,
    shape: [usize; D],
    at: &[f64],
    f: impl Fn(Tensor<D>) -> Tensor<1>,
) {
    let expected = central_differences(device, shape, at, &f);
    assert_close(&autodiff_gradient(device, shape, at, f), &expected, 1e-7, 1e-8);
}

/// The gradient of `f` at `at` by Burn's autodiff, in double precision and row-major order; zeros
/// if `f` does not depend on its argument.
///
/// ```
/// use burn::tensor::Device;
///
/// let gradient = elbo_testkit::autodiff_gradient(&Device::flex(), [2], &[1.0, 3.0], |x| {
///     x.square().sum()
/// });
/// assert_eq!(gradient, [2.0, 6.0]);
/// ```
pub fn autodiff_gradient<const D: usize>(
    device: &Device,
    shape: [usize; D],
    at: &[f64],
    f: impl Fn(Tensor<D>) -> Tensor<1>,
) -> Vec<f64> {
    let x = tensor(&device.clone().autodiff(), shape, at.to_vec()).require_grad();
    let y = f(x.clone());
    if !y.is_tracked() {
        return vec![0.0; at.len()];
    }
    let gradient = x.grad(&y.backward());
    gradient.map_or_else(|| vec![0.0; at.len()], |g| g.into_data().iter::<f64>().collect())
}

/// `(8 (f(x + h eᵢ) - f(x - h eᵢ)) - (f(x + 2h eᵢ) - f(x - 2h eᵢ))) / 12h` for every `i`, with `h`
/// about `∛ε |xᵢ|` (`∛ε` at 0).
///
/// Rounding costs about 1e-10 of `f(x) / xᵢ`; truncation, of order `h⁴`, less wherever `f` varies
/// over more than a thousandth of `xᵢ`. `h` is a power of 2, so that `x ± h` is exact.
///
/// ```
/// use burn::tensor::Device;
///
/// let slope = elbo_testkit::central_differences(&Device::flex(), [1], &[2.0], |x| x.log().sum());
/// assert!((slope[0] - 0.5).abs() < 1e-9);
/// ```
///
/// # References
/// Abramowitz & Stegun (1964), 25.3.6.
pub fn central_differences<const D: usize>(
    device: &Device,
    shape: [usize; D],
    at: &[f64],
    f: impl Fn(Tensor<D>) -> Tensor<1>,
) -> Vec<f64> {
    let device = device.clone().inner();
    slopes(|moved| f(tensor(&device, shape, moved.to_vec())).into_scalar(), at)
}

/// [`central_differences`] of a function of numbers.
///
/// ```
/// let slopes = elbo_testkit::slopes(|x| x[0] * x[1].exp(), &[2.0, 0.0]);
/// assert!((slopes[0] - 1.0).abs() < 1e-9 && (slopes[1] - 2.0).abs() < 1e-9);
/// ```
pub fn slopes(f: impl Fn(&[f64]) -> f64, at: &[f64]) -> Vec<f64> {
    let value_at = |i: usize, x: f64| -> f64 {
        let mut moved = at.to_vec();
        moved[i] = x;
        f(&moved)
    };
    let slope = |(i, &x): (usize, &f64)| {
        let scale = if x == 0.0 { 1.0 } else { x.abs().log2().floor().exp2() };
        let h = scale * 2.0_f64.powi(-17);
        let difference = |step: f64| value_at(i, x + step) - value_at(i, x - step);
        (8.0 * difference(h) - difference(2.0 * h)) / (12.0 * h)
    };
    at.iter().enumerate().map(slope).collect()
}

fn tensor<const D: usize>(device: &Device, shape: [usize; D], values: Vec<f64>) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), (device, DType::F64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "1 of 2 elements differ")]
    fn a_wrong_gradient_is_found() {
        let device = Device::flex();
        let second_only = tensor(&device, [2], vec![0.0, 1.0]);
        assert_gradient(&device, [2], &[1.0, 2.0], |x| {
            let stopped = x.clone().inner() * second_only.clone();
            (x + stopped).sum()
        });
    }

    #[test]
    fn a_constant_has_gradient_zero() {
        let gradient = autodiff_gradient(&Device::flex(), [2], &[1.0, 2.0], |x| x.inner().sum());
        assert_eq!(gradient, [0.0, 0.0]);
    }
}
