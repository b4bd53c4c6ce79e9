//! Spline coupling layers.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use elbo_dist::{Noise, softplus};

use super::coupling::Halves;
use super::{Bijection, BijectionConfig, LayerSite, Mlp};
use crate::GuideError;

/// A coupling layer whose bijections are monotone rational-quadratic splines: one half of the coordinates shapes the
/// maps of the other half.
///
/// Within `[-B, B]` the map is a spline of `K` bins, whose widths, heights and slopes at the knots are outputs of a network;
/// outside it is the identity.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Bijection, BijectionConfig, LayerSite, SplineCouplingConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 3, layer: 0, name: "spline".into() };
/// let layer = SplineCouplingConfig::new([8]).init(&site, &mut Noise::new(0, &place)).unwrap();
/// let x = place.tensor(vec![1.0, -2.0, 0.5], [1, 3]);
/// let (y, log_det) = layer.forward_and_log_det(x.clone());
/// assert!(log_det.into_scalar::<f64>().abs() < 1e-12); // the identity at the start
/// assert!((y - x).abs().max().into_scalar::<f64>() < 1e-12);
/// ```
///
/// # References
/// Durkan, Bekasov, Murray & Papamakarios (2019), *Neural spline flows*, equations 4-7.
#[derive(Module, Debug)]
pub struct SplineCoupling {
    network: Mlp,
    #[module(skip)]
    halves: Halves,
    #[module(skip)]
    config: SplineCouplingConfig,
}

/// How a [`SplineCoupling`] is made: as the identity.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{BijectionConfig, LayerSite, SplineCouplingConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = LayerSite { place: place.clone(), restarts: 1, size: 2, layer: 0, name: "spline".into() };
/// let layer = SplineCouplingConfig::new([8]).with_bins(4).init(&site, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(layer.num_params(), 115); // 1·8 + 8, and 8·11 + 11 for 4 widths, 4 heights and 3 slopes
/// ```
#[derive(Clone, Debug)]
pub struct SplineCouplingConfig {
    hidden: Vec<usize>,
    bins: usize,
    bound: f64,
}

impl SplineCouplingConfig {
    /// With hidden layers of these widths, 8 bins and a bound of 5.
    pub fn new(hidden: impl Into<Vec<usize>>) -> Self {
        Self { hidden: hidden.into(), bins: 8, bound: 5.0 }
    }

    /// The number `K` of bins, 2 to 500.
    pub fn with_bins(self, bins: usize) -> Self {
        Self { bins, ..self }
    }

    /// The bound `B` beyond which the map is the identity.
    pub fn with_bound(self, bound: f64) -> Self {
        Self { bound, ..self }
    }
}

impl BijectionConfig for SplineCouplingConfig {
    type Bijection = SplineCoupling;

    fn init(&self, site: &LayerSite, noise: &mut Noise) -> Result<SplineCoupling, GuideError> {
        let halves = Halves::of(site);
        let refused = |needs, found| GuideError::Layer { layer: "SplineCoupling", needs, found };
        if !(2..=MOST_BINS).contains(&self.bins) {
            return Err(refused("2 to 500 bins", self.bins.to_string()));
        }
        if !(self.bound.is_finite() && self.bound > 0.0) {
            return Err(refused("a finite bound above 0", self.bound.to_string()));
        }
        let sizes = [halves.stays(), (3 * self.bins - 1) * halves.moves()];
        let network = Mlp::new("SplineCoupling", site, sizes, &self.hidden, noise)?;
        Ok(SplineCoupling { network, halves, config: self.clone() })
    }
}

/// The least width and height of a bin, relative to all of the interval, and the least slope.
const LEAST: f64 = 1e-3;

/// The bins of which each may still be as wide again as the least.
const MOST_BINS: usize = 500;

/// The splines of numbers `[rows, n]`: `[rows, n, K]` each.
struct Splines {
    /// The left ends of the bins, and their widths.
    left: Tensor<3>,
    width: Tensor<3>,
    bottom: Tensor<3>,
    height: Tensor<3>,
    /// The slopes at the two ends of each bin.
    first: Tensor<3>,
    last: Tensor<3>,
}

/// One bin of each number, `[rows, n]` each.
struct Bin {
    left: Tensor<2>,
    width: Tensor<2>,
    bottom: Tensor<2>,
    height: Tensor<2>,
    first: Tensor<2>,
    last: Tensor<2>,
}

impl Splines {
    /// The bin of each number, by the left ends of bins.
    fn bin(&self, at: &Tensor<2>, ends: &Tensor<3>) -> Bin {
        let [rows, n, bins] = ends.dims();
        let reached = at.clone().inner().unsqueeze_dim::<3>(2).greater_equal(ends.clone().inner());
        let reached = reached.float().cast(at.dtype());
        // The last bin whose left end is reached; the first one for what lies before all of them.
        let next = match bins {
            1 => reached.zeros_like(),
            _ => Tensor::cat(
                vec![
                    reached.clone().narrow(2, 1, bins - 1),
                    reached.clone().narrow(2, 0, 1).zeros_like(),
                ],
                2,
            ),
        };
        let first = Tensor::cat(
            vec![
                reached.clone().narrow(2, 0, 1).ones_like(),
                reached.clone().narrow(2, 1, bins - 1),
            ],
            2,
        );
        let chosen = first - next;
        let pick = |of: &Tensor<3>| (of.clone() * chosen.clone()).sum_dim(2).reshape([rows, n]);
        Bin {
            left: pick(&self.left),
            width: pick(&self.width),
            bottom: pick(&self.bottom),
            height: pick(&self.height),
            first: pick(&self.first),
            last: pick(&self.last),
        }
    }
}

impl Bin {
    /// The spline at the fraction `t` of the bin's width, and the logarithm of its slope.
    fn at(&self, t: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let slope = self.height.clone() / self.width.clone();
        let rest = -t.clone() + 1.0;
        let product = t.clone() * rest.clone();
        let bend = self.first.clone() + self.last.clone() - slope.clone() * 2.0;
        let denominator = slope.clone() + bend * product.clone();
        let rise = slope.clone() * t.clone().square() + self.first.clone() * product.clone();
        let value = self.bottom.clone() + self.height.clone() * rise / denominator.clone();
        let ends = self.last.clone() * t.square() + self.first.clone() * rest.square();
        let numerator = slope.clone().square() * (ends + slope * product * 2.0);
        (value, numerator.log() - denominator.log() * 2.0)
    }

    /// The fraction of the bin's width at which the spline has the value `y`.
    fn fraction(&self, y: Tensor<2>) -> Tensor<2> {
        let slope = self.height.clone() / self.width.clone();
        let bend = self.first.clone() + self.last.clone() - slope.clone() * 2.0;
        let above = y - self.bottom.clone();
        let a = self.height.clone() * (slope.clone() - self.first.clone())
            + above.clone() * bend.clone();
        let b = self.height.clone() * self.first.clone() - above.clone() * bend;
        let c = -slope * above;
        let root = (b.clone().square() - a * c.clone() * 4.0).clamp_min(0.0).sqrt();
        c * -2.0 / (b + root)
    }
}

impl SplineCoupling {
    fn splines(&self, stays: &Tensor<2>) -> Splines {
        let SplineCouplingConfig { bins, bound, .. } = self.config;
        let (found, n) = (self.network.forward(stays.clone()), self.halves.moves());
        let rows = found.dims()[0];
        let found: Tensor<3> = found.reshape([rows, n, 3 * bins - 1]);
        let share = |first: usize| {
            let share = softmax(found.clone().narrow(2, first, bins), 2);
            (share * (1.0 - LEAST * bins as f64) + LEAST) * (2.0 * bound)
        };
        let (width, height) = (share(0), share(bins));
        let ends = |sizes: &Tensor<3>| sizes.clone().cumsum(2) - sizes.clone() - bound;
        // softplus(log(e - 1)) = 1, the slope outside.
        let inner = found.narrow(2, 2 * bins, bins - 1) + 1.0_f64.exp_m1().ln();
        let one = width.clone().narrow(2, 0, 1).ones_like();
        let slopes = softplus(inner) * (1.0 - LEAST) + LEAST;
        let first = Tensor::cat(vec![one.clone(), slopes.clone()], 2);
        let last = Tensor::cat(vec![slopes, one], 2);
        Splines { left: ends(&width), bottom: ends(&height), width, height, first, last }
    }

    /// 1 where a number lies inside the interval, and the number or a number inside.
    fn inside(&self, x: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let bound = self.config.bound;
        let inside = x.clone().inner().abs().lower_equal_elem(bound);
        let outside = inside.clone().bool_not();
        let safe = x.clone().mask_fill(outside, 0.0);
        (inside.float().cast(x.dtype()), safe)
    }

    fn moved(&self, stays: &Tensor<2>, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let (inside, safe) = self.inside(&x);
        let splines = self.splines(stays);
        let bin = splines.bin(&safe, &splines.left);
        let (y, log_slope) = bin.at((safe - bin.left.clone()) / bin.width.clone());
        let outside = -inside.clone() + 1.0;
        (y * inside.clone() + x * outside, (log_slope * inside).sum_dim(1))
    }
}

impl Bijection for SplineCoupling {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.forward_and_log_det(x).0
    }

    fn forward_and_log_det(&self, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [stays, moves] = self.halves.split(&x);
        let (moved, log_det) = self.moved(&stays, moves);
        (self.halves.join(stays, moved), log_det)
    }

    fn inverse_and_log_det(&self, y: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let [stays, moved] = self.halves.split(&y);
        let (inside, safe) = self.inside(&moved);
        let splines = self.splines(&stays);
        let bin = splines.bin(&safe, &splines.bottom);
        let t = bin.fraction(safe);
        let (_, log_slope) = bin.at(t.clone());
        let x = bin.left.clone() + bin.width.clone() * t;
        let outside = -inside.clone() + 1.0;
        let moves = x * inside.clone() + moved * outside;
        (self.halves.join(stays, moves), -(log_slope * inside).sum_dim(1))
    }

    fn restart(&self, restart: usize) -> Self {
        let (halves, config) = (self.halves, self.config.clone());
        Self { network: self.network.restart(restart), halves, config }
    }
}
