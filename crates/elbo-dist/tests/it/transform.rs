//! Bijections: round trips and log-determinants.

use burn::tensor::{Device, Tensor};
use elbo_dist::{Exp, Identity, Interval, Support, Transform};
use elbo_testkit::{assert_close, assert_gradient, central_differences};

use crate::{double, host, row};

const Z: [f64; 9] = [-20.0, -3.0, -1.0, -0.1, 0.0, 0.4, 1.0, 5.0, 12.0];

fn every() -> [(&'static str, Box<dyn Transform<2>>); 4] {
    [
        ("identity", Box::new(Identity)),
        ("exp", Box::new(Exp)),
        ("unit interval", Box::new(Interval::new(0.0, 1.0))),
        ("interval", Box::new(Interval::new(-2.5, 40.0))),
    ]
}

/// A value next to the upper end of an interval holds `z` to about `ε (high - low) / (dx/dz)`:
/// 4e-10 at `z = 12`, where the slope is 6e-6 of the width; at `z = -20` next to -2.5, 1e-7.
#[test]
fn inverse_undoes_forward() {
    for (name, transform) in every() {
        let (x, _) = transform.forward_and_log_det(row(&double(), &Z));
        let (z, _) = transform.inverse_and_log_det(x);
        let tolerance = Z.map(|z| match name {
            "identity" => 0.0,
            "exp" => 4.0 * f64::EPSILON * (1.0 + z.abs()),
            _ => 4.0 * f64::EPSILON * (1.0 + z.abs()) + 4.0 * f64::EPSILON * z.abs().exp(),
        });
        for ((z, expected), tolerance) in host(z).into_iter().zip(Z).zip(tolerance) {
            assert!((z - expected).abs() <= tolerance, "{name}: {z}, expected {expected}");
        }
    }
}

/// Worst where an interval saturates: at `z = 12` differences of `x = 40`, rounded to 7e-15, over
/// steps of 6e-5 give the slope of 3e-4 to 4e-7.
#[test]
fn the_log_determinant_is_the_log_of_the_slope() {
    for (_, transform) in every() {
        for z in &Z[1..] {
            // at -20 differences of x have no digits left
            let forward = |z: Tensor<2>| transform.forward_and_log_det(z).0.sum();
            let slope = central_differences(&Device::flex(), [1, 1], &[*z], forward)[0];
            let actual = host(transform.forward_and_log_det(row(&double(), &[*z])).1);
            assert_close(&actual, &[slope.ln()], 0.0, 1e-6);
        }
    }
}

#[test]
fn the_inverse_has_the_negative_log_determinant() {
    for (_, transform) in every() {
        let (x, log_det) = transform.forward_and_log_det(row(&double(), &Z[1..]));
        let (_, inverse) = transform.inverse_and_log_det(x);
        assert_close(&host(-inverse), &host(log_det), 0.0, 1e-9);
    }
}

#[test]
fn values_and_log_determinants_have_their_gradients() {
    for (_, transform) in every() {
        let at = [-4.0, -0.3, 0.2, 3.0];
        assert_gradient(&Device::flex(), [1, 4], &at, |z: Tensor<2>| {
            let (x, log_det) = transform.forward_and_log_det(z);
            (x.square() + log_det).sum()
        });
        let at = [0.1, 0.5, 0.9];
        assert_gradient(&Device::flex(), [1, 3], &at, |x: Tensor<2>| {
            let (z, log_det) = transform.inverse_and_log_det(x);
            (z.square() + log_det).sum()
        });
    }
}

#[test]
fn a_support_is_reached_by_its_bijection() {
    let supports = [
        Support::Real,
        Support::Positive,
        Support::NonNegative,
        Support::UnitInterval,
        Support::Interval { low: -3.0, high: -1.0 },
    ];
    for support in supports {
        let (x, _) = support.from_real().unwrap().forward_and_log_det(row(&double(), &Z));
        assert!(host(x).into_iter().all(|x| support.contains(x)), "{support}");
    }
}
