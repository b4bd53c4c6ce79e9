//! Counts whose log-rate is a Gaussian process.
//!
//! `k_n ~ Poisson(exp f_n)`, `f = L f̃` with `f̃_n ~ N(0, 1)`, `L Lᵀ = K` and
//! `K_ij = α² exp(-(x_i - x_j)² / 2ρ²) + 10⁻¹⁰ [i = j]`; `ρ ~ Gamma(25, 4)`, `α ~ N⁺(0, 2²)`.
//!
//! It is to be fitted in double precision: in single precision `K` has no factor where `ρ` is large.

use elbo::prelude::*;

use crate::{DataError, Fields, row};

/// The data.
#[derive(Clone, Debug)]
pub struct Data {
    /// `-½ (x_i - x_j)²`, `[1, N, N]`.
    pub exponent: Tensor<3>,
    /// What is added to the diagonal, `[1, N, N]`.
    pub jitter: Tensor<3>,
    /// The counts `[1, N]`.
    pub k: Tensor<2>,
}

/// The data.
///
/// # Errors
/// [`DataError::Field`].
pub fn data(json: &Fields, place: &Place) -> Result<Data, DataError> {
    let [x, k] = json.columns(["x", "k"])?;
    let n = x.len();
    let pairs = |of: fn(f64, f64) -> f64| -> Tensor<3> {
        let all = x.iter().flat_map(|&a| x.iter().map(move |&b| of(a, b)));
        place.tensor(all.collect(), [1, n, n])
    };
    let exponent = pairs(|a, b| -0.5 * (a - b).powi(2));
    let jitter = pairs(|a, b| if a == b { 1e-10 } else { 0.0 });
    Ok(Data { exponent, jitter, k: row(k, place) })
}

/// The program.
pub fn model(t: &mut Trace, d: &Data) {
    let rho = t.sample("rho", Gamma::<2>::new(25.0, 4.0)); // [S, 1]
    let alpha = t.sample("alpha", HalfNormal::<2>::new(2.0)); // [S, 1]
    let n = d.k.dims()[1];
    let f_tilde = t.sample("f_tilde", Normal::new(0.0, 1.0).iid([1, n])); // [S, N]
    let [rho, alpha] = [rho, alpha].map(|x| x.square().unsqueeze_dim::<3>(2)); // [S, 1, 1]
    let covariance = (d.exponent.clone() / rho).exp() * alpha + d.jitter.clone(); // [S, N, N]
    // Where there is no factor, the rates are NaN, which the trace reports.
    let factor = elbo::unchecked_cholesky(covariance);
    let f = t.deterministic("f", factor.matmul(f_tilde.unsqueeze_dim(2)).squeeze_dim(2)); // [S, N]
    t.observe("k", Poisson::new(f.exp()), d.k.clone());
}
