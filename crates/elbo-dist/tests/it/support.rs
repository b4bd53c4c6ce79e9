//! Supports: membership, inclusion, names.

use elbo_dist::Support;

const INTERVAL: Support = Support::Interval { low: -1.0, high: 2.0 };
const ABOVE_HALF: Support = Support::Interval { low: 0.5, high: 2.0 };

/// Every kind, and points that tell them apart.
const ALL: [Support; 10] = [
    Support::Real,
    Support::Positive,
    Support::NonNegative,
    Support::UnitInterval,
    INTERVAL,
    ABOVE_HALF,
    Support::Boolean,
    Support::Category { count: 1 },
    Support::Category { count: 2 },
    Support::Category { count: 4 },
];
const POINTS: [f64; 11] = [-2.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 9.0];

#[test]
fn the_points_of_each_support() {
    let inside = |support: Support| -> Vec<f64> {
        POINTS.into_iter().filter(|&x| support.contains(x)).collect()
    };
    assert_eq!(inside(Support::Real), POINTS);
    assert_eq!(inside(Support::Positive), [0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 9.0]);
    assert_eq!(inside(Support::NonNegative), [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 9.0]);
    assert_eq!(inside(Support::UnitInterval), [0.0, 0.25, 0.5, 1.0]);
    assert_eq!(inside(INTERVAL), [-1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0]);
    assert_eq!(inside(Support::Boolean), [0.0, 1.0]);
    assert_eq!(inside(Support::Category { count: 4 }), [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn no_support_contains_nan_or_an_infinity() {
    for support in ALL {
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!support.contains(x), "{support} contains {x}");
        }
    }
}

/// The points above decide every pair: whatever is not included has one of them outside.
#[test]
fn a_support_includes_those_whose_every_point_it_contains() {
    for larger in ALL {
        for smaller in ALL {
            let expected = POINTS.iter().all(|&x| !smaller.contains(x) || larger.contains(x));
            assert_eq!(larger.includes(&smaller), expected, "{larger} includes {smaller}");
        }
    }
}

#[test]
fn a_support_prints_as_a_set() {
    let names = ALL.map(|support| support.to_string());
    let expected = [
        "real",
        "positive",
        "non-negative",
        "[0, 1]",
        "[-1, 2]",
        "[0.5, 2]",
        "{0, 1}",
        "{0..1}",
        "{0..2}",
        "{0..4}",
    ];
    assert_eq!(names, expected);
    assert_eq!(format!("{:>6}|", Support::Real), "  real|");
}

#[test]
fn only_discrete_supports_have_no_bijection_from_the_real_line() {
    for support in ALL {
        assert_eq!(support.from_real::<2>().is_none(), support.is_discrete(), "{support}");
    }
}
