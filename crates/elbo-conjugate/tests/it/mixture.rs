//! `μ_k ~ N(0, σ²)`, `c_i ~ Cat(1/K)`, `x_i ~ N(μ_{c_i}, 1)`.

use std::convert::Infallible;
use std::f64::consts::PI;

use elbo_conjugate::{CoordinateAscent, Coordinates};

const X: [f64; 8] = [-3.1, 2.4, -2.2, 3.9, -2.7, 2.9, 3.3, -1.8];
const K: usize = 2;
/// `σ²`
const PRIOR: f64 = 9.0;

/// `N(m_k, s²_k)` of means, and a table of shares `φ_ik` of components.
struct Mixture {
    means: [f64; K],
    /// 0 for means that are points.
    variances: [f64; K],
    shares: Vec<[f64; K]>,
    /// Whether means are points without a prior: expectation-maximization.
    are_points: bool,
}

impl Mixture {
    fn new(are_points: bool) -> Self {
        let variances = if are_points { [0.0; K] } else { [1.0; K] };
        Self { means: [-0.3, 0.5], variances, shares: vec![[0.5; K]; X.len()], are_points }
    }

    /// `E log N(x; μ_k, 1)`
    fn log_density(&self, x: f64, k: usize) -> f64 {
        -0.5 * ((x - self.means[k]).powi(2) + self.variances[k] + (2.0 * PI).ln())
    }

    /// `log Π_i Σ_k 1/K N(x_i; m_k, 1)`
    fn log_likelihood(&self) -> f64 {
        let of =
            |x: &f64| (0..K).map(|k| self.log_density(*x, k).exp() / K as f64).sum::<f64>().ln();
        X.iter().map(of).sum()
    }

    fn entropy_of_shares(&self) -> f64 {
        let shares = self.shares.iter().flatten().filter(|share| **share > 0.0);
        -shares.map(|share| share * share.ln()).sum::<f64>()
    }
}

impl Coordinates<()> for Mixture {
    type Error = Infallible;

    fn factors(&self) -> usize {
        2
    }

    fn update(&mut self, factor: usize, _: &()) -> Result<(), Infallible> {
        if factor == 0 {
            let share = |x: &f64| {
                let weights: [f64; K] = std::array::from_fn(|k| self.log_density(*x, k).exp());
                weights.map(|weight| weight / weights.iter().sum::<f64>())
            };
            self.shares = X.iter().map(share).collect();
            return Ok(());
        }
        for k in 0..K {
            let count: f64 = self.shares.iter().map(|shares| shares[k]).sum();
            let sum: f64 = self.shares.iter().zip(X).map(|(shares, x)| shares[k] * x).sum();
            let precision = if self.are_points { count } else { 1.0 / PRIOR + count };
            self.means[k] = sum / precision;
            self.variances[k] = if self.are_points { 0.0 } else { 1.0 / precision };
        }
        Ok(())
    }

    fn bound(&self, _: &()) -> Result<f64, Infallible> {
        let mut bound = self.entropy_of_shares() - X.len() as f64 * (K as f64).ln();
        for (shares, x) in self.shares.iter().zip(X) {
            bound += (0..K).map(|k| shares[k] * self.log_density(x, k)).sum::<f64>();
        }
        if self.are_points {
            return Ok(bound);
        }
        let divergence = |k: usize| {
            let (m, v) = (self.means[k], self.variances[k]);
            0.5 * ((v + m * m) / PRIOR - 1.0 - (v / PRIOR).ln())
        };
        Ok(bound - (0..K).map(divergence).sum::<f64>())
    }
}

/// All assignments, as the component of each number.
fn assignments() -> impl Iterator<Item = [usize; X.len()]> {
    (0..1_usize << X.len()).map(|bits| std::array::from_fn(|i| bits >> i & 1))
}

/// The numbers of a component, `log ∫ N(μ; 0, σ²) Π_i N(x_i; μ, 1) dμ`.
fn log_marginal(x: &[f64]) -> f64 {
    let (n, sum) = (x.len() as f64, x.iter().sum::<f64>());
    let squares: f64 = x.iter().map(|x| x * x).sum();
    let precision = n + 1.0 / PRIOR;
    -0.5 * (n * (2.0 * PI).ln() + (PRIOR * precision).ln() + squares - sum * sum / precision)
}

fn log_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + terms.iter().map(|term| (term - largest).exp()).sum::<f64>().ln()
}

/// By the 256 assignments.
fn evidence() -> f64 {
    let joint = assignments().map(|c| {
        let of = |k: usize| Vec::from_iter((0..X.len()).filter(|i| c[*i] == k).map(|i| X[i]));
        (0..K).map(|k| log_marginal(&of(k))).sum::<f64>() - X.len() as f64 * (K as f64).ln()
    });
    log_sum_exp(&Vec::from_iter(joint))
}

/// Of the two modes that differ by the names of the components the bound holds one, which costs log 2 where they lie apart; independence costs the
/// rest, which is small for the same reason.
#[test]
fn the_bound_of_a_mixture_rises_to_within_its_gap_of_the_evidence() {
    let mut mixture = Mixture::new(false);
    let info = CoordinateAscent::new().run(&mut mixture, &(), |_, _| ()).unwrap();
    assert!(info.bounds.windows(2).all(|pair| pair[1] >= pair[0]), "{:?}", info.bounds);
    let gap = evidence() - info.bound();
    assert!((2.0_f64.ln()..2.0_f64.ln() + 0.05).contains(&gap), "{gap}");
    assert!((mixture.means[0] + 2.385).abs() < 0.01 && (mixture.means[1] - 3.041).abs() < 0.01);
}

/// `Σ_c q(c) E log p(x, c, μ)` over all assignments, term by term.
#[test]
fn the_bound_is_the_expectation_over_all_assignments() {
    let mut mixture = Mixture::new(false);
    CoordinateAscent::new().with_max_sweeps(2).run(&mut mixture, &(), |_, _| ()).unwrap();
    let mut expected = mixture.entropy_of_shares();
    for c in assignments() {
        let share: f64 = (0..X.len()).map(|i| mixture.shares[i][c[i]]).product();
        let log_p = (0..X.len()).map(|i| mixture.log_density(X[i], c[i]) - (K as f64).ln());
        expected += share * log_p.sum::<f64>();
    }
    for k in 0..K {
        let (m, v) = (mixture.means[k], mixture.variances[k]);
        let entropy = 0.5 * (2.0 * PI * v).ln() + 0.5;
        expected += entropy - 0.5 * ((m * m + v) / PRIOR + (2.0 * PI * PRIOR).ln());
    }
    assert!((mixture.bound(&()).unwrap() - expected).abs() < 1e-12);
}

/// With the exact posterior of the components as its discrete factor the bound is the log-likelihood, which never falls.
#[test]
fn expectation_maximization_never_lowers_the_likelihood() {
    let mut mixture = Mixture::new(true);
    let mut likelihoods = vec![mixture.log_likelihood()];
    for _ in 0..20 {
        mixture.update(0, &()).unwrap();
        assert!((mixture.bound(&()).unwrap() - mixture.log_likelihood()).abs() < 1e-12);
        mixture.update(1, &()).unwrap();
        likelihoods.push(mixture.log_likelihood());
    }
    assert!(likelihoods.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12), "{likelihoods:?}");
    let mut other = Mixture::new(true);
    let info = CoordinateAscent::new().run(&mut other, &(), |_, _| ()).unwrap();
    assert!((info.bound() - likelihoods[20]).abs() < 1e-6, "{info:?}");
}
