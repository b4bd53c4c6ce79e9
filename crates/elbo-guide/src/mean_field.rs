//! Independent normals on the real line.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{HALF_LN_TWO_PI, Noise, Support};
use elbo_model::{Layout, LogJoint, LogTerms, Role, Term, named_param};

use crate::{Draw, FlatLatents, Guide, GuideError, Init, Path, init};

/// The mean-field normal family: every latent, mapped to the real line, is an independent normal
/// (Kucukelbir et al. 2017).
///
/// `z = μ + e^ω ε`, `ε ~ N(0, I)`; `log q = -½ Σ ε² - Σ ω - d/2 log 2π - log |dx/dz|`
///
/// All latents share one location `μ` and one log-scale `ω`, each `[1, d]`.
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
#[derive(Module, Debug)]
pub struct MeanField {
    loc: Param<Tensor<2>>,
    log_scale: Param<Tensor<2>>,
    #[module(skip)]
    flat: FlatLatents,
}

/// How a [`MeanField`] starts.
#[derive(Clone, Debug)]
pub struct MeanFieldConfig {
    init: Init,
    scale: f64,
}

impl Default for MeanFieldConfig {
    fn default() -> Self {
        Self { init: Init::Median, scale: 0.1 }
    }
}

impl MeanFieldConfig {
    /// The prior's median as location, and a scale of 0.1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the location starts.
    pub fn with_init(self, init: Init) -> Self {
        Self { init, ..self }
    }

    /// The standard deviation of every latent on the real line, at the start.
    pub fn with_scale(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    /// A guide for the latents of `layout`, at a point where `model` has a finite density.
    ///
    /// # Errors
    /// [`GuideError::NeverFinite`] if there is no such point among those tried, [`GuideError::Scale`],
    /// [`GuideError::StartParticles`] and the [`ModelError`](elbo_model::ModelError)s of a start that does
    /// not fit, and what [`FlatLatents::new`] refuses.
    pub fn init<B>(
        &self,
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<MeanField, GuideError> {
        // Representable in single precision, as its exponential will have to be.
        if !(self.scale > 0.0 && (self.scale as f32).is_normal()) {
            return Err(GuideError::Scale(self.scale));
        }
        let flat = FlatLatents::new(layout)?;
        let loc = init::location(&self.init, &flat, layout, model, batch, noise)?;
        let shape = [1, flat.len()];
        let log_scale = vec![self.scale.ln(); flat.len()];
        Ok(MeanField {
            loc: named_param("mean_field.loc", flat.place().tensor(loc, shape)),
            log_scale: named_param("mean_field.log_scale", flat.place().tensor(log_scale, shape)),
            flat,
        })
    }
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

    /// The location `[1, d]` on the real line.
    pub fn loc(&self) -> Tensor<2> {
        self.loc.val().inner()
    }

    /// The standard deviation `[1, d]` on the real line.
    pub fn scale(&self) -> Tensor<2> {
        self.log_scale.val().inner().exp()
    }

    /// The names of the sites with those of this guide's distributions there, for
    /// [`Layout::divergences`]: a normal mapped onto the positive numbers is a `LogNormal`, and one mapped onto
    /// the unit interval a `LogitNormal`. Other maps have no name.
    pub fn distributions(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.flat.supports().map(|(name, support)| {
            let distribution = match support {
                Support::Real => Some("Normal"),
                Support::Positive | Support::NonNegative => Some("LogNormal"),
                Support::UnitInterval => Some("LogitNormal"),
                _ => None,
            };
            (name, distribution)
        })
    }

    /// How the latents lie in the flat vectors.
    pub fn flat(&self) -> &FlatLatents {
        &self.flat
    }

    /// `-½ ε² - ω - ½ log 2π`, elementwise. The draws' own path alone needs it at constant
    /// parameters, as a function of the draw.
    fn log_base(&self, z: &Tensor<2>, eps: Tensor<2>, path: Path) -> Tensor<2> {
        let log_scale = self.log_scale.val();
        match path {
            Path::Full => eps.square() * -0.5 - HALF_LN_TWO_PI - log_scale,
            Path::DrawsOnly => {
                let log_scale = log_scale.inner();
                let eps = (z.clone() - self.loc()) / log_scale.clone().exp();
                eps.square() * -0.5 - (log_scale + HALF_LN_TWO_PI)
            }
        }
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

impl<B> Guide<B> for MeanField {
    fn draw(
        &self,
        _: &B,
        particles: usize,
        path: Path,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        if noise.place() != self.flat.place() {
            let (guide, noise) = (self.flat.place().clone(), noise.place().clone());
            return Err(GuideError::Place { guide: Box::new(guide), noise: Box::new(noise) });
        }
        let eps = noise.split().normal([particles, self.flat.len()]);
        let z = eps.clone() * self.log_scale.val().exp() + self.loc.val();
        let log_base = self.log_base(&z, eps, path);
        let (latents, log_det) = self.flat.unpack(z);
        let mut log_q = self.base_terms(log_base);
        log_q.extend(log_det);
        Ok(Draw { latents, log_q })
    }
}
