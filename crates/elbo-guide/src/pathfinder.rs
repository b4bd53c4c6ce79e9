//! The best normal along a path to the mode.

use std::collections::VecDeque;

use burn::tensor::Tensor;
use elbo_dist::{HALF_LN_TWO_PI, Noise};
use elbo_model::{Layout, LogJoint};
use nalgebra::{DMatrix, DVector};

use crate::density::FlatDensity;
use crate::frame::Approximation;
use crate::init::Scene;
use crate::laplace_approximation::at_mode;
use crate::lbfgs::{Ascent, Curvature, Iterate, ascend, dot};
use crate::{Automatic, FlatLatents, FullRankNormal, GuideError, GuideMixture};

/// Options of Pathfinder.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{FullRankConfig, Init, PathfinderConfig};
/// use elbo_model::{Layout, Trace};
///
/// fn chain(t: &mut Trace, _: &()) {
///     let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), t.place().tensor(vec![1.0], [1, 1]));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let layout = Layout::discover(&chain, &(), &noise).unwrap();
/// let config = FullRankConfig::new().with_init(Init::Pathfinder(PathfinderConfig::new().with_paths(1)));
/// let guide = config.init(&layout, &chain, &(), &mut noise).unwrap();
/// assert!((guide.loc().into_scalar::<f64>() - 0.5).abs() < 1e-6); // the posterior is N(½, ½)
/// ```
///
/// # References
/// Zhang, Carpenter, Gelman & Vehtari (2022), *Pathfinder: parallel quasi-Newton variational inference*.
#[derive(Clone, Debug, PartialEq)]
pub struct PathfinderConfig {
    pub(crate) paths: usize,
    pub(crate) elbo_draws: usize,
    pub(crate) history: usize,
    pub(crate) max_iterations: usize,
}

impl Default for PathfinderConfig {
    fn default() -> Self {
        Self { paths: 4, elbo_draws: 25, history: 6, max_iterations: 1000 }
    }
}

impl PathfinderConfig {
    /// 4 paths, from the prior's median, two of its draws and a point within 2 of 0 on the real line; 25 draws for the bound of
    /// each normal, a history of 6 steps and at most 1000 of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of paths, each from a start of its own: the first from the prior's median, then in turns from its draws and from
    /// points within 2 of 0 on the real line, which alone is where a density that is no program starts.
    pub fn with_paths(self, paths: usize) -> Self {
        Self { paths, ..self }
    }

    /// The draws by which the bound of each normal is estimated.
    pub fn with_elbo_draws(self, elbo_draws: usize) -> Self {
        Self { elbo_draws, ..self }
    }

    /// The steps that a path remembers: half of the rank of its covariances.
    pub fn with_history(self, history: usize) -> Self {
        Self { history, ..self }
    }

    /// The largest number of steps of a path.
    pub fn with_max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations, ..self }
    }
}

/// The normals of several paths to the mode: a guide that is found, and may be trained further.
///
/// Each path of a quasi-Newton method passes the posterior's bulk on its way to the mode; the normal of its curvature with
/// the largest bound stands for the path. The guide is their mixture; [`resample`](crate::resample) corrects its
/// draws by smoothed importance weights.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{PathfinderConfig, resample};
/// use elbo_model::{Layout, Trace};
///
/// fn chain(t: &mut Trace, x: &Tensor<2>) {
///     let z = t.sample("z", Normal::new(0.0, 1.0));
///     t.observe("x", Normal::new(z, 1.0), x.clone());
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let x = place.tensor(vec![1.0], [1, 1]);
/// let layout = Layout::discover(&chain, &x, &noise).unwrap();
/// let guide = PathfinderConfig::new().init(&layout, &chain, &x, &mut noise).unwrap();
/// let drawn = resample(&guide, &chain, &x, 4000, &mut noise).unwrap();
/// let draws = drawn.latents.value("z").unwrap().to_vec();
/// let mean = draws.iter().sum::<f64>() / 4000.0; // the posterior is N(½, ½)
/// assert!((mean - 0.5).abs() < 4.0 * (0.5_f64 / 4000.0).sqrt());
/// ```
///
/// # References
/// Zhang, Carpenter, Gelman & Vehtari (2022), *Pathfinder: parallel quasi-Newton variational inference*.
pub type Pathfinder = Automatic<GuideMixture<FullRankNormal>>;

impl PathfinderConfig {
    /// The normals of the paths to the mode of `model` on `batch`.
    ///
    /// # Errors
    /// [`GuideError::NoPath`], [`GuideError::NoSearch`], and those of [`AutomaticConfig::init`](crate::AutomaticConfig::init).
    pub fn init<B>(
        &self,
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Pathfinder, GuideError> {
        let flat = FlatLatents::new(layout)?;
        let scene = Scene { flat: &flat, layout, model, batch };
        let found = scene.paths(self, 0, noise)?;
        let normals: Vec<_> = found.into_iter().map(|found| found.normal).collect();
        let family = GuideMixture::of(FullRankNormal::at(&normals, flat.place()));
        Ok(Automatic::of(family, None, flat))
    }

    /// Refuses a search for nothing.
    pub(crate) fn check(&self) -> Result<(), GuideError> {
        let Self { paths, elbo_draws, history, max_iterations } = *self;
        let counts = [
            (paths, "paths"),
            (elbo_draws, "draws"),
            (history, "steps to remember"),
            (max_iterations, "steps"),
        ];
        match counts.into_iter().find(|(count, _)| *count == 0) {
            None => Ok(()),
            Some((_, what)) => Err(GuideError::NoSearch { what }),
        }
    }
}

/// The best normal of one path, and what it was chosen by.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub normal: Approximation,
    pub bound: f64,
}

/// The better of two normals by their bounds: the best of Pathfinder's, and Laplace's at the mode near it, where there is one.
pub(crate) fn better<M: LogJoint<B>, B>(
    density: &FlatDensity<'_, M, B>,
    best: Approximation,
    config: &PathfinderConfig,
    noise: &mut Noise,
) -> Result<Approximation, GuideError> {
    let laplace = match at_mode(density, best.loc.clone()) {
        Ok(normal) => normal,
        Err(GuideError::NotAMode) => return Ok(best),
        Err(other) => return Err(other),
    };
    let bound = |normal: &Approximation| {
        let point = |eps: &[f64]| {
            let moved = &normal.root * DVector::from_column_slice(eps);
            moved.iter().zip(&normal.loc).map(|(moved, loc)| moved + loc).collect()
        };
        bound(density, point, normal.log_det, COMPARED * config.elbo_draws, &mut noise.clone())
    };
    let [ours, theirs] = [bound(&laplace)?, bound(&best)?];
    Ok(if ours.is_nan() || ours < theirs { best } else { laplace })
}

/// The factor of draws by which two normals are compared, against those of one among many.
const COMPARED: usize = 8;

/// The best normal of each of `config.paths` paths, the best path first.
///
/// # Errors
/// [`GuideError::NoPath`] if no path has a normal with a finite bound.
pub(crate) fn search<M: LogJoint<B>, B>(
    density: &FlatDensity<'_, M, B>,
    starts: Vec<Vec<f64>>,
    config: &PathfinderConfig,
    noise: &mut Noise,
) -> Result<Vec<Found>, GuideError> {
    let options = Ascent {
        max_iterations: config.max_iterations,
        history: config.history,
        ..Ascent::default()
    };
    let paths = ascend(starts, &options, |points| density.slopes(points))?;
    let mut found = Vec::new();
    for path in &paths {
        found.extend(best(density, path, config.elbo_draws, noise)?);
    }
    found.sort_by(|a, b| b.bound.total_cmp(&a.bound));
    if found.is_empty() { Err(GuideError::NoPath { paths: paths.len() }) } else { Ok(found) }
}

/// The normal of the largest bound among those of a path.
fn best<M: LogJoint<B>, B>(
    density: &FlatDensity<'_, M, B>,
    path: &[Iterate],
    draws: usize,
    noise: &mut Noise,
) -> Result<Option<Found>, GuideError> {
    let mut best: Option<(f64, Estimated)> = None;
    for iterate in path.iter().skip(1) {
        let Some(normal) = Estimated::at(iterate) else { continue };
        let bound = bound(density, |eps| normal.point(eps), normal.log_det, draws, noise)?;
        if bound.is_finite() && best.as_ref().is_none_or(|(least, _)| bound > *least) {
            best = Some((bound, normal));
        }
    }
    Ok(best.map(|(bound, normal)| Found { normal: normal.into_approximation(), bound }))
}

/// The mean of `log p - log q` over draws of the normal whose `point` is that of standard noise.
fn bound<M: LogJoint<B>, B>(
    density: &FlatDensity<'_, M, B>,
    point: impl Fn(&[f64]) -> Vec<f64>,
    log_det: f64,
    draws: usize,
    noise: &mut Noise,
) -> Result<f64, GuideError> {
    let d = density.flat.len();
    let eps: Tensor<2> = noise.split().normal([draws, d]);
    let eps: Vec<f64> = eps.into_data().iter::<f64>().collect();
    let points: Vec<_> = eps.chunks(d).map(point).collect();
    let log_p = density.log_prob(&points)?;
    let log_q = |eps: &[f64]| -0.5 * dot(eps, eps) - HALF_LN_TWO_PI * d as f64 - log_det;
    let log_q = eps.chunks(d).map(log_q);
    Ok(log_p.iter().zip(log_q).map(|(p, q)| p - q).sum::<f64>() / draws as f64)
}

/// The normal that a quasi-Newton method's memory describes: `Σ = diag(α) + β γ βᵀ`, with the root
/// `diag(√α) (I + Q (L - I) Qᵀ)`.
struct Estimated {
    loc: Vec<f64>,
    scale: DVector<f64>,
    /// `Q`, with orthonormal columns, and `L - I`.
    update: Option<[DMatrix<f64>; 2]>,
    log_det: f64,
}

impl Estimated {
    /// The normal at a point of a path, if its covariance is positive definite.
    fn at(iterate: &Iterate) -> Option<Self> {
        let Curvature { pairs, diagonal } = &iterate.curvature;
        let scale = DVector::from_iterator(diagonal.len(), diagonal.iter().map(|x| x.sqrt()));
        let mut log_det = scale.iter().map(|x| x.ln()).sum::<f64>();
        let update = match pairs.is_empty() {
            true => None,
            false => Some(update(pairs, &scale)?),
        };
        if let Some([_, inner]) = &update {
            log_det += inner.diagonal().iter().map(|x| (1.0 + x).ln()).sum::<f64>();
        }
        let step = iterate.curvature.times(&iterate.gradient);
        let loc: Vec<f64> = iterate.z.iter().zip(step).map(|(z, step)| z + step).collect();
        let finite = log_det.is_finite() && loc.iter().all(|x| x.is_finite());
        finite.then_some(Self { loc, scale, update, log_det })
    }

    /// The point of standard noise.
    fn point(&self, eps: &[f64]) -> Vec<f64> {
        let mut u = DVector::from_column_slice(eps);
        if let Some([q, inner]) = &self.update {
            u += q * (inner * q.tr_mul(&u));
        }
        u.component_mul_assign(&self.scale);
        u.iter().zip(&self.loc).map(|(u, loc)| u + loc).collect()
    }

    fn into_approximation(self) -> Approximation {
        let d = self.loc.len();
        let mut root = DMatrix::identity(d, d);
        if let Some([q, inner]) = &self.update {
            root += q * inner * q.transpose();
        }
        for (mut row, scale) in root.row_iter_mut().zip(self.scale.iter()) {
            row *= *scale;
        }
        Approximation { loc: self.loc, root, log_det: self.log_det }
    }
}

/// `Q` and `L - I` of pairs `s`, `y` over a diagonal `α` (Zhang et al. 2022, algorithms 3 and 4).
fn update(
    pairs: &VecDeque<(Vec<f64>, Vec<f64>)>,
    scale: &DVector<f64>,
) -> Option<[DMatrix<f64>; 2]> {
    let (d, j) = (scale.len(), pairs.len());
    let s = DMatrix::from_fn(d, j, |row, column| pairs[column].0[row]);
    let y = DMatrix::from_fn(d, j, |row, column| pairs[column].1[row]);
    let scaled_y = DMatrix::from_fn(d, j, |row, column| scale[row] * y[(row, column)]);
    let products = s.tr_mul(&y);
    let inverse = products.upper_triangle().try_inverse()?;
    let middle = DMatrix::from_diagonal(&products.diagonal()) + scaled_y.tr_mul(&scaled_y);
    let mut gamma = DMatrix::zeros(2 * j, 2 * j);
    gamma.view_mut((0, j), (j, j)).copy_from(&-&inverse);
    gamma.view_mut((j, 0), (j, j)).copy_from(&-inverse.transpose());
    gamma.view_mut((j, j), (j, j)).copy_from(&(inverse.transpose() * middle * &inverse));
    // diag(α)^-½ β, with β = (diag(α) Y, S).
    let beta = DMatrix::from_fn(d, 2 * j, |row, column| match column < j {
        true => scaled_y[(row, column)],
        false => s[(row, column - j)] / scale[row],
    });
    let (q, r) = beta.qr().unpack();
    let inner = &r * gamma * r.transpose();
    let inner = (&inner + inner.transpose()) * 0.5;
    let k = inner.nrows();
    let lower = (inner + DMatrix::identity(k, k)).cholesky()?.unpack();
    Some([q, lower - DMatrix::identity(k, k)])
}
