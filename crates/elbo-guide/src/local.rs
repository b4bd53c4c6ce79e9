//! Tables of parameters of local latents.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor};
use elbo_dist::{Columns, HALF_LN_TWO_PI, Noise, Place};
use elbo_model::{Latents, Layout, LogTerms, Order, Path, Plan, Plate, Site, named_param};

use crate::flat::{check_same_place, check_unmasked, size, with_log_det};
use crate::guide::check_pathwise;
use crate::init::median;
use crate::slot::Slot;
use crate::{Draw, Guide, GuideError, Score};

/// A batch that says which rows of the data it holds.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use elbo_guide::Rows;
///
/// struct Batch {
///     x: Tensor<2>,
///     index: Tensor<1, Int>,
/// }
///
/// impl Rows for Batch {
///     fn rows(&self) -> Tensor<1, Int> {
///         self.index.clone()
///     }
/// }
///
/// let device = Device::flex();
/// let batch = Batch { x: Tensor::ones([1, 2], &device), index: Tensor::from_ints([4, 7], &device) };
/// assert_eq!(batch.rows().into_data().iter::<i64>().collect::<Vec<_>>(), [4, 7]);
/// assert_eq!(batch.x.dims()[1], 2); // a column for each of them
/// ```
pub trait Rows {
    /// The position of each row at hand among all rows, from 0.
    ///
    /// # Shapes
    /// `[n]` for `n` rows.
    fn rows(&self) -> Tensor<1, Int>;
}

/// Independent normals on the real line for the latents of one plate, with a row of a table for each of the plate's elements:
/// a batch takes the rows that it needs, and batch sizes may vary.
///
/// `z_i = μ_i + e^{ω_i} ε_i`, `ε_i ~ N(0, I)`, for each row `i` of the batch
///
/// # Shapes
/// Latents are `[S, n, ..]` and terms `[S, n]`, for the `n` rows of a batch.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{Guide, Local, Rows};
/// use elbo_model::{Layout, Plan, Subsample, Trace};
///
/// struct Batch {
///     x: Tensor<2>,
///     index: Tensor<1, Int>,
/// }
///
/// impl Rows for Batch {
///     fn rows(&self) -> Tensor<1, Int> {
///         self.index.clone()
///     }
/// }
///
/// fn model(t: &mut Trace, d: &Batch) {
///     let rows = Subsample { total: 100, batch: d.x.dims()[1] };
///     t.plate("rows", rows, |t| {
///         let z = t.sample("z", Normal::new(0.0, 1.0)); // [S, batch]
///         t.observe("x", Normal::new(z, 1.0), d.x.clone());
///     });
/// }
///
/// let device = Device::flex();
/// let batch = Batch { x: Tensor::ones([1, 3], &device), index: Tensor::from_ints([5, 99, 0], &device) };
/// let mut noise = Noise::new(0, &device);
/// let layout = Layout::discover(&model, &batch, &noise).unwrap();
/// let guide = Local::new("rows", &layout).unwrap();
/// let draw = guide.draw(&batch, 8, &Plan::default(), &mut noise).unwrap();
/// assert_eq!(draw.log_q.blocks()[0].log_prob.dims(), [8, 3]);
/// assert_eq!(draw.log_q.blocks()[0].scale(), 100.0 / 3.0);
/// assert!((guide.scale().max().into_scalar::<f32>() - 0.1).abs() < 1e-6);
/// ```
///
/// # References
/// Hoffman, Blei, Wang & Paisley (2013), *Stochastic variational inference*, for local and global latents; Kucukelbir, Tran,
/// Ranganath, Gelman & Blei (2017), *Automatic differentiation variational inference*, for normals on the real line.
#[derive(Module, Debug)]
pub struct Local {
    /// `[N, k]`
    loc: Param<Tensor<2>>,
    /// `[N, k]`
    log_scale: Param<Tensor<2>>,
    #[module(skip)]
    sites: Vec<Site>,
    #[module(skip)]
    plate: Plate,
    #[module(skip)]
    home: Place,
}

/// The standard deviations at the start.
const SCALE: f64 = 0.1;

impl Local {
    /// A table for the latents of `layout` that lie in `plate`, and in no other; it starts at the median of the prior's draws, with a
    /// scale of 0.1.
    ///
    /// # Errors
    /// [`GuideError::NoLocals`] for a layout without latents, [`GuideError::NotLocal`] if one lies in no plate, in another one or in a
    /// second one, [`GuideError::Discrete`], [`GuideError::Masked`], [`GuideError::Shape`] and, for a layout made by hand,
    /// [`ModelError::NoPriorDraws`](elbo_model::ModelError::NoPriorDraws).
    pub fn new(plate: &str, layout: &Layout) -> Result<Self, GuideError> {
        let refuse =
            |site: &str| GuideError::NotLocal { site: site.to_string(), plate: plate.to_string() };
        let (mut sites, mut locs, mut found) = (Vec::new(), Vec::new(), None);
        for site in layout.latents() {
            check_unmasked(site)?;
            match &site.plates[..] {
                [own] if &*own.name == plate => found = Some(own.clone()),
                _ => return Err(refuse(&site.name)),
            }
            locs.extend(medians(site, layout)?);
            sites.push(site.clone());
        }
        let plate = found.ok_or_else(|| GuideError::NoLocals { plate: plate.to_string() })?;
        let (n, k) = (plate.total, locs.len());
        let place = layout.place();
        let table = place.tensor::<2>(locs, [1, k]).repeat_dim(0, n);
        let log_scale = table.zeros_like() + SCALE.ln();
        Ok(Self {
            loc: named_param(&format!("local.{}.loc", plate.name), table),
            log_scale: named_param(&format!("local.{}.log_scale", plate.name), log_scale),
            sites,
            plate,
            home: place.clone(),
        })
    }

    /// The locations on the real line, in the order of the sites.
    ///
    /// # Shapes
    /// `[N, k]` for the `N` elements of the plate and `k` numbers of each.
    pub fn loc(&self) -> Tensor<2> {
        self.loc.val().inner()
    }

    /// The standard deviations on the real line, in the order of the sites.
    ///
    /// # Shapes
    /// `[N, k]`.
    pub fn scale(&self) -> Tensor<2> {
        self.log_scale.val().inner().exp()
    }

    fn check(&self, plan: &Plan) -> Result<(), GuideError> {
        let sites = || self.sites.iter().map(|site| &*site.name);
        check_pathwise(plan, sites(), "a table of normals", "needs a guide program")?;
        match sites().find(|name| plan.holds(name)) {
            None => Ok(()),
            Some(site) => Err(GuideError::Joint { site: site.to_string() }),
        }
    }

    fn check_rows(&self, rows: &Tensor<1, Int>) -> Result<(), GuideError> {
        let total = self.plate.total;
        if rows.dims()[0] == 0 {
            return Err(GuideError::NoRows { plate: self.plate.name.to_string() });
        }
        let outside = |row: &i64| usize::try_from(*row).map_or(true, |row| row >= total);
        match rows.to_data().iter::<i64>().find(outside) {
            None => Ok(()),
            Some(row) => {
                Err(GuideError::NoSuchRow { plate: self.plate.name.to_string(), row, total })
            }
        }
    }

    /// The location and the log-scale of these rows, `[1, n, k]`.
    fn normals(&self, rows: &Tensor<1, Int>) -> [Tensor<3>; 2] {
        let (n, k) = (rows.dims()[0], self.loc.val().dims()[1]);
        [&self.loc, &self.log_scale]
            .map(|table| table.val().select(0, rows.clone()).reshape([1, n, k]))
    }

    /// Where each site lies in `n` rows, with its numbers in one of them.
    fn slots(&self, n: usize) -> impl Iterator<Item = (Slot, usize)> {
        let plates = vec![Plate { batch: n, ..self.plate.clone() }];
        self.sites.iter().map(move |site| {
            (Slot::of_rows(site, plates.clone(), n), size(site) / site.plates[0].batch)
        })
    }

    /// The latents at `z` on the real line, `[S, n, k]`, and the terms of the base density there.
    fn unpack(&self, z: &Tensor<3>, log_base: &Tensor<3>) -> Draw {
        let [particles, n, _] = z.dims();
        let mut latents = Latents::new(self.home.clone());
        let (mut log_q, mut first) = (LogTerms::default().with_order(Order::Independent), 0);
        for (slot, own) in self.slots(n) {
            let part =
                |of: &Tensor<3>| of.clone().narrow(2, first, own).reshape([particles, n * own]);
            let (value, log_det) = slot.constrain(particles, &mut Columns::of(part(z)));
            log_q.push(with_log_det(slot.base_term(part(log_base)), log_det.as_ref()));
            latents.insert_value(slot.name.clone(), value, Some(slot.support));
            first += own;
        }
        Draw { latents, log_q }
    }
}

/// `log N(ε; 0, 1) - ω`, element by element.
fn log_base(eps: Tensor<3>, log_scale: Tensor<3>) -> Tensor<3> {
    eps.square() * -0.5 - (log_scale + HALF_LN_TWO_PI)
}

/// The median of the prior's draws of each number of one element of the plate, on the real line.
fn medians(site: &Site, layout: &Layout) -> Result<Vec<f64>, GuideError> {
    let whole = Site { plates: Vec::new(), ..site.clone() };
    let flat = crate::FlatLatents::new(&Layout::by_hand(layout.place().clone(), [whole]))?;
    let rows = flat.pack(layout.prior_draws()?)?;
    let each = size(site) / site.plates[0].batch;
    let of_number = |number: usize| {
        median(rows.iter().flat_map(|row| row.iter().skip(number).step_by(each).copied()))
    };
    Ok((0..each).map(of_number).collect())
}

impl<B: Rows> Guide<B> for Local {
    fn draw(
        &self,
        batch: &B,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        let rows = batch.rows();
        self.check(plan)?;
        self.check_rows(&rows)?;
        check_same_place(&self.home, noise)?;
        let [loc, log_scale] = self.normals(&rows);
        let [_, n, k] = loc.dims();
        let eps: Tensor<3> = noise.split().normal([particles, n, k]);
        let z = eps.clone() * log_scale.clone().exp() + loc.clone();
        let (eps, log_scale) = match plan.path() {
            Path::Full => (eps, log_scale),
            Path::DrawsOnly => {
                let log_scale = log_scale.inner();
                ((z.clone() - loc.inner()) / log_scale.clone().exp(), log_scale)
            }
        };
        Ok(self.unpack(&z, &log_base(eps, log_scale)))
    }
}

impl<B: Rows> Score<B> for Local {
    fn log_q(&self, batch: &B, latents: &Latents) -> Result<LogTerms, GuideError> {
        let rows = batch.rows();
        self.check_rows(&rows)?;
        let [loc, log_scale] = self.normals(&rows);
        let (n, particles) = (rows.dims()[0], latents.particles());
        let mut parts = Vec::new();
        for (slot, own) in self.slots(n) {
            let numbers = slot.unconstrain(latents)?;
            let rows = numbers.len() / (n * own);
            let part: Tensor<3> = self.home.tensor(numbers, [rows, n, own]);
            parts.push(part.expand([particles, n, own]));
        }
        let z = Tensor::cat(parts, 2);
        let eps = (z.clone() - loc) / log_scale.clone().exp();
        Ok(self.unpack(&z, &log_base(eps, log_scale)).log_q)
    }
}
