//! Linear recurrences along a series.

use burn::tensor::Tensor;

/// `xₜ = uₜ + a xₜ₋₁` from `x₀ = 0` on, in `log T` steps over the whole series: after a step that reaches `k`
/// back, each `xₜ` is the sum of the last `2 k` terms of `Σᵢ aⁱ uₜ₋ᵢ`.
///
/// # Shapes
/// `u` and the result are `[S, T]`, `a` is `[S, 1]`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let u = Tensor::from_floats([[1.0, 0.0, 4.0]], &device);
/// let x = posteriors::recurrence(u, Tensor::from_floats([[0.5]], &device));
/// assert_eq!(x.into_data().try_to_vec::<f32>().unwrap(), [1.0, 0.5, 4.25]);
/// ```
pub fn recurrence(u: Tensor<2>, a: Tensor<2>) -> Tensor<2> {
    let (mut x, mut power, mut reach) = (u, a, 1);
    while reach < x.dims()[1] {
        // Multiplied before it is moved, so that a power that overflows meets no 0.
        let past = x.clone() * power.clone();
        x = x + later(past, reach);
        power = power.square();
        reach *= 2;
    }
    x
}

/// The series `k` steps later, with 0 before it.
pub(crate) fn later(x: Tensor<2>, k: usize) -> Tensor<2> {
    let [s, steps] = x.dims();
    let start = Tensor::zeros([s, k], (&x.device().inner(), x.dtype()));
    Tensor::cat(vec![start, x.narrow(1, 0, steps - k)], 1)
}
