//! Bijections: round trips and log-determinants.

use burn::tensor::{Device, Tensor};
use elbo_dist::{
    Above, Affine, Below, Chain, Exp, Identity, Interval, Inverse, Power, Softplus, Support, Tanh,
    Transform,
};
use elbo_testkit::{assert_close, assert_gradient, central_differences};

use crate::{double, host, row, single};

const Z: [f64; 9] = [-20.0, -3.0, -1.0, -0.1, 0.0, 0.4, 1.0, 5.0, 12.0];

fn every() -> [(&'static str, Box<dyn Transform<2>>); 10] {
    [
        ("identity", Box::new(Identity)),
        ("exp", Box::new(Exp)),
        ("above", Box::new(Above::new(0.0))),
        ("softplus", Box::new(Softplus)),
        ("affine", Box::new(Affine::new(1.5, -0.3))),
        ("chain", Box::new(Chain(Affine::new(0.5, 0.1), Inverse(Inverse(Exp))))),
        ("power", Box::new(Chain(Exp, Power::new(0.3)))),
        ("tanh", Box::new(Chain(Affine::new(0.1, 0.4), Tanh))),
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

/// The same at 256 points, in double precision and, to its own `ε`, in single.
#[test]
fn any_number_comes_back() {
    use proptest::prelude::*;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&(-6.0..6.0), |z| {
            for (place, epsilon) in [(double(), f64::EPSILON), (single(), f64::from(f32::EPSILON))]
            {
                for (name, transform) in every() {
                    let z = host(row(&place, &[z]))[0];
                    let (x, log_det) = transform.forward_and_log_det(row(&place, &[z]));
                    let (back, inverse) = transform.inverse_and_log_det(x);
                    let allowed = 8.0 * epsilon * (1.0 + z.abs() + z.abs().exp());
                    prop_assert!((host(back)[0] - z).abs() <= allowed, "{} {}", name, z);
                    let off = (host(inverse)[0] + host(log_det)[0]).abs();
                    prop_assert!(off <= allowed, "{} {}: {}", name, z, off);
                }
            }
            Ok(())
        })
        .unwrap();
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
            assert_close(&actual, &[slope.abs().ln()], 0.0, 1e-6);
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

/// The numbers below are those above, mirrored.
#[test]
fn below_is_above_upside_down() {
    let z = row(&double(), &Z);
    let (x, log_det) = Below::new(2.0).forward_and_log_det(z.clone());
    let (mirrored, same) = Above::new(-2.0).forward_and_log_det(z);
    assert_eq!(host(-x.clone()), host(mirrored));
    assert_eq!(host(log_det), host(same));
    let (_, inverse) = Below::new(2.0).inverse_and_log_det(x);
    assert_close(&host(-inverse), &Z, 1e-7, 1e-7);
}

#[test]
fn a_support_is_reached_by_its_bijection() {
    let supports = [
        Support::Real,
        Support::Positive,
        Support::NonNegative,
        Support::UnitInterval,
        Support::Interval { low: -3.0, high: -1.0 },
        Support::AtLeast { low: -3.0 },
        Support::AtMost { high: 7.0 },
    ];
    for support in supports {
        let (x, _) = support.from_real().unwrap().forward_and_log_det(row(&double(), &Z));
        assert!(host(x).into_iter().all(|x| support.contains(x)), "{support}");
    }
}
