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
/// [`Init::Pathfinder`] or [`Init::Laplace`] finds, and absent otherwise. Its names by family:
/// [`FullRank`](crate::FullRank), [`LowRank`](crate::LowRank), [`Flow`](crate::Flow), [`LaplaceApproximation`](crate::LaplaceApproximation).
#[derive(Module, Debug)]
pub struct Automatic<F: Module> {
    family: F,
    frame: Option<Frame>,
    #[module(skip)]
    flat: FlatLatents,
}

/// How an [`Automatic`] guide starts.
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
    /// [`GuideError::NoRestarts`], [`GuideError::StartParticles`] and the [`ModelError`](elbo_model::ModelError)s of a start that does not fit,
    /// those of the [`Init`], and what [`FlatLatents::new`] refuses.
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
