//! A normal with all its covariances.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Noise, Place, solve_lower};
use elbo_model::{Layout, LogJoint, named_param};
use nalgebra::DMatrix;

use crate::family::{apply, per_row, standard_log_prob, standard_noise};
use crate::frame::{Approximation, row_major, take_some};
use crate::{Automatic, AutomaticConfig, Family, FamilyConfig, FamilyStart, FrameKind, GuideError};

/// The full-rank normal guide: all latents, mapped to the real line, are one multivariate normal, `z = μ + L ε`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{FullRankConfig, Init};
/// use elbo_model::{Layout, Trace};
///
/// fn chain(t: &mut Trace, x: &Tensor<2>) {
///     let z1 = t.sample("z1", Normal::new(0.0, 1.0));
///     let z2 = t.sample("z2", Normal::new(z1, 1.0));
///     t.observe("x", Normal::new(z2, 1.0), x.clone());
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let x = place.tensor(vec![1.0], [1, 1]);
/// let layout = Layout::discover(&chain, &x, &noise).unwrap();
/// let config = FullRankConfig::new().with_init(Init::Laplace);
/// let guide = config.init(&layout, &chain, &x, &mut noise).unwrap();
/// // The posterior is normal, with the means 1/3 and 2/3: the start is there.
/// let loc = guide.loc().into_data().try_to_vec::<f64>().unwrap();
/// assert!((loc[0] - 1.0 / 3.0).abs() < 1e-5 && (loc[1] - 2.0 / 3.0).abs() < 1e-5);
/// ```
///
/// # References
/// Kucukelbir, Tran, Ranganath, Gelman & Blei (2017), *Automatic differentiation variational inference*.
pub type FullRank = Automatic<FullRankNormal>;

/// How a [`FullRank`] starts: without correlations, or as the normal that its [`Init`](crate::Init) finds.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::FullRankConfig;
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let config = FullRankConfig::new().with_scale(0.5);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// assert!((guide.covariance().into_scalar::<f64>() - 0.25).abs() < 1e-12);
/// ```
pub type FullRankConfig = AutomaticConfig<FullRankNormalConfig>;

/// The family of normals `u = μ + L ε`, `ε ~ N(0, I)`, with `L = diag(e^ω) (I + N)` for a strictly lower triangular `N`.
///
/// `log q(u) = -½ |L⁻¹ (u - μ)|² - Σ ω - d/2 log 2π`
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Family, FamilyConfig, FamilyStart, FullRankNormalConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![1.0, 2.0]], scale: 0.5, sites: vec![] };
/// let family = FullRankNormalConfig.init(&start, &mut Noise::new(0, &place)).unwrap();
/// let log_q: f64 = family.log_prob(place.tensor(vec![1.0, 2.0], [1, 2])).into_scalar();
/// assert!((log_q + 0.451_583).abs() < 1e-6); // 2 log 2 - log 2π
/// ```
#[derive(Module, Debug)]
pub struct FullRankNormal {
    /// `[R, d]`
    loc: Param<Tensor<2>>,
    /// `[R, d]`
    log_scale: Param<Tensor<2>>,
    /// `[R, d, d]`, of which the part below the diagonal counts.
    mixing: Param<Tensor<3>>,
}

/// A [`FullRankNormal`] that starts without correlations.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{FamilyConfig, FamilyStart, FullRankNormalConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![1.0, 2.0]], scale: 0.5, sites: vec![] };
/// let family = FullRankNormalConfig.init(&start, &mut Noise::new(0, &place)).unwrap();
/// let factor = family.scale_tril().into_data().try_to_vec::<f64>().unwrap();
/// assert!(factor.iter().zip([0.5_f64, 0.0, 0.0, 0.5]).all(|(found, exact)| (found - exact).abs() < 1e-12));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct FullRankNormalConfig;

impl FamilyConfig for FullRankNormalConfig {
    type Family = FullRankNormal;

    fn frame(&self) -> FrameKind {
        FrameKind::Dense
    }

    fn init(&self, start: &FamilyStart, _: &mut Noise) -> Result<FullRankNormal, GuideError> {
        Ok(FullRankNormal::diagonal("full_rank", start.loc(), start.scale))
    }
}

impl FullRankNormal {
    /// The location `μ`.
    ///
    /// # Shapes
    /// `[R, d]`.
    pub fn loc(&self) -> Tensor<2> {
        self.loc.val().inner()
    }

    /// The lower factor `L` of the covariance `L Lᵀ`.
    ///
    /// # Shapes
    /// `[R, d, d]`.
    pub fn scale_tril(&self) -> Tensor<3> {
        self.factor().inner()
    }

    /// One member a normal.
    pub(crate) fn at(normals: &[Approximation], place: &Place) -> Self {
        let (r, d) = (normals.len(), normals[0].loc.len());
        let (mut locs, mut log_scales, mut mixings) = (Vec::new(), Vec::new(), Vec::new());
        for normal in normals {
            // A Aᵀ = L Lᵀ for Aᵀ = Q R and L = Rᵀ, with the signs that make its diagonal positive.
            let lower = normal.root.transpose().qr().unpack_r().transpose();
            let diagonal = lower.diagonal();
            let mixing = DMatrix::from_fn(d, d, |i, j| match i > j {
                true => lower[(i, j)] * diagonal[j].signum() / diagonal[i].abs(),
                false => 0.0,
            });
            locs.extend(&normal.loc);
            log_scales.extend(diagonal.iter().map(|x| x.abs().ln()));
            mixings.extend(row_major(&mixing));
        }
        Self {
            loc: named_param("full_rank.loc", place.tensor(locs, [r, d])),
            log_scale: named_param("full_rank.log_scale", place.tensor(log_scales, [r, d])),
            mixing: named_param("full_rank.mixing", place.tensor(mixings, [r, d, d])),
        }
    }

    /// One member a row of `loc`, without correlations.
    pub(crate) fn diagonal(name: &str, loc: Tensor<2>, scale: f64) -> Self {
        let [_, d] = loc.dims();
        let log_scale = loc.zeros_like() + scale.ln();
        let mixing = loc.zeros_like().unsqueeze_dim::<3>(1).repeat_dim(1, d);
        Self {
            loc: named_param(&format!("{name}.loc"), loc),
            log_scale: named_param(&format!("{name}.log_scale"), log_scale),
            mixing: named_param(&format!("{name}.mixing"), mixing),
        }
    }

    /// So many members from the first one on.
    pub(crate) fn members(&self, first: usize, count: usize) -> Self {
        Self {
            loc: take_some(&self.loc, first, count),
            log_scale: take_some(&self.log_scale, first, count),
            mixing: take_some(&self.mixing, first, count),
        }
    }

    fn factor(&self) -> Tensor<3> {
        let mixing = self.mixing.val();
        let [_, d, _] = mixing.dims();
        let ones = Tensor::<2>::ones([d, d], (&mixing.device().inner(), mixing.dtype())).tril(0);
        let below = ones.clone().tril(-1);
        let unit = ones - below.clone();
        let rows = self.log_scale.val().exp().unsqueeze_dim::<3>(2);
        (mixing * below.unsqueeze() + unit.unsqueeze()) * rows
    }

    /// `-½ ε² - Σ ω - d/2 log 2π`.
    fn log_base(&self, eps: Tensor<2>) -> Tensor<2> {
        let log_det = per_row(self.log_scale.val().sum_dim(1), eps.dims()[0]);
        standard_log_prob(eps) - log_det
    }

    fn moved(&self, eps: Tensor<2>) -> Tensor<2> {
        let rows = eps.dims()[0];
        apply(self.factor(), eps) + per_row(self.loc.val(), rows)
    }
}

impl Family for FullRankNormal {
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2> {
        self.moved(standard_noise(&self.loc, particles, noise))
    }

    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let eps = standard_noise(&self.loc, particles, noise);
        (self.moved(eps.clone()), self.log_base(eps))
    }

    fn log_prob(&self, z: Tensor<2>) -> Tensor<2> {
        let ([rows, d], restarts) = (z.dims(), self.loc.val().dims()[0]);
        let centred = z - per_row(self.loc.val(), rows);
        let columns = centred.reshape([restarts, rows / restarts, d]).swap_dims(1, 2);
        let eps = solve_lower(self.factor(), columns).swap_dims(1, 2).reshape([rows, d]);
        self.log_base(eps)
    }

    fn restarts(&self) -> usize {
        self.loc.val().dims()[0]
    }

    fn restart(&self, restart: usize) -> Self {
        self.members(restart, 1)
    }
}

impl Default for FullRankConfig {
    fn default() -> Self {
        Self::of(FullRankNormalConfig)
    }
}

impl FullRankConfig {
    /// The prior's median as location, and a scale of 0.1.
    pub fn new() -> Self {
        Self::default()
    }
}

impl FullRank {
    /// A guide for the latents of `layout` with the default configuration.
    ///
    /// # Errors
    /// As [`AutomaticConfig::init`].
    pub fn new<B>(
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Self, GuideError> {
        FullRankConfig::new().init(layout, model, batch, noise)
    }

    /// The location on the real line.
    ///
    /// # Shapes
    /// `[R, d]`.
    pub fn loc(&self) -> Tensor<2> {
        self.placed(self.family().loc())
    }

    /// The covariance on the real line.
    ///
    /// # Shapes
    /// `[R, d, d]`.
    pub fn covariance(&self) -> Tensor<3> {
        let factor = self.rooted(self.family().scale_tril());
        factor.clone().matmul(factor.swap_dims(1, 2))
    }
}
