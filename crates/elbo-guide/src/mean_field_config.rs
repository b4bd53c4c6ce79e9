//! How a mean field starts.

use burn::tensor::Float;
use elbo_dist::{Distribution, Noise};
use elbo_model::{Layout, LogJoint, named_param};

use crate::base::Base;
use crate::init::{Scene, Starting};
use crate::{FlatLatents, FrameKind, GuideError, Init, MeanField};

/// How a [`MeanField`] starts.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Laplace, Noise, Normal, Place};
/// use elbo_guide::{Init, MeanFieldConfig, Score};
/// use elbo_model::{Layout, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(0.0, 1.0));
/// }
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let mut noise = Noise::new(0, &place);
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let zero = layout.at([("z", place.zeros::<2>([1, 1]))]);
/// let config = MeanFieldConfig::new().with_base(Laplace::<2>::new(0.0, 1.0)).with_scale(0.5);
/// let config = config.with_init(Init::Value(zero.clone()));
/// let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
/// let log_q: f64 = guide.log_q(&(), &zero).unwrap().total().into_scalar();
/// assert!(log_q.abs() < 1e-12); // -log 2b for b = ½
/// ```
#[derive(Clone, Debug)]
pub struct MeanFieldConfig {
    start: Starting,
    base: Base,
}

impl Default for MeanFieldConfig {
    fn default() -> Self {
        Self { start: Starting::default(), base: Base::Normal }
    }
}

impl MeanFieldConfig {
    /// The prior's median as location, and a scale of 0.1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the location starts.
    pub fn with_init(self, init: Init) -> Self {
        Self { start: Starting { init, ..self.start }, ..self }
    }

    /// The standard deviation of every latent on the real line at the start, where [`Init`] does not find one.
    pub fn with_scale(self, scale: f64) -> Self {
        Self { start: Starting { scale, ..self.start }, ..self }
    }

    /// Another distribution of `ε` than the standard normal: one number on the real line, such as
    /// `StudentT::new(4.0, 0.0, 1.0)`, whose tails are heavier.
    pub fn with_base<P: Distribution<2, Kind = Float>>(self, base: P) -> Self {
        Self { base: Base::of(base), ..self }
    }

    /// So many fits at once, each from a start of its own.
    pub fn with_restarts(self, restarts: usize) -> Self {
        Self { start: Starting { restarts, ..self.start }, ..self }
    }

    /// A guide for the latents of `layout`, at a point where `model` has a finite density.
    ///
    /// # Errors
    /// [`GuideError::NeverFinite`] if there is no such point among those tried, [`GuideError::Scale`],
    /// [`GuideError::Base`], [`GuideError::NoRestarts`], those of the [`Init`], and what [`FlatLatents::new`] refuses.
    pub fn init<B>(
        &self,
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<MeanField, GuideError> {
        self.init_flat(FlatLatents::new(layout)?, layout, model, batch, noise)
    }

    /// [`MeanFieldConfig::init`] for vectors that are known.
    pub(crate) fn init_flat<B>(
        &self,
        flat: FlatLatents,
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<MeanField, GuideError> {
        self.base.check()?;
        let scene = Scene { flat: &flat, layout, model, batch };
        let (frame, start) = self.start.placed(&scene, FrameKind::Diagonal, 1, noise)?;
        let shape = [start.restarts(), start.size()];
        Ok(MeanField {
            loc: named_param("mean_field.loc", start.loc()),
            log_scale: named_param("mean_field.log_scale", start.filled(shape, start.scale.ln())),
            frame,
            base: self.base.clone(),
            flat,
        })
    }
}
