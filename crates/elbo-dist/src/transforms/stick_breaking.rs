//! The simplex as broken sticks.

use burn::tensor::Tensor;

use crate::place::constant_like;
use crate::transforms::triangle::{length, sums};
use crate::{Support, Transform, softplus};

/// The bijection onto the simplex by stick breaking: each number breaks a part off what is left of a stick of length 1.
///
/// `xₖ = rₖ σ(aₖ)` with `aₖ = zₖ - log(K - k)` and `rₖ = Π_{j<k} (1 - σ(aⱼ))`, the rest of the stick, for
/// `k = 1, .., K - 1`; `x_K` is what is left at last. `z = 0` breaks it into equal parts.
/// `log |dx/dz| = Σₖ (log rₖ + log σ(aₖ) + log(1 - σ(aₖ)))`
///
/// # Shapes
/// `z` is `[.., K - 1]`, `x` is `[.., K]`, and the log-determinant `[.., 1]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{StickBreaking, Transform};
///
/// let z = Tensor::<2>::zeros([1, 2], &Device::flex());
/// let (x, log_det) = StickBreaking.forward_and_log_det(z);
/// let x = x.into_data().try_to_vec::<f32>().unwrap();
/// assert!(x.iter().all(|x| (x - 1.0 / 3.0).abs() < 1e-6), "{x:?}");
/// // log(⅓ · ⅔) + log(⅔ · ½ · ½)
/// assert!((log_det.into_scalar::<f32>() - (1.0_f32 / 27.0).ln()).abs() < 1e-5);
/// ```
///
/// # References
/// Stan Development Team (2024), *Stan Reference Manual*, section "Unit simplex".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StickBreaking;

impl<const D: usize> Transform<D> for StickBreaking {
    fn forward_and_log_det(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let parts = z.dims()[D - 1];
        let a = z.clone() - equal_parts(&z);
        let (taken, left) = (-softplus(-a.clone()), -softplus(a));
        let rest = left.clone().matmul(sums(&left, parts + 1, |j, k| j < k)); // log rₖ, [.., K]
        let before = rest.clone().narrow(D - 1, 0, parts);
        let log_det = (before.clone() + taken.clone() + left).sum_dim(D - 1);
        let last = rest.narrow(D - 1, parts, 1);
        (Tensor::cat(vec![(before + taken).exp(), last.exp()], D - 1), log_det)
    }

    fn inverse_and_log_det(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let parts = x.dims()[D - 1] - 1;
        let after = x.clone().matmul(sums(&x, parts, |j, k| j > k)); // 1 - x₁ - .. - xₖ
        let taken = x.narrow(D - 1, 0, parts);
        let a = taken.clone().log() - after.clone().log();
        let z = a.clone() + equal_parts(&a);
        // taken / rₖ and after / rₖ are the parts, rₖ their sum.
        let rest = (taken.clone() + after.clone()).log();
        let log_det = taken.log() + after.log() - rest;
        (z, -log_det.sum_dim(D - 1))
    }

    one_longer!();

    fn codomain(&self, shape: &[usize]) -> Option<Support> {
        Some(Support::Simplex { count: length(shape) })
    }
}

/// `log(K - k)` along the last axis, at which the stick breaks into equal parts.
fn equal_parts<const D: usize>(like: &Tensor<D>) -> Tensor<D> {
    let parts = like.dims()[D - 1];
    let mut shape = [1; D];
    shape[D - 1] = parts;
    constant_like(like, (0..parts).map(|k| ((parts - k) as f64).ln()).collect(), shape)
}
