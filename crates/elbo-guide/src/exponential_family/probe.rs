//! Whether a function is one of those that a family is conjugate to.

use elbo_dist::Noise;
use nalgebra::DVector;

use super::natural::Natural;
use super::pair::{Pair, solve};
use super::vector::Vector;
use super::{ExponentialFamily, simplex};
use crate::GuideError;

/// Points that differ in one number of a site, which show whether a function is affine in its statistics.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::ExponentialFamily;
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let guide = ExponentialFamily::of_prior(&layout).unwrap();
/// let probe = guide.probe("z", &mut noise).unwrap();
/// let slopes = |slope: fn(f64) -> f64| probe.values.iter().map(|z| slope(*z)).collect::<Vec<_>>();
/// assert!(probe.excess(&slopes(|z| 3.0 - 2.0 * z)) < 1e-12); // of 3 z - z²
/// assert!(probe.excess(&slopes(|z| z.exp())) > 0.001); // of exp z
/// ```
#[derive(Clone, Debug)]
pub struct Probe {
    /// The points, `[4, n]`, row by row.
    pub values: Vec<f64>,
    natural: Natural,
    /// The numbers of a point.
    size: usize,
    /// The number, or the simplex, that differs.
    part: usize,
    direction: Vec<f64>,
}

/// Where the points lie on the curve through the nodes.
const AT: [f64; 4] = [1.0, -1.0, 0.35, -0.6];

/// Where the other numbers lie.
const REST: f64 = 0.25;

impl ExponentialFamily {
    /// Points that differ in one number of a continuous site, or in one simplex, which is drawn; in a vector along a line.
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`] and [`GuideError::NoNatural`].
    pub fn probe(&self, site: &str, noise: &mut Noise) -> Result<Probe, GuideError> {
        let index = self.index(site)?;
        let (natural, kept) = (self.natural_of(index)?, self.kept(index));
        let size = self.program().sites[index].0.size();
        let order = noise.permutation(natural.numbers(size));
        let (part, mut direction) = (order.first().copied().unwrap_or(0), Vec::new());
        let values = match natural {
            Natural::Pair(pair) => numbers(pair, &kept, part),
            Natural::Dirichlet(k) => simplexes(&kept, k, part),
            Natural::Vector(n) => {
                let normal = Vector::of(&kept, n);
                let signs =
                    DVector::from_fn(n, |i, _| if order[i].is_multiple_of(2) { 1.0 } else { -1.0 });
                direction = (&normal.factor * &signs).as_slice().to_vec();
                let row = |x: &f64| normal.point(&(&signs * *x)).as_slice().to_vec();
                AT.iter().flat_map(row).collect()
            }
            Natural::Bernoulli | Natural::Categorical(_) => Vec::new(),
        };
        Ok(Probe { values, natural, size, part, direction })
    }
}

fn numbers(pair: Pair, kept: &[f64], part: usize) -> Vec<f64> {
    let n = kept.len() / 2;
    let point =
        |i: usize, x: f64| pair.point([kept[i], kept[n + i]], if i == part { x } else { REST });
    AT.iter().flat_map(|x| (0..n).map(|i| point(i, *x)).collect::<Vec<_>>()).collect()
}

fn simplexes(kept: &[f64], k: usize, part: usize) -> Vec<f64> {
    let curve = |kept: &[f64]| {
        let means = simplex::log_means(&kept.iter().map(|a| a.exp()).collect::<Vec<_>>());
        let width = simplex::width(&means);
        (means, width)
    };
    let curves: Vec<_> = kept.chunks(k).map(curve).collect();
    let row = |x: f64| {
        let of = |(i, (means, width)): (usize, &(Vec<f64>, f64))| {
            simplex::point(means, width * if i == part { x } else { REST })
        };
        curves.iter().enumerate().flat_map(of).collect::<Vec<_>>()
    };
    AT.iter().flat_map(|x| row(*x)).collect()
}

impl Probe {
    /// How far the slopes of a function at the points are from those of one that is affine in the statistics, relative to the largest of them.
    ///
    /// # Shapes
    /// `[4, n]`, row by row.
    pub fn excess(&self, slopes: &[f64]) -> f64 {
        let at = |numbers: &[f64], point: usize| -> Vec<f64> {
            let row = &numbers[point * self.size..(point + 1) * self.size];
            match self.natural {
                Natural::Dirichlet(k) => row[self.part * k..(self.part + 1) * k].to_vec(),
                Natural::Vector(_) => row.to_vec(),
                _ => vec![row[self.part]],
            }
        };
        let [z, by_z] = [&self.values[..], slopes].map(|x| [0, 1, 2, 3].map(|point| at(x, point)));
        let predicted = self.predicted(&z, &by_z);
        let found: Vec<_> = (0..4).map(|point| self.seen(&z[point], &by_z[point])).collect();
        let largest = found.iter().flatten().fold(0.0_f64, |most, slope| most.max(slope.abs()));
        let pairs = found[2..].iter().flatten().zip(predicted.iter().flatten());
        let apart = pairs.fold(0.0_f64, |most, (found, told)| most.max((found - told).abs()));
        if largest == 0.0 { 0.0 } else { apart / largest }
    }

    /// The slopes that are compared.
    fn seen(&self, z: &[f64], by_z: &[f64]) -> Vec<f64> {
        match self.natural {
            Natural::Dirichlet(_) => simplex::log_slopes(z, by_z),
            Natural::Vector(_) => {
                vec![by_z.iter().zip(&self.direction).map(|(slope, step)| slope * step).sum()]
            }
            _ => by_z.to_vec(),
        }
    }

    /// The slopes at the last two points of the affine function that has those of the first two.
    fn predicted(&self, z: &[Vec<f64>; 4], by_z: &[Vec<f64>; 4]) -> [Vec<f64>; 2] {
        match self.natural {
            Natural::Pair(pair) => {
                let rows = [pair.slopes(z[0][0]), pair.slopes(z[1][0])];
                let [c, d] = solve(rows, [by_z[0][0], by_z[1][0]]);
                [2, 3].map(|point| {
                    let [by_c, by_d] = pair.slopes(z[point][0]);
                    vec![c * by_c + d * by_d]
                })
            }
            Natural::Dirichlet(_) => {
                let c = simplex::coefficients([&z[0], &z[1]], [&by_z[0], &by_z[1]]);
                let total: f64 = c.iter().sum();
                [2, 3].map(|point| c.iter().zip(&z[point]).map(|(c, z)| c - z * total).collect())
            }
            _ => {
                let [up, down] = [0, 1].map(|point| self.seen(&z[point], &by_z[point])[0]);
                [2, 3].map(|point| vec![0.5 * (up + down) + AT[point] * 0.5 * (up - down)])
            }
        }
    }
}
