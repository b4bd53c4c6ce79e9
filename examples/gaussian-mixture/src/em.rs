//! Expectation-maximization.

use std::convert::Infallible;
use std::f64::consts::PI;

use elbo::Coordinates;

use crate::Component;

/// The mixture with points in the place of weights, means and variances: coordinate ascent over the exact posterior of the components and these points.
///
/// Its bound after the first factor is the log-likelihood (Neal & Hinton 1998, theorem 2).
#[derive(Clone, Debug)]
pub struct Em {
    components: Vec<Component>,
    /// The probability of each component, point by point.
    shares: Vec<Vec<f64>>,
}

/// The least variance: a component on one point would have none.
const LEAST: f64 = 1e-6;

impl Em {
    /// Components of equal weight and variances of 1.
    pub fn new(means: &[[f64; 2]]) -> Self {
        let weight = (means.len() as f64).recip();
        let component = |mean: &[f64; 2]| Component { weight, mean: *mean, scale: [1.0, 1.0] };
        Self { components: means.iter().map(component).collect(), shares: Vec::new() }
    }

    /// The components.
    pub fn components(&self) -> Vec<Component> {
        self.components.clone()
    }

    fn log_densities(&self, x: &[f64; 2]) -> Vec<f64> {
        let density = |c: &Component| {
            let axis = |i: usize| {
                let z = (x[i] - c.mean[i]) / c.scale[i];
                -0.5 * (z * z + (2.0 * PI).ln()) - c.scale[i].ln()
            };
            c.weight.ln() + axis(0) + axis(1)
        };
        self.components.iter().map(density).collect()
    }

    /// `Σ_i log Σ_k π_k N(x_i; μ_k, σ_k²)`
    pub fn log_likelihood(&self, points: &[[f64; 2]]) -> f64 {
        points.iter().map(|x| log_sum(&self.log_densities(x))).sum()
    }

    fn expect(&mut self, points: &[[f64; 2]]) {
        let shares = |x: &[f64; 2]| {
            let densities = self.log_densities(x);
            let total = log_sum(&densities);
            densities.iter().map(|density| (density - total).exp()).collect()
        };
        self.shares = points.iter().map(shares).collect();
    }

    fn maximize(&mut self, points: &[[f64; 2]]) {
        for (k, component) in self.components.iter_mut().enumerate() {
            let sum = |of: &dyn Fn(&[f64; 2]) -> f64| -> f64 {
                self.shares.iter().zip(points).map(|(share, x)| share[k] * of(x)).sum()
            };
            let count = sum(&|_| 1.0).max(f64::MIN_POSITIVE);
            let mean = [0, 1].map(|axis| sum(&|x| x[axis]) / count);
            let variance = [0, 1].map(|axis| sum(&|x| (x[axis] - mean[axis]).powi(2)) / count);
            let scale = variance.map(|variance| variance.max(LEAST).sqrt());
            *component = Component { weight: count / points.len() as f64, mean, scale };
        }
    }
}

fn log_sum(x: &[f64]) -> f64 {
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + x.iter().map(|x| (x - most).exp()).sum::<f64>().ln()
}

/// The first factor is the posterior of the components, the second the points.
impl Coordinates<Vec<[f64; 2]>> for Em {
    type Error = Infallible;

    fn factors(&self) -> usize {
        2
    }

    fn update(&mut self, factor: usize, points: &Vec<[f64; 2]>) -> Result<(), Infallible> {
        match factor {
            0 => self.expect(points),
            _ => self.maximize(points),
        }
        Ok(())
    }

    /// The log-likelihood: after each sweep the bound lies below it, but both rise.
    fn bound(&self, points: &Vec<[f64; 2]>) -> Result<f64, Infallible> {
        Ok(self.log_likelihood(points))
    }
}
