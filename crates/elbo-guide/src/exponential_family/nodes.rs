//! Points at which means of what is conjugate are exact.

use std::sync::Arc;

use burn::tensor::DType;
use elbo_dist::Noise;
use nalgebra::{DMatrix, DVector};

use super::natural::Natural;
use super::pair::{Pair, solve};
use super::{ExponentialFamily, simplex, vector::Vector};
use crate::GuideError;

/// Points of equal weight in the place of draws, at which every family has the mean `E[t]` of its sufficient statistics: two for each number,
/// combined with those of the others by the signs of an orthogonal array.
///
/// The mean of a function that is affine in the statistics of each number is exact: where no more than `S / 2` numbers are continuous, for all that
/// multiplies the statistics of three of them at most; where there are more, signs are drawn anew, and the mean has no bias.
///
/// # Shapes
/// `S` points, a power of two.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Gamma, Noise, Place, digamma_scalar};
/// use elbo_guide::ExponentialFamily;
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("rate", Gamma::<2>::new(2.0, 1.0));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let guide = ExponentialFamily::of_prior(&layout).unwrap();
/// let guide = guide.with_natural("rate", &[2.0, -1.5]).unwrap(); // Gamma(3, 1.5)
/// let nodes = guide.nodes(2, &mut noise).unwrap();
/// let (_, z) = nodes.values().next().unwrap();
/// assert!((0.5 * (z[0] + z[1]) - 2.0).abs() < 1e-12); // E[z] = 3 / 1.5
/// assert!((0.5 * (z[0].ln() + z[1].ln()) - (digamma_scalar(3.0) - 1.5_f64.ln())).abs() < 1e-12);
/// // From the slopes of 4 log z - 5 z its natural parameters:
/// let slopes: Vec<f64> = z.iter().map(|z| 4.0 / z - 5.0).collect();
/// let optimum = nodes.optimum("rate", &slopes).unwrap();
/// assert!((optimum[0] - 4.0).abs() < 1e-12 && (optimum[1] + 5.0).abs() < 1e-12);
/// ```
///
/// # References
/// Julier & Uhlmann (2004) for points that match moments; Hedayat, Sloane & Stufken (1999), *Orthogonal arrays*, for signs that are balanced in threes.
#[derive(Clone, Debug)]
pub struct Nodes {
    signs: Signs,
    sites: Vec<SiteNodes>,
}

#[derive(Clone, Debug)]
struct SiteNodes {
    name: Arc<str>,
    natural: Natural,
    kept: Vec<f64>,
    /// The first of its signs.
    first: usize,
    /// `[S, n]`
    values: Vec<f64>,
}

/// The signs of each number at each point.
#[derive(Clone, Debug)]
struct Signs {
    points: usize,
    /// The place of each number among columns and flips.
    places: Vec<usize>,
}

impl Signs {
    fn new(points: usize, numbers: usize, noise: &mut Noise) -> Self {
        let places = match numbers <= points / 2 {
            true => (0..numbers).collect(),
            false => noise.permutation(numbers),
        };
        Self { points, places }
    }

    /// That of a Hadamard matrix over its negative, which is balanced in threes of columns.
    fn is_plus(&self, point: usize, number: usize) -> bool {
        let half = self.points / 2;
        let (column, flip) = (self.places[number] % half, self.places[number] / half);
        (point & (column | half)).count_ones().wrapping_add(flip as u32).is_multiple_of(2)
    }

    /// The means of `[S, n]` numbers where the sign is plus and where it is minus, for the columns of one number each.
    fn halves(
        &self,
        numbers: &[f64],
        n: usize,
        columns: std::ops::Range<usize>,
        number: usize,
    ) -> [Vec<f64>; 2] {
        let share = 2.0 / self.points as f64;
        let mut halves = [vec![0.0; columns.len()], vec![0.0; columns.len()]];
        for point in 0..self.points {
            let half = &mut halves[usize::from(!self.is_plus(point, number))];
            let row = &numbers[point * n..][columns.clone()];
            half.iter_mut().zip(row).for_each(|(sum, x)| *sum += share * x);
        }
        halves
    }
}

impl ExponentialFamily {
    /// Points at which means of what is conjugate are exact, for the continuous sites.
    ///
    /// # Errors
    /// [`GuideError::NodeCount`] if `points` is no power of two or less than 2, and [`GuideError::NoNatural`].
    pub fn nodes(&self, points: usize, noise: &mut Noise) -> Result<Nodes, GuideError> {
        if points < 2 || !points.is_power_of_two() {
            return Err(GuideError::NodeCount { points });
        }
        let signs = Signs::new(points, self.numbers()?, &mut noise.split());
        let (mut sites, mut first) = (Vec::new(), 0);
        for index in 0..self.program().sites.len() {
            let (site, natural) = (&self.program().sites[index].0, self.natural_of(index)?);
            if natural.is_discrete() {
                continue;
            }
            let kept = self.kept(index);
            let mut values = signs.values(&natural, &kept, first, floor(self.dtype()));
            if self.dtype() != DType::F64 {
                values.iter_mut().for_each(|z| *z = f64::from(*z as f32)); // as the model will see them
            }
            let name = site.name.clone();
            sites.push(SiteNodes { name, natural, first, values, kept });
            first += natural.numbers(site.size());
        }
        Ok(Nodes { signs, sites })
    }
}

/// The least number that a node may have: room for what is divided by it.
fn floor(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-290,
        _ => 1e-30,
    }
}

impl Signs {
    /// The nodes of a site, `[S, n]`.
    fn values(&self, natural: &Natural, kept: &[f64], first: usize, floor: f64) -> Vec<f64> {
        let points = 0..self.points;
        match *natural {
            Natural::Pair(pair) => {
                let ends = ends(pair, kept, floor);
                let row = |point| {
                    let pick = move |(i, ends): (usize, &[f64; 2])| {
                        ends[usize::from(!self.is_plus(point, first + i))]
                    };
                    ends.iter().enumerate().map(pick).collect::<Vec<_>>()
                };
                points.flat_map(row).collect()
            }
            Natural::Dirichlet(k) => {
                let ends = simplex_ends(kept, k, floor);
                let row = |point| {
                    let pick = move |(i, ends): (usize, &[Vec<f64>; 2])| {
                        ends[usize::from(!self.is_plus(point, first + i))].clone()
                    };
                    ends.iter().enumerate().flat_map(pick).collect::<Vec<_>>()
                };
                points.flat_map(row).collect()
            }
            Natural::Vector(n) => {
                let normal = Vector::of(kept, n);
                let row = |x: DVector<f64>| normal.point(&x).as_slice().to_vec();
                points.flat_map(|point| row(self.column(point, first, n))).collect()
            }
            Natural::Bernoulli | Natural::Categorical(_) => Vec::new(),
        }
    }

    fn column(&self, point: usize, first: usize, n: usize) -> DVector<f64> {
        DVector::from_fn(n, |i, _| if self.is_plus(point, first + i) { 1.0 } else { -1.0 })
    }
}

/// The two nodes of each number.
fn ends(pair: Pair, kept: &[f64], floor: f64) -> Vec<[f64; 2]> {
    let n = kept.len() / 2;
    let inside = |z: f64| match pair {
        Pair::Normal => z,
        Pair::Beta => z.clamp(floor, 1.0 - f64::from(f32::EPSILON)),
        _ => z.max(floor),
    };
    let ends = |i: usize| [1.0, -1.0].map(|x| inside(pair.point([kept[i], kept[n + i]], x)));
    (0..n).map(ends).collect()
}

/// The two nodes of each simplex.
fn simplex_ends(kept: &[f64], k: usize, floor: f64) -> Vec<[Vec<f64>; 2]> {
    let ends = |kept: &[f64]| {
        let alpha: Vec<f64> = kept.iter().map(|a| a.exp()).collect();
        let means = simplex::log_means(&alpha);
        let width = simplex::width(&means);
        let above = |z: Vec<f64>| z.into_iter().map(|z| z.max(floor)).collect();
        [width, -width].map(|x| above(simplex::point(&means, x)))
    };
    kept.chunks(k).map(ends).collect()
}

impl Nodes {
    /// The points of each continuous site.
    ///
    /// # Shapes
    /// `[S, n]` for the `n` numbers of a site, row by row.
    pub fn values(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.sites.iter().map(|site| (&*site.name, &site.values[..]))
    }

    /// The natural parameters of the member of a site's family that is nearest to `exp(f)`, from the slopes of `f` at the points: exact where `f` is
    /// affine in the site's statistics.
    ///
    /// # Shapes
    /// `[S, n]`, row by row.
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`] if no continuous site has this name, and [`GuideError::NaturalSize`].
    pub fn optimum(&self, site: &str, slopes: &[f64]) -> Result<Vec<f64>, GuideError> {
        let found = self.sites.iter().find(|found| &*found.name == site);
        let Some(site) = found else {
            let known = self.sites.iter().map(|site| site.name.to_string()).collect();
            return Err(GuideError::unknown_natural(site, known));
        };
        match slopes.len() == site.values.len() {
            true => Ok(site.optimum(&self.signs, slopes)),
            false => Err(GuideError::NaturalSize {
                site: site.name.to_string(),
                expected: site.values.len(),
                found: slopes.len(),
            }),
        }
    }
}

impl SiteNodes {
    fn optimum(&self, signs: &Signs, slopes: &[f64]) -> Vec<f64> {
        let n = slopes.len() / signs.points;
        match self.natural {
            Natural::Pair(pair) => {
                let each: Vec<_> =
                    (0..n).map(|i| self.of_number(pair, signs, slopes, n, i)).collect();
                [0, 1].into_iter().flat_map(|row| each.iter().map(move |c| c[row])).collect()
            }
            Natural::Dirichlet(k) => {
                (0..n / k).flat_map(|i| self.of_simplex(signs, slopes, n, i, k)).collect()
            }
            Natural::Vector(n) => {
                let columns: Vec<_> =
                    (0..signs.points).map(|s| signs.column(s, self.first, n)).collect();
                let slopes = DMatrix::from_column_slice(n, signs.points, slopes);
                Vector::of(&self.kept, n).coefficients(&DMatrix::from_columns(&columns), &slopes)
            }
            Natural::Bernoulli | Natural::Categorical(_) => Vec::new(),
        }
    }

    fn of_number(&self, pair: Pair, signs: &Signs, slopes: &[f64], n: usize, i: usize) -> [f64; 2] {
        let [z, mean] =
            [&self.values[..], slopes].map(|x| signs.halves(x, n, i..i + 1, self.first + i));
        let rows = [pair.slopes(z[0][0]), pair.slopes(z[1][0])];
        solve(rows, [mean[0][0], mean[1][0]])
    }

    fn of_simplex(&self, signs: &Signs, slopes: &[f64], n: usize, i: usize, k: usize) -> Vec<f64> {
        let columns = i * k..(i + 1) * k;
        let [z, mean] =
            [&self.values[..], slopes].map(|x| signs.halves(x, n, columns.clone(), self.first + i));
        simplex::coefficients([&z[0], &z[1]], [&mean[0], &mean[1]])
    }
}
