//! A normal with a covariance of low rank and a diagonal.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{HALF_LN_TWO_PI, Noise, low_rank_solve};
use elbo_model::named_param;

use crate::family::{apply, per_row};
use crate::frame::take;
use crate::{Automatic, AutomaticConfig, Family, FamilyConfig, FamilyStart, FrameKind, GuideError};

/// The low-rank normal guide: all latents, mapped to the real line, are one normal with the covariance
/// `W Wᵀ + diag(e^{2ω})`.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Distribution, Noise, Normal};
/// use elbo_guide::{Guide, LowRankConfig};
/// use elbo_model::{Layout, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::new(0.0, 1.0).iid([1, 30]));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let guide = LowRankConfig::rank(5).init(&layout, &model, &(), &mut noise).unwrap();
/// let draw = guide.draw(&(), 8, &Plan::default(), &mut noise).unwrap();
/// assert_eq!(draw.latents.get::<2>("z").unwrap().dims(), [8, 30]);
/// assert_eq!(guide.num_params(), 210); // two numbers a latent, and five of the factor
/// ```
///
/// # References
/// Ong, Nott & Smith (2018), *Gaussian variational approximation with a factor covariance structure*.
pub type LowRank = Automatic<LowRankNormal>;

/// How a [`LowRank`] starts: next to without correlations.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Distribution, Noise, Normal};
/// use elbo_guide::LowRankConfig;
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::new(0.0, 1.0).iid([1, 4]));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let config = LowRankConfig::rank(2).with_restarts(3);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// assert_eq!(guide.num_params(), 48); // three fits of 4 + 4 + 4·2 numbers
/// ```
pub type LowRankConfig = AutomaticConfig<LowRankNormalConfig>;

/// The family of normals `u = μ + e^ω ε + W η`, with `d` numbers `ε` and `r` numbers `η` of standard noise.
///
/// `log q(u) = -½ (u - μ)ᵀ Σ⁻¹ (u - μ) - ½ log |Σ| - d/2 log 2π`, `Σ = W Wᵀ + diag(e^{2ω})`
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{Family, Init, LowRankConfig};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let start = Init::Value(layout.at([("z", place.zeros::<2>([1, 1]))]));
/// let config = LowRankConfig::rank(1).with_init(start).with_scale(1.0);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let log_q: f64 = guide.family().log_prob(place.zeros([1, 1])).into_scalar();
/// assert!((log_q + 0.918_939).abs() < 0.1); // log N(0; 0, 1 + w²), where w is a tenth of a standard normal draw
/// ```
#[derive(Module, Debug)]
pub struct LowRankNormal {
    /// `[R, d]`
    loc: Param<Tensor<2>>,
    /// `[R, d]`
    log_scale: Param<Tensor<2>>,
    /// `[R, d, r]`
    factor: Param<Tensor<3>>,
}

/// A [`LowRankNormal`] that starts next to without correlations; `LowRankConfig::rank` makes it.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Distribution, Noise, Normal};
/// use elbo_guide::{GuideError, LowRankConfig};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::new(0.0, 1.0).iid([1, 2]));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let error = LowRankConfig::rank(3).init(&layout, &model, &(), &mut noise).unwrap_err();
/// assert_eq!(error, GuideError::Rank { rank: 3, size: 2 });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LowRankNormalConfig {
    rank: usize,
}

impl LowRankConfig {
    /// A covariance of this rank over a diagonal, the prior's median as location, and a scale of 0.1.
    pub fn rank(rank: usize) -> Self {
        Self::of(LowRankNormalConfig { rank })
    }
}

/// The size of the factor's numbers at the start, relative to the scale: at 0 its gradient would be 0.
const FIRST_FACTOR: f64 = 0.1;

impl FamilyConfig for LowRankNormalConfig {
    type Family = LowRankNormal;

    fn frame(&self) -> FrameKind {
        FrameKind::Diagonal
    }

    fn init(&self, start: &FamilyStart, noise: &mut Noise) -> Result<LowRankNormal, GuideError> {
        let (r, d) = (start.restarts(), start.size());
        if !(1..=d).contains(&self.rank) {
            return Err(GuideError::Rank { rank: self.rank, size: d });
        }
        let factor: Tensor<3> = noise.split().normal([r, d, self.rank]);
        Ok(LowRankNormal {
            loc: named_param("low_rank.loc", start.loc()),
            log_scale: named_param("low_rank.log_scale", start.filled([r, d], start.scale.ln())),
            factor: named_param("low_rank.factor", factor * (FIRST_FACTOR * start.scale)),
        })
    }
}

impl Family for LowRankNormal {
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2> {
        let [restarts, d, rank] = self.factor.val().dims();
        let rows = restarts * particles;
        let noise: Tensor<2> = noise.normal([rows, d + rank]);
        let (eps, eta) = (noise.clone().narrow(1, 0, d), noise.narrow(1, d, rank));
        eps * per_row(self.log_scale.val().exp(), rows)
            + apply(self.factor.val(), eta)
            + per_row(self.loc.val(), rows)
    }

    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let z = self.sample(particles, noise);
        (z.clone(), self.log_prob(z))
    }

    fn log_prob(&self, z: Tensor<2>) -> Tensor<2> {
        let ([rows, d], restarts) = (z.dims(), self.restarts());
        let centred = z - per_row(self.loc.val(), rows);
        let columns = centred.clone().reshape([restarts, rows / restarts, d]).swap_dims(1, 2);
        let variances = (self.log_scale.val() * 2.0).exp().unsqueeze_dim::<3>(2);
        match low_rank_solve(self.factor.val(), variances, columns) {
            Ok((solved, log_det)) => {
                let solved = solved.swap_dims(1, 2).reshape([rows, d]);
                let log_det = per_row(log_det.reshape([restarts, 1]), rows);
                ((centred * solved).sum_dim(1) + log_det) * -0.5 - HALF_LN_TWO_PI * d as f64
            }
            // What is not a covariance has no density; whoever asks finds that out by its value.
            Err(_) => centred.sum_dim(1) * f64::NAN,
        }
    }

    fn restarts(&self) -> usize {
        self.loc.val().dims()[0]
    }

    fn restart(&self, restart: usize) -> Self {
        Self {
            loc: take(&self.loc, restart),
            log_scale: take(&self.log_scale, restart),
            factor: take(&self.factor, restart),
        }
    }
}
