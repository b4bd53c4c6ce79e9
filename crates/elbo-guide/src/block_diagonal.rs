//! Normals in blocks, one a plate element.

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use elbo_dist::Noise;

use crate::{
    Automatic, AutomaticConfig, Family, FamilyConfig, FamilyStart, FrameKind, FullRankNormal,
    GuideError, SiteSpan,
};

/// The block-diagonal normal guide: the latents outside plates are one multivariate normal, and so are, for each element of an
/// outermost plate, the latents that belong to it; blocks are independent.
///
/// `log q(u) = Σ_b log N(u_b; μ_b, Σ_b)`
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{BlockDiagonalConfig, Guide};
/// use elbo_model::{Layout, Plan, Trace};
///
/// fn lines(t: &mut Trace, _: &()) {
///     t.plate("groups", 4, |t| {
///         let level = t.sample("level", Normal::<2>::new(0.0, 1.0)); // [S, 4]
///         t.sample("slope", Normal::new(level, 1.0));
///     });
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&lines, &(), &noise).unwrap();
/// let config = BlockDiagonalConfig::by_plate();
/// let guide = config.init(&layout, &lines, &(), &mut noise).unwrap();
/// assert_eq!(guide.family().blocks(), [(4, 2)]); // four blocks of two latents
/// ```
///
/// # References
/// Bishop (2006), *Pattern Recognition and Machine Learning*, equation 10.5, for a factor a group of latents.
pub type BlockDiagonal = Automatic<BlockDiagonalNormal>;

/// How a [`BlockDiagonal`] starts: without correlations.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{BlockDiagonalConfig, Init, Score};
/// use elbo_model::{Layout, Trace};
///
/// fn groups(t: &mut Trace, _: &()) {
///     t.plate("groups", 4, |t| {
///         t.sample("level", Normal::<2>::new(0.0, 1.0)); // [S, 4]
///     });
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let layout = Layout::discover(&groups, &(), &noise).unwrap();
/// let zero = layout.at([("level", place.zeros::<2>([1, 4]))]);
/// let config = BlockDiagonalConfig::by_plate().with_init(Init::Value(zero.clone())).with_scale(1.0);
/// let guide = config.init(&layout, &groups, &(), &mut noise).unwrap();
/// let log_q: f64 = guide.log_q(&(), &zero).unwrap().total().into_scalar();
/// assert!((log_q + 3.675_754).abs() < 1e-6); // four standard normals at 0
/// ```
pub type BlockDiagonalConfig = AutomaticConfig<BlockDiagonalNormalConfig>;

/// The family of normals whose covariance has blocks.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BlockDiagonalNormalConfig, Family, FamilyConfig, FamilyStart, SiteSpan};
/// use elbo_model::Plate;
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let groups = Plate { name: "groups".into(), axis: 1, total: 2, batch: 2 };
/// let site = |name: &str, start| SiteSpan { name: name.into(), start, size: 2, plates: vec![groups.clone()] };
/// let sites = vec![site("level", 0), site("slope", 2)];
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![0.0; 4]], scale: 1.0, sites };
/// let family = BlockDiagonalNormalConfig.init(&start, &mut Noise::new(0, &place)).unwrap();
/// let log_q: f64 = family.log_prob(place.zeros([1, 4])).into_scalar();
/// assert!((log_q + 3.675_754).abs() < 1e-6); // at the start four standard normals
/// ```
#[derive(Module, Debug)]
pub struct BlockDiagonalNormal {
    /// For each kind of block, its blocks as the members of a family.
    kinds: Vec<FullRankNormal>,
    #[module(skip)]
    shapes: Vec<(usize, usize)>,
    /// For each number of the vector, where it is among those of the blocks.
    #[module(skip)]
    order: Vec<usize>,
    #[module(skip)]
    restarts: usize,
}

/// A [`BlockDiagonalNormal`] that starts without correlations.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BlockDiagonalNormalConfig, FamilyConfig, FamilyStart, SiteSpan};
/// use elbo_model::Plate;
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let groups = Plate { name: "groups".into(), axis: 1, total: 2, batch: 2 };
/// let site = |name: &str, start| SiteSpan { name: name.into(), start, size: 2, plates: vec![groups.clone()] };
/// let sites = vec![site("level", 0), site("slope", 2)];
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![0.0; 4]], scale: 1.0, sites };
/// let family = BlockDiagonalNormalConfig.init(&start, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(family.num_params(), 16); // two blocks of 2 + 2 + 2·2 numbers; without blocks 4 + 4 + 4·4
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockDiagonalNormalConfig;

impl BlockDiagonalConfig {
    /// One block an element of an outermost plate, and one for what lies in none.
    pub fn by_plate() -> Self {
        Self::of(BlockDiagonalNormalConfig)
    }
}

/// The blocks of one kind: for each of them, the positions of its numbers.
fn positions(sites: &[SiteSpan]) -> Vec<Vec<Vec<usize>>> {
    let mut kinds: Vec<(Option<&str>, Vec<Vec<usize>>)> = Vec::new();
    for site in sites {
        let plate = site.plates.first();
        let (name, count) = (plate.map(|plate| &*plate.name), plate.map_or(1, |p| p.batch));
        let known =
            kinds.iter().position(|(known, blocks)| *known == name && blocks.len() == count);
        let kind = known.unwrap_or_else(|| {
            kinds.push((name, vec![Vec::new(); count]));
            kinds.len() - 1
        });
        let each = site.size / count;
        for (block, members) in kinds[kind].1.iter_mut().enumerate() {
            members.extend((0..each).map(|i| site.start + block * each + i));
        }
    }
    kinds.into_iter().map(|(_, blocks)| blocks).collect()
}

impl FamilyConfig for BlockDiagonalNormalConfig {
    type Family = BlockDiagonalNormal;

    fn frame(&self) -> FrameKind {
        FrameKind::Diagonal
    }

    fn init(&self, start: &FamilyStart, _: &mut Noise) -> Result<BlockDiagonalNormal, GuideError> {
        let found = positions(&start.sites);
        let kind = |(position, blocks): (usize, &Vec<Vec<usize>>)| {
            let (count, size) = (blocks.len(), blocks[0].len());
            let members =
                start.locs.iter().flat_map(|loc| blocks.iter().flatten().map(|i| loc[*i]));
            let loc = start.place.tensor(members.collect(), [start.restarts() * count, size]);
            FullRankNormal::diagonal(&format!("block_diagonal.{position}"), loc, start.scale)
        };
        let all: Vec<usize> = found.iter().flatten().flatten().copied().collect();
        let mut order = vec![0; all.len()];
        all.iter().enumerate().for_each(|(at, number)| order[*number] = at);
        Ok(BlockDiagonalNormal {
            kinds: found.iter().enumerate().map(kind).collect(),
            shapes: found.iter().map(|blocks| (blocks.len(), blocks[0].len())).collect(),
            order,
            restarts: start.restarts(),
        })
    }
}

impl BlockDiagonalNormal {
    /// Of each kind of block, how many there are, and their size.
    pub fn blocks(&self) -> &[(usize, usize)] {
        &self.shapes
    }

    /// Columns in another order.
    fn reordered(x: Tensor<2>, order: &[usize]) -> Tensor<2> {
        if order.iter().enumerate().all(|(at, from)| at == *from) {
            return x;
        }
        let order: Vec<i64> = order.iter().map(|at| *at as i64).collect();
        let data = TensorData::from(&order[..]);
        let order = Tensor::<1, Int>::from_data(data, &x.device().inner());
        x.select(1, order)
    }

    /// `[R N S, k]`, the rows of each block's member together, to `[R S, N k]`.
    fn side_by_side(&self, x: Tensor<2>, (count, size): (usize, usize)) -> Tensor<2> {
        let each = x.dims()[0] / (self.restarts * count);
        let x: Tensor<4> = x.reshape([self.restarts, count, each, size]);
        x.swap_dims(1, 2).reshape([self.restarts * each, count * size])
    }
}

impl Family for BlockDiagonalNormal {
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2> {
        let parts = self.kinds.iter().zip(&self.shapes);
        let parts = parts.map(|(kind, shape)| {
            self.side_by_side(kind.sample(particles, &mut noise.split()), *shape)
        });
        Self::reordered(Tensor::cat(parts.collect(), 1), &self.order)
    }

    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let (mut parts, mut sums) = (Vec::new(), Vec::new());
        for (kind, (count, size)) in self.kinds.iter().zip(&self.shapes) {
            let (x, log_prob) = kind.sample_and_log_prob(particles, &mut noise.split());
            parts.push(self.side_by_side(x, (*count, *size)));
            sums.push(self.side_by_side(log_prob, (*count, 1)).sum_dim(1));
        }
        let z = Self::reordered(Tensor::cat(parts, 1), &self.order);
        (z, sums.into_iter().reduce(|sum, next| sum + next).expect("there is a block"))
    }

    fn log_prob(&self, z: Tensor<2>) -> Tensor<2> {
        let mut place = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(number, at)| place[*at] = number);
        let (z, rows) = (Self::reordered(z.clone(), &place), z.dims()[0]);
        let (mut first, each) = (0, rows / self.restarts);
        let sums = self.kinds.iter().zip(&self.shapes).map(|(kind, (count, size))| {
            let part: Tensor<4> = z.clone().narrow(1, first, count * size).reshape([
                self.restarts,
                each,
                *count,
                *size,
            ]);
            first += count * size;
            let log_prob = kind.log_prob(part.swap_dims(1, 2).reshape([rows * count, *size]));
            self.side_by_side(log_prob, (*count, 1)).sum_dim(1)
        });
        sums.reduce(|sum, next| sum + next).expect("there is a block")
    }

    fn restarts(&self) -> usize {
        self.restarts
    }

    fn restart(&self, restart: usize) -> Self {
        let kinds = self.kinds.iter().zip(&self.shapes);
        let kinds = kinds.map(|(kind, (count, _))| kind.members(restart * count, *count));
        Self { kinds: kinds.collect(), restarts: 1, ..self.clone() }
    }
}
