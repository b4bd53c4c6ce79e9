//! Families of densities over vectors, which automatic guides are made of.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{HALF_LN_TWO_PI, Noise, Place};
use elbo_model::Plate;

use crate::GuideError;

/// A family of densities over the vectors of the real line.
///
/// It holds `R` members at once, one a restart of a fit; the rows of draws are those of the first member,
/// then those of the second. A family becomes a guide as an [`Automatic`](crate::Automatic).
///
/// # Shapes
/// `[R S, d]` for `R` members, `S` particles of each, and vectors of `d` numbers; log-densities are `[R S, 1]`.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Family, FamilyConfig, FamilyStart, FullRankNormalConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![0.0], vec![1.0]], scale: 1.0, sites: vec![] };
/// let family = FullRankNormalConfig.init(&start, &mut Noise::new(0, &place)).unwrap();
/// let log_q = family.log_prob(place.zeros([2, 1])).into_data().try_to_vec::<f64>().unwrap();
/// assert!((log_q[0] + 0.918_939).abs() < 1e-6); // log N(0; 0, 1), of the first member
/// assert!((log_q[1] + 1.418_939).abs() < 1e-6); // log N(0; 1, 1), of the second
/// ```
pub trait Family: Module {
    /// Draws that carry gradients to the parameters.
    ///
    /// # Shapes
    /// `[R S, d]`.
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2>;

    /// Draws and their log-density, with gradients to the parameters through both.
    ///
    /// # Shapes
    /// `[R S, d]` and `[R S, 1]`.
    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>);

    /// The log-density of `z`.
    ///
    /// # Shapes
    /// `[R S, d]` to `[R S, 1]`.
    fn log_prob(&self, z: Tensor<2>) -> Tensor<2>;

    /// The number of members `R`.
    fn restarts(&self) -> usize;

    /// The member `restart` alone.
    ///
    /// # Panics
    /// If there is no such member; a [`GuideMixture`](crate::GuideMixture), which is one member, does not look.
    fn restart(&self, restart: usize) -> Self;
}

/// How a family starts.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Family, FamilyConfig, FamilyStart, FullRankNormalConfig, GuideMixtureConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let config = GuideMixtureConfig::new(FullRankNormalConfig, 3);
/// assert_eq!(config.starts(), 3); // one a component
/// let locs = vec![vec![0.0]; 3];
/// let start = FamilyStart { place: place.clone(), locs, scale: 1.0, sites: vec![] };
/// let family = config.init(&start, &mut Noise::new(0, &place)).unwrap();
/// let log_q: f64 = family.log_prob(place.zeros([1, 1])).into_scalar();
/// assert!((log_q + 0.918_939).abs() < 1e-6); // three times the same normal
/// ```
pub trait FamilyConfig {
    /// The family.
    type Family: Family;

    /// What of the start's covariance the family has room for.
    fn frame(&self) -> FrameKind;

    /// The starts that one fit takes: 1, or one a component of a mixture.
    fn starts(&self) -> usize {
        1
    }

    /// The family whose member `r` starts at `start.locs[r]`.
    ///
    /// # Errors
    /// What the family cannot be: [`GuideError::Rank`], [`GuideError::Dependency`], [`GuideError::Layer`] or
    /// [`GuideError::MixtureRestarts`].
    fn init(&self, start: &FamilyStart, noise: &mut Noise) -> Result<Self::Family, GuideError>;
}

/// What of a covariance a family has room for.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{FamilyConfig, FrameKind, FullRankConfig, FullRankNormalConfig, Init};
/// use elbo_model::{Layout, Trace};
///
/// fn pair(t: &mut Trace, _: &()) {
///     let a = t.sample("a", Normal::<2>::new(0.0, 1.0));
///     t.sample("b", Normal::new(a, 1.0));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let layout = Layout::discover(&pair, &(), &noise).unwrap();
/// let config = FullRankConfig::new().with_init(Init::Laplace);
/// let guide = config.init(&layout, &pair, &(), &mut noise).unwrap();
/// assert_eq!(FullRankNormalConfig.frame(), FrameKind::Dense); // so that the start has the covariances too
/// let covariance = guide.covariance().into_data().try_to_vec::<f64>().unwrap();
/// assert!((covariance[1] - 1.0).abs() < 1e-5); // of a and b = a + N(0, 1)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// The scale of each coordinate.
    Diagonal,
    /// All of it.
    Dense,
}

/// Where the members of a family start, in the coordinates in which it lives.
///
/// # Shapes
/// `R` locations of `d` numbers, and one scale for all of them; the sites share out the `d` numbers.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::Place;
/// use elbo_guide::FamilyStart;
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let start = FamilyStart { place, locs: vec![vec![1.0, 2.0], vec![3.0, 4.0]], scale: 0.1, sites: vec![] };
/// assert_eq!((start.restarts(), start.size()), (2, 2));
/// assert_eq!(start.loc().into_data().try_to_vec::<f64>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
/// ```
#[derive(Clone, Debug)]
pub struct FamilyStart {
    /// Where the parameters are made.
    pub place: Place,
    /// The location of each member, `R` times `d` numbers; all of one length.
    pub locs: Vec<Vec<f64>>,
    /// The standard deviation of every coordinate.
    pub scale: f64,
    /// The sites, in the order in which they lie in the vectors.
    pub sites: Vec<SiteSpan>,
}

/// Where the numbers of a site lie in the vectors of a family.
///
/// # Shapes
/// Columns `start..start + size` of `[R S, d]`.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BlockDiagonalNormalConfig, FamilyConfig, FamilyStart, SiteSpan};
/// use elbo_model::Plate;
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let level = SiteSpan { name: "level".into(), start: 0, size: 1, plates: vec![] };
/// let groups = Plate { name: "groups".into(), axis: 1, total: 3, batch: 3 };
/// let slope = SiteSpan { name: "slope".into(), start: 1, size: 3, plates: vec![groups] };
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![0.0; 4]], scale: 1.0, sites: vec![level, slope] };
/// let family = BlockDiagonalNormalConfig.init(&start, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(family.blocks(), [(1, 1), (3, 1)]); // the level, and a slope a group
/// ```
#[derive(Clone, Debug)]
pub struct SiteSpan {
    /// The site.
    pub name: String,
    /// The first of its numbers.
    pub start: usize,
    /// How many there are.
    pub size: usize,
    /// The plates around the site, outermost first; its numbers lie in the order of their elements.
    pub plates: Vec<Plate>,
}

impl SiteSpan {
    /// The columns of the site.
    pub(crate) fn of(&self, x: &Tensor<2>) -> Tensor<2> {
        x.clone().narrow(1, self.start, self.size)
    }
}

impl FamilyStart {
    /// The number of members `R`.
    pub fn restarts(&self) -> usize {
        self.locs.len()
    }

    /// The length `d` of the vectors.
    pub fn size(&self) -> usize {
        self.locs[0].len()
    }

    /// The locations.
    ///
    /// # Shapes
    /// `[R, d]`.
    pub fn loc(&self) -> Tensor<2> {
        self.place.tensor(self.locs.concat(), [self.restarts(), self.size()])
    }

    /// A tensor filled with one number.
    pub fn filled<const D: usize>(&self, shape: [usize; D], value: f64) -> Tensor<D> {
        self.place.zeros(shape) + value
    }
}

/// Standard noise for so many particles of each member of a parameter `[R, d]`.
pub(crate) fn standard_noise(
    like: &Param<Tensor<2>>,
    particles: usize,
    noise: &mut Noise,
) -> Tensor<2> {
    let [restarts, d] = like.val().dims();
    noise.normal([restarts * particles, d])
}

/// `log N(ε; 0, I)`.
///
/// # Shapes
/// `[R S, d]` to `[R S, 1]`.
pub(crate) fn standard_log_prob(eps: Tensor<2>) -> Tensor<2> {
    let d = eps.dims()[1] as f64;
    eps.square().sum_dim(1) * -0.5 - HALF_LN_TWO_PI * d
}

/// The parameter `[R, n]` for each row of `[R S, n]`: as it is for one member, which broadcasts.
pub(crate) fn per_row(param: Tensor<2>, rows: usize) -> Tensor<2> {
    let [restarts, n] = param.dims();
    if restarts == 1 {
        return param;
    }
    let each = rows / restarts;
    param.unsqueeze_dim::<3>(1).repeat_dim(1, each).reshape([rows, n])
}

/// `x Wᵀ` for the rows of each member.
///
/// # Shapes
/// `[R S, n]` and `[R, m, n]` to `[R S, m]`.
pub(crate) fn apply(weight: Tensor<3>, x: Tensor<2>) -> Tensor<2> {
    let [restarts, m, n] = weight.dims();
    let rows = x.dims()[0];
    if restarts == 1 {
        return x.matmul(weight.reshape([m, n]).transpose());
    }
    let x: Tensor<3> = x.reshape([restarts, rows / restarts, n]);
    x.matmul(weight.swap_dims(1, 2)).reshape([rows, m])
}
