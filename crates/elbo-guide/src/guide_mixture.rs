//! Mixtures of the members of a family.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use elbo_dist::{Noise, logsumexp};

use crate::{Family, FamilyConfig, FamilyStart, FrameKind, GuideError};

/// The mixture of the `K` members of a family, with equal weights.
///
/// `log q(u) = log 1/K Σ_k q_k(u)`
///
/// Particles take the members in turns, from one chosen at random, so that the pathwise gradient is that of the bound;
/// weights to be learnt would have none.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Distribution, Noise, Normal};
/// use elbo_guide::{AutomaticConfig, FullRankNormalConfig, Guide, Init, GuideMixtureConfig, Score};
/// use elbo_model::{Layout, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::new(0.0, 1.0).iid([1, 2]));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let family = GuideMixtureConfig::new(FullRankNormalConfig, 3);
/// let config = AutomaticConfig::of(family).with_init(Init::Uniform { radius: 2.0 });
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let draw = guide.draw(&(), 10, &Plan::default(), &mut noise).unwrap();
/// let again = guide.log_q(&(), &draw.latents).unwrap().total();
/// assert!((draw.log_q.total() - again).abs().max().into_scalar::<f32>() < 1e-4);
/// ```
///
/// # References
/// Kviman et al. (2022), *Multiple importance sampling ELBO and deep ensembles of variational approximations*,
/// for equal weights.
#[derive(Module, Debug)]
pub struct GuideMixture<F: Module> {
    members: F,
}

/// How a [`GuideMixture`] starts: each member at a start of its own.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Family, FamilyConfig, FamilyStart, FullRankNormalConfig, GuideMixtureConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![-1.0], vec![1.0]], scale: 1.0, sites: vec![] };
/// let config = GuideMixtureConfig::new(FullRankNormalConfig, 2);
/// let mixture = config.init(&start, &mut Noise::new(0, &place)).unwrap();
/// let log_q: f64 = mixture.log_prob(place.zeros([1, 1])).into_scalar();
/// assert!((log_q + 1.418_939).abs() < 1e-6); // log ½ (N(0; -1, 1) + N(0; 1, 1))
/// ```
#[derive(Clone, Debug)]
pub struct GuideMixtureConfig<C> {
    member: C,
    count: usize,
}

impl<C> GuideMixtureConfig<C> {
    /// A mixture of `count` members.
    pub fn new(member: C, count: usize) -> Self {
        Self { member, count }
    }
}

impl<F: Family> GuideMixture<F> {
    /// The mixture of the members of a family.
    pub fn of(members: F) -> Self {
        Self { members }
    }

    /// The members.
    pub fn members(&self) -> &F {
        &self.members
    }
}

impl<C: FamilyConfig> FamilyConfig for GuideMixtureConfig<C>
where
    C::Family: ModuleDisplay,
{
    type Family = GuideMixture<C::Family>;

    fn frame(&self) -> FrameKind {
        self.member.frame()
    }

    fn starts(&self) -> usize {
        self.count * self.member.starts()
    }

    fn init(&self, start: &FamilyStart, noise: &mut Noise) -> Result<Self::Family, GuideError> {
        if start.restarts() != self.starts() {
            return Err(GuideError::MixtureRestarts);
        }
        Ok(GuideMixture { members: self.member.init(start, noise)? })
    }
}

impl<F: Family + ModuleDisplay> Family for GuideMixture<F> {
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2> {
        let count = self.members.restarts();
        let first: f64 = noise.site("first").from_particle(0).uniform([1]).into_scalar();
        // Draws in chunks are those of all at once.
        let first = (first * count as f64) as usize + noise.state().particle as usize;
        let all = self.members.sample(particles, &mut noise.repeating(particles));
        let d = all.dims()[1];
        let all: Tensor<3> = all.reshape([count, particles, d]);
        let of_row = |i: usize| (i % particles + first) % count == i / particles;
        let chosen = (0..count * particles).map(|i| f64::from(u8::from(of_row(i)))).collect();
        let chosen: Tensor<3> = noise.place().tensor(chosen, [count, particles, 1]);
        (all * chosen).sum_dim(0).reshape([particles, d])
    }

    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let z = self.sample(particles, noise);
        (z.clone(), self.log_prob(z))
    }

    fn log_prob(&self, z: Tensor<2>) -> Tensor<2> {
        let (count, rows) = (self.members.restarts(), z.dims()[0]);
        let each = self.members.log_prob(z.repeat_dim(0, count));
        let log_prob = logsumexp(each.reshape([count, rows]), 0) - (count as f64).ln();
        log_prob.reshape([rows, 1])
    }

    fn restarts(&self) -> usize {
        1
    }

    fn restart(&self, _: usize) -> Self {
        self.clone()
    }
}
