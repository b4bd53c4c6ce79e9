//! `z₁ ~ N(0, 1)`, `z₂ ~ N(z₁, 1)`, `x ~ N(z₂, 1)` with `x = 1`: the posterior has the means 1/3 and 2/3 and the evidence `log N(1; 0, 3)`.

use std::convert::Infallible;
use std::f64::consts::PI;

use elbo_conjugate::{CoordinateAscent, CoordinateEnd, CoordinateError, Coordinates};

/// Means and variances of `z₁` and `z₂`.
struct Chain {
    means: [f64; 2],
    variances: [f64; 2],
    /// The mean of `z₁` given that of `z₂` and the data.
    first: fn(f64, f64) -> f64,
}

impl Coordinates<f64> for Chain {
    type Error = Infallible;

    fn factors(&self) -> usize {
        2
    }

    fn update(&mut self, factor: usize, x: &f64) -> Result<(), Infallible> {
        let [m1, m2] = self.means;
        self.means[factor] = if factor == 0 { (self.first)(m2, *x) } else { (m1 + x) / 2.0 };
        self.variances[factor] = 0.5;
        Ok(())
    }

    fn bound(&self, x: &f64) -> Result<f64, Infallible> {
        let ([m1, m2], [v1, v2]) = (self.means, self.variances);
        let squares = [m1 * m1 + v1, (m2 - m1).powi(2) + v1 + v2, (x - m2).powi(2) + v2];
        let log_p: f64 = squares.iter().map(|square| -0.5 * (square + (2.0 * PI).ln())).sum();
        let entropy = |v: f64| 0.5 * (2.0 * PI * v).ln() + 0.5;
        Ok(log_p + entropy(v1) + entropy(v2))
    }
}

fn chain(first: fn(f64, f64) -> f64) -> Chain {
    Chain { means: [-2.0, 3.0], variances: [2.0, 0.1], first }
}

const EVIDENCE: f64 = -1.634_911;

/// The gap of the best independent normals is `½ log 4/3`.
#[test]
fn the_best_independent_normals_of_the_chain_are_found() {
    let mut chain = chain(|m2, _| m2 / 2.0);
    let ascent = CoordinateAscent::new().with_tolerance(0.0).with_each_factor();
    let info = ascent.run(&mut chain, &1.0, |_, _| ()).unwrap();
    assert_eq!(info.end, CoordinateEnd::Converged);
    // The error of a mean falls by four in a sweep, and that of the bound by sixteen.
    assert!((chain.means[0] - 1.0 / 3.0).abs() < 1e-7, "{:?}", chain.means);
    assert!((chain.means[1] - 2.0 / 3.0).abs() < 1e-7, "{:?}", chain.means);
    assert_eq!(chain.variances, [0.5, 0.5]);
    assert!((info.bound() + 1.778_752).abs() < 1e-6, "{}", info.bound());
    assert!((EVIDENCE - info.bound() - 0.5 * (4.0_f64 / 3.0).ln()).abs() < 1e-6);
    assert!(info.bounds.windows(2).all(|pair| pair[1] >= pair[0] - 1e-10), "{:?}", info.bounds);
}

/// Some print `(m₂ + x) / 2`, as if `z₁` saw the data. Its fixed point, 1 and 1, is a third of a nat below the best, from which it leads down.
#[test]
fn a_wrong_update_lowers_the_bound_and_is_named() {
    let ascent = CoordinateAscent::new().with_each_factor();
    let mut wrong = chain(|m2, x| (m2 + x) / 2.0);
    let info = ascent.run(&mut wrong, &1.0, |_, _| ()).unwrap();
    assert!((info.bound() + 1.778_752 + 1.0 / 3.0).abs() < 1e-6, "{info:?}");
    (wrong.means, wrong.variances) = ([1.0 / 3.0, 2.0 / 3.0], [0.5, 0.5]);
    let error = ascent.run(&mut wrong, &1.0, |_, _| ()).unwrap_err();
    let CoordinateError::Fell { factor, before, after, .. } = error else { panic!("{error}") };
    assert_eq!(factor, Some(0));
    assert!(after < before);
    let text = error.to_string();
    assert!(
        text.contains("by the update of factor 0, but an exact update never lowers it"),
        "{text}"
    );
}
