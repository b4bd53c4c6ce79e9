//! Guides over all continuous latents together.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;
use elbo_dist::Noise;
use elbo_model::{Latents, Layout, LogJoint, LogTerms, Order, Path, Plan, Role, Term};

use crate::family::{Family, FamilyConfig};
use crate::frame::{Frame, placed};
use crate::guide::check_joint;
use crate::init::{Scene, Starting};
use crate::{Draw, FlatLatents, Guide, GuideError, Init, Restarts, Score};

/// A guide that draws all latents, mapped to the real line, as one vector of a [`Family`].
///
/// `x = T(m + A u)`, `u ~ q₀`; `log q(x) = log q₀(u) - log |A| - log |dx/dz|`
///
/// `T` maps the real line onto the supports (Kucukelbir et al. 2017); `m` and `A` are fixed coordinates that a start by
/// [`Init::Pathfinder`], [`Init::BestNormal`] or [`Init::Laplace`] finds, and absent otherwise. Its names by family:
/// [`FullRank`](crate::FullRank), [`LowRank`](crate::LowRank), [`BlockDiagonal`](crate::BlockDiagonal),
/// [`Structured`](crate::Structured), [`Pathfinder`](crate::Pathfinder), [`LaplaceApproximation`](crate::LaplaceApproximation); a
/// [`Flow`](crate::Flow) has no other.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{LogNormal, Noise, Place};
/// use elbo_guide::{AutomaticConfig, FullRankNormalConfig, Init, Score};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("rate", LogNormal::<2>::new(0.0, 1.0));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let two = layout.at([("rate", place.tensor(vec![2.0], [1, 1]))]);
/// let config = AutomaticConfig::of(FullRankNormalConfig).with_init(Init::Value(two.clone())).with_scale(1.0);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let log_q: f64 = guide.log_q(&(), &two).unwrap().total().into_scalar();
/// assert!((log_q + 1.612_086).abs() < 1e-6); // log N(log 2; log 2, 1) - log 2
/// ```
///
/// # References
/// Kucukelbir, Tran, Ranganath, Gelman & Blei (2017), *Automatic differentiation variational inference*.
#[derive(Module, Debug)]
pub struct Automatic<F: Module> {
    family: F,
    frame: Option<Frame>,
    #[module(skip)]
    flat: FlatLatents,
}

/// How an [`Automatic`] guide starts.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::{AutomaticConfig, FullRankNormalConfig};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let config = AutomaticConfig::of(FullRankNormalConfig).with_scale(0.5).with_restarts(2);
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let scales = guide.family().scale_tril().into_data().try_to_vec::<f64>().unwrap();
/// assert_eq!(scales.len(), 2); // one a restart
/// assert!(scales.iter().all(|scale| (scale - 0.5).abs() < 1e-12));
/// ```
#[derive(Clone, Debug)]
pub struct AutomaticConfig<C> {
    pub(crate) family: C,
    start: Starting,
}

impl<C: FamilyConfig> AutomaticConfig<C> {
    /// The family, at the prior's median with a scale of 0.1.
    pub fn of(family: C) -> Self {
        Self { family, start: Starting::default() }
    }

    /// Where the location starts.
    pub fn with_init(self, init: Init) -> Self {
        Self { start: Starting { init, ..self.start }, ..self }
    }

    /// The standard deviation of every latent on the real line at the start, where [`Init`] does not find one.
    pub fn with_scale(self, scale: f64) -> Self {
        Self { start: Starting { scale, ..self.start }, ..self }
    }

    /// So many fits at once, each from a start of its own.
    pub fn with_restarts(self, restarts: usize) -> Self {
        Self { start: Starting { restarts, ..self.start }, ..self }
    }

    /// A guide for the latents of `layout`, at a point where `model` has a finite density.
    ///
    /// # Errors
    /// [`GuideError::NeverFinite`] if there is no such point among those tried, [`GuideError::Scale`],
    /// [`GuideError::NoRestarts`], those of the [`Init`], what [`FlatLatents::new`] refuses, and what the family cannot be
    /// ([`FamilyConfig::init`]).
    pub fn init<B>(
        &self,
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Automatic<C::Family>, GuideError> {
        let flat = FlatLatents::new(layout)?;
        let scene = Scene { flat: &flat, layout, model, batch };
        let (kind, group) = (self.family.frame(), self.family.starts());
        let (frame, start) = self.start.placed(&scene, kind, group, noise)?;
        let family = self.family.init(&start, noise)?;
        Ok(Automatic { family, frame, flat })
    }
}

impl<F: Family> Automatic<F> {
    pub(crate) fn of(family: F, frame: Option<Frame>, flat: FlatLatents) -> Self {
        Self { family, frame, flat }
    }

    /// The family.
    pub fn family(&self) -> &F {
        &self.family
    }

    /// How the latents lie in the vectors.
    pub fn flat(&self) -> &FlatLatents {
        &self.flat
    }

    /// The vectors on the real line of vectors of the family.
    pub(crate) fn placed(&self, u: Tensor<2>) -> Tensor<2> {
        placed(self.frame.as_ref(), u)
    }

    /// The matrices `A L` of factors `L`, `[R, d, d]`.
    pub(crate) fn rooted(&self, factor: Tensor<3>) -> Tensor<3> {
        match &self.frame {
            Some(frame) => frame.times(factor),
            None => factor,
        }
    }
}

/// The one term of `log q`, with what the maps to the supports add to it.
pub(crate) fn joint_term(
    flat: &FlatLatents,
    frame: Option<&Frame>,
    log_base: Tensor<2>,
    log_det: &LogTerms,
) -> LogTerms {
    let rows = log_base.dims()[0];
    let log_base = match frame {
        Some(frame) => log_base - frame.log_det(rows),
        None => log_base,
    };
    let log_q = match log_det.try_total() {
        Some(minus_log_det) => log_base + minus_log_det,
        None => log_base,
    };
    let mut terms = LogTerms::default().with_order(Order::Independent);
    terms.push(Term::new(flat.name(), Role::Latent, Vec::new(), log_q));
    terms
}

impl<B, F: Family + ModuleDisplay> Guide<B> for Automatic<F> {
    fn draw(
        &self,
        _: &B,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        self.flat.check_place(noise)?;
        check_joint(plan, &self.flat, "a joint density of all latents")?;
        let mut noise = noise.split();
        let (u, log_base) = match plan.path() {
            Path::Full => self.family.sample_and_log_prob(particles, &mut noise),
            Path::DrawsOnly => {
                let u = self.family.sample(particles, &mut noise);
                let log_base = self.family.valid().log_prob(u.clone());
                (u, log_base)
            }
        };
        let (latents, log_det) = self.flat.unpack(self.placed(u));
        let log_q = joint_term(&self.flat, self.frame.as_ref(), log_base, &log_det);
        Ok(Draw { latents, log_q })
    }

    fn members(&self) -> usize {
        self.family.restarts()
    }
}

impl<B, F: Family + ModuleDisplay> Score<B> for Automatic<F> {
    fn log_q(&self, _: &B, latents: &Latents) -> Result<LogTerms, GuideError> {
        let z = self.flat.real(latents, self.family.restarts())?;
        let (_, log_det) = self.flat.unpack(z.clone());
        let u = match &self.frame {
            Some(frame) => frame.inverse(z),
            None => z,
        };
        Ok(joint_term(&self.flat, self.frame.as_ref(), self.family.log_prob(u), &log_det))
    }
}

impl<F: Family + ModuleDisplay> Restarts for Automatic<F> {
    fn restarts(&self) -> usize {
        self.family.restarts()
    }

    fn restart(&self, restart: usize) -> Self {
        let frame = self.frame.as_ref().map(|frame| frame.restart(restart));
        Self { family: self.family.restart(restart), frame, flat: self.flat.clone() }
    }
}
