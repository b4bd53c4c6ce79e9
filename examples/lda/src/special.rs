//! What the gamma function's derivatives are turned around for.

use elbo::trigamma_scalar;
pub(crate) use elbo::{digamma_scalar as digamma, lgamma_scalar as lgamma};

/// The `x` with `ψ(x) = y`, by Newton's method.
///
/// # References
/// Minka (2000), *Estimating a Dirichlet distribution*, appendix C.
pub(crate) fn inverse_digamma(y: f64) -> f64 {
    let start = if y >= -2.22 { y.exp() + 0.5 } else { -1.0 / (y - digamma(1.0)) };
    // Five steps reach fourteen digits.
    (0..5).fold(start, |x, _| x - (digamma(x) - y) / trigamma_scalar(x))
}

#[cfg(test)]
mod tests {
    use super::{digamma, inverse_digamma};

    /// Newton's last step is as exact as `ψ`, whose error the slope divides.
    #[test]
    fn the_inverse_of_digamma_leads_back() {
        for x in [0.005, 0.1, 0.5, 1.0, 2.5, 5.999, 30.0, 1e4] {
            assert!((inverse_digamma(digamma(x)) / x - 1.0).abs() < 1e-12, "{x}");
        }
    }
}
