//! Independent normals on the real line.

use std::cell::LazyCell;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Input, Noise, Slope, exp_for_f32, linearized, one_pass};
use elbo_model::{
    Aid, ControlVariate, Estimator, InForce, Known, Latents, Layout, LogJoint, LogTerms,
    ModelError, Order, Path, Plan, Role, Term,
};

use crate::base::Base;
use crate::family::per_row;
use crate::flat::{mapped_normal, with_log_det};
use crate::frame::{Frame, take};
use crate::slot::Slot;
use crate::{Draw, FlatLatents, Guide, GuideError, MeanFieldConfig, Restarts, Score};

/// The mean-field family: every latent, mapped to the real line, is an independent normal, or of another family of
/// locations and scales ([`MeanFieldConfig::with_base`]).
///
/// `z = μ + e^ω ε`, `ε ~ N(0, I)`; `log q = -½ Σ ε² - Σ ω - d/2 log 2π - log |dx/dz|`
///
/// All latents share one location `μ` and one log-scale `ω`, each `[R, d]` for `R` restarts.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{MeanField, MeanFieldConfig};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::new(3.0, 1.0).iid([1, 2]));
/// }
/// # use elbo_dist::Distribution;
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let config = MeanFieldConfig::new().with_scale(0.5);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// assert_eq!(guide.scale().into_data().try_to_vec::<f32>().unwrap(), [0.5, 0.5]);
/// ```
///
/// # References
/// Kucukelbir, Tran, Ranganath, Gelman & Blei (2017), *Automatic differentiation variational inference*.
#[derive(Module, Debug)]
pub struct MeanField {
    pub(crate) loc: Param<Tensor<2>>,
    pub(crate) log_scale: Param<Tensor<2>>,
    pub(crate) frame: Option<Frame>,
    #[module(skip)]
    pub(crate) base: Base,
    #[module(skip)]
    pub(crate) flat: FlatLatents,
}

impl MeanField {
    /// A guide for the latents of `layout` with the default configuration.
    ///
    /// # Errors
    /// As [`MeanFieldConfig::init`].
    pub fn new<B>(
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Self, GuideError> {
        MeanFieldConfig::new().init(layout, model, batch, noise)
    }

    /// The location on the real line.
    ///
    /// # Shapes
    /// `[R, d]`.
    pub fn loc(&self) -> Tensor<2> {
        self.place().0.inner()
    }

    /// The scale on the real line, which of a normal is the standard deviation.
    ///
    /// # Shapes
    /// `[R, d]`.
    pub fn scale(&self) -> Tensor<2> {
        self.place().1.inner().exp()
    }

    /// The units on the real line in which the parameters count: 1, or those that the start found.
    ///
    /// # Shapes
    /// `[R, d]`.
    pub fn units(&self) -> Tensor<2> {
        match &self.frame {
            Some(frame) => frame.diagonal(),
            None => self.loc.val().inner().ones_like(),
        }
    }

    /// The location and the log-scale on the real line, with their gradients.
    fn place(&self) -> (Tensor<2>, Tensor<2>) {
        let (loc, log_scale) = (self.loc.val(), self.log_scale.val());
        match &self.frame {
            Some(frame) => (frame.forward(loc), log_scale + frame.diagonal().log()),
            None => (loc, log_scale),
        }
    }

    /// [`MeanField::place`] for each of so many rows.
    fn rows(&self, rows: usize) -> (Tensor<2>, Tensor<2>) {
        let (loc, log_scale) = self.place();
        (per_row(loc, rows), per_row(log_scale, rows))
    }

    /// The names of the sites with those of this guide's distributions there, for
    /// [`Layout::divergences`]: a normal mapped onto the positive numbers is a `LogNormal`, and one mapped onto
    /// the unit interval a `LogitNormal`. Other maps have no name, and other bases neither.
    pub fn distributions(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        let normal = self.base.is_normal();
        let name = move |support| if normal { mapped_normal(support) } else { None };
        self.flat.supports().map(move |(site, support)| (site, name(support)))
    }

    /// How the latents lie in the flat vectors.
    pub fn flat(&self) -> &FlatLatents {
        &self.flat
    }

    /// Draws, their base density `log b(ε) - ω` and what estimators need, all latents with one way of gradients. Only
    /// where `z = μ + e^ω ε` carries the gradients of both parameters can the density be had from the noise.
    fn base(&self, eps: &Tensor<2>, gradient: Gradient) -> [Tensor<2>; 2] {
        let (loc, log_scale) = self.rows(eps.dims()[0]);
        let inputs = [eps, &loc, &log_scale].map(Input::from);
        let at_once = one_pass(inputs, |[eps, loc, log_scale]: [f64; 3]| {
            let moved = eps * exp_for_f32(log_scale);
            [moved, moved + loc]
        });
        let [moved, value] = at_once.unwrap_or_else(|| {
            let moved = eps.clone() * log_scale.clone().inner().exp();
            [moved.clone(), moved + loc.clone().inner()]
        });
        let z = linearized(
            value,
            vec![(loc.clone(), Slope::Number(1.0)), (log_scale.clone(), moved.into())],
        );
        match gradient {
            Gradient::Total => [z, self.base.scaled_log_prob(eps, log_scale)],
            Gradient::OfDraw => {
                let log_base = self.log_base(&z, loc.inner(), log_scale.inner());
                [z, log_base]
            }
            Gradient::OfParameters => {
                let z = z.inner();
                let log_base = self.log_base(&z, loc, log_scale);
                [z, log_base]
            }
        }
    }

    /// The base density at `z`.
    fn log_base(&self, z: &Tensor<2>, loc: Tensor<2>, log_scale: Tensor<2>) -> Tensor<2> {
        self.base.log_prob((z.clone() - loc) / log_scale.clone().exp()) - log_scale
    }

    /// The terms of the base density with those of the maps onto the supports.
    fn joined(&self, log_base: Tensor<2>, log_det: LogTerms) -> LogTerms {
        let mut log_q = self.base_terms(log_base).with_order(Order::Independent);
        log_q.extend(log_det);
        log_q
    }

    /// The estimator of each site.
    fn estimators(&self, plan: &Plan, particles: usize) -> Result<Vec<InForce>, GuideError> {
        plan.check_sites(self.flat.supports().map(|(name, _)| name))?;
        let in_force = |name: &str| {
            let found = plan.estimator(name, true, particles);
            let needs = match found.estimator {
                Estimator::Pathwise => return Ok(found),
                Estimator::ScoreFunction(
                    ControlVariate::LeaveOneOut | ControlVariate::OptimalCoefficient,
                ) if particles < 2 => "needs at least 2 particles",
                Estimator::ScoreFunction(ControlVariate::OptimalCoefficient)
                    if !self.base.is_normal() =>
                {
                    "needs a normal base"
                }
                Estimator::ScoreFunction(_) if self.restarts() > 1 => "needs a single restart",
                Estimator::ScoreFunction(_) => return Ok(found),
                _ => "needs a discrete site",
            };
            let (site, estimator) = (name.to_string(), found.estimator);
            let distribution = "mean field".to_string();
            Err(ModelError::Estimator { site, distribution, estimator, needs }.into())
        };
        self.flat.supports().map(|(name, _)| in_force(name)).collect()
    }

    /// The distribution of a site, where it has a name and all particles share it.
    fn known(&self, slot: &Slot) -> Option<Known> {
        if !self.base.is_normal() || self.restarts() > 1 {
            return None;
        }
        let (loc, log_scale) = self.place();
        slot.known(slot.part(&loc), slot.part(&log_scale).exp(), self.flat.place())
    }

    /// A draw with a term for each site.
    fn draw_by_site(&self, eps: Tensor<2>, plan: &Plan, estimators: &[InForce]) -> Draw {
        let pathwise = LazyCell::new(|| self.base(&eps, Gradient::by(plan.path())));
        let scored = LazyCell::new(|| self.base(&eps, Gradient::OfParameters));
        let square = LazyCell::new(|| self.score_square(&eps));
        let (mut parts, mut terms) = (Vec::new(), Vec::new());
        for (slot, in_force) in self.flat.slots().iter().zip(estimators) {
            let (from, aid) = match in_force.estimator {
                _ if plan.holds(&slot.name) => (&*scored, Aid::None),
                Estimator::Pathwise => (&*pathwise, Aid::None),
                Estimator::ScoreFunction(ControlVariate::OptimalCoefficient) => {
                    (&*scored, Aid::ScoreSquare(slot.base_term(slot.part(&square)).log_prob))
                }
                _ => (&*scored, Aid::None),
            };
            parts.push(slot.part(&from[0]));
            let term = slot.base_term(slot.part(&from[1])).drawn_by(*in_force, aid);
            let known = plan.is_by_site().then(|| self.known(slot)).flatten();
            terms.push(term.distributed(known));
        }
        let (latents, log_det) = self.flat.unpack(Tensor::cat(parts, 1));
        let mut log_q = LogTerms::default().with_order(Order::Independent);
        for term in terms {
            // One term a site, whose gradient is that of its score.
            let log_det = log_det.iter().find(|log_det| log_det.site == term.site);
            log_q.push(with_log_det(term, log_det));
        }
        Draw { latents, log_q }
    }

    /// The squared score of each draw: `(ε / σ)²` for the location, `(ε² - 1)²` for the log-scale.
    fn score_square(&self, eps: &Tensor<2>) -> Tensor<2> {
        let of_loc = (eps.clone() / self.scale()).square();
        of_loc + (eps.clone().square() - 1.0).square()
    }

    /// The terms of the base density: one in all, or one a site where sites lie in plates.
    fn base_terms(&self, log_base: Tensor<2>) -> LogTerms {
        let mut terms = LogTerms::default();
        let slots = self.flat.slots();
        if slots.iter().all(|slot| slot.plates.is_empty()) {
            terms.push(Term::new(self.flat.name(), Role::Latent, Vec::new(), log_base));
            return terms;
        }
        for slot in slots {
            terms.push(slot.base_term(slot.part(&log_base)));
        }
        terms
    }
}

/// What the gradient of a density reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gradient {
    /// The parameters, through the draw and directly.
    Total,
    /// The parameters through the draw.
    OfDraw,
    /// The parameters, directly: the draw is constant.
    OfParameters,
}

impl Gradient {
    fn by(path: Path) -> Self {
        match path {
            Path::Full => Self::Total,
            Path::DrawsOnly => Self::OfDraw,
        }
    }
}

impl<B> Guide<B> for MeanField {
    fn draw(
        &self,
        _: &B,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        self.flat.check_place(noise)?;
        let estimators = self.estimators(plan, particles)?;
        let rows = particles * self.restarts();
        let eps = self.base.draw([rows, self.flat.len()], &mut noise.split());
        let is_scored = |in_force: &InForce| in_force.estimator != Estimator::Pathwise;
        if plan.is_by_site() || estimators.iter().any(is_scored) {
            return Ok(self.draw_by_site(eps, plan, &estimators));
        }
        let [z, log_base] = self.base(&eps, Gradient::by(plan.path()));
        let (latents, log_det) = self.flat.unpack(z);
        Ok(Draw { latents, log_q: self.joined(log_base, log_det) })
    }

    fn members(&self) -> usize {
        self.restarts()
    }
}

impl<B> Score<B> for MeanField {
    fn log_q(&self, _: &B, latents: &Latents) -> Result<LogTerms, GuideError> {
        let z = self.flat.real(latents, self.restarts())?;
        let (_, log_det) = self.flat.unpack(z.clone());
        let (loc, log_scale) = self.rows(z.dims()[0]);
        Ok(self.joined(self.log_base(&z, loc, log_scale), log_det))
    }
}

impl Restarts for MeanField {
    fn restarts(&self) -> usize {
        self.loc.val().dims()[0]
    }

    fn restart(&self, restart: usize) -> Self {
        Self {
            loc: take(&self.loc, restart),
            log_scale: take(&self.log_scale, restart),
            frame: self.frame.as_ref().map(|frame| frame.restart(restart)),
            base: self.base.clone(),
            flat: self.flat.clone(),
        }
    }
}
