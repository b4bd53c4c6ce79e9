//! A point.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Noise, Place};
use elbo_model::{Latents, Layout, LogJoint, LogTerms, Plan, named_param};

use crate::family::per_row;
use crate::frame::take;
use crate::guide::check_pathwise;
use crate::init::{Scene, Start};
use crate::{Draw, FlatLatents, Guide, GuideError, Init, Restarts};

/// A point in the place of a posterior: where its bound is largest it is the mode of the posterior, in the latents' own
/// coordinates.
///
/// `q = δ(x - T(μ))`, whose bound is `log p(x, T(μ))` without `log |dT/dμ|`
///
/// With flat priors, or a program of parameters alone, that is maximum likelihood.
///
/// # Shapes
/// Latents are `[R S, ..]`, all rows of a member the same; there is no term of `log q`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Beta, Noise};
/// use elbo_guide::{DeltaGuide, Guide, Init};
/// use elbo_model::{Layout, LogJoint, Plan, Trace};
///
/// fn coin(t: &mut Trace, _: &()) {
///     t.sample("p", Beta::<2>::new(8.0, 6.0));
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let layout = Layout::discover(&coin, &(), &noise).unwrap();
/// let mode = layout.at([("p", Tensor::<2>::from_floats([[7.0 / 12.0]], &device))]);
/// let guide = DeltaGuide::at(Init::Value(mode), 1, &layout, &coin, &(), &mut noise).unwrap();
/// let draw = guide.draw(&(), 1, &Plan::default(), &mut noise).unwrap();
/// let p: f32 = draw.latents.get::<2>("p").unwrap().into_scalar();
/// assert!((p - 7.0 / 12.0).abs() < 1e-6);
/// assert!(draw.log_q.try_total().is_none());
/// ```
///
/// # References
/// Gelman et al. (2013), *Bayesian Data Analysis*, chapter 13, for modes in the place of a posterior.
#[derive(Module, Debug)]
pub struct DeltaGuide {
    /// `[R, d]`; nothing for a program without latents.
    loc: Option<Param<Tensor<2>>>,
    #[module(skip)]
    flat: Option<FlatLatents>,
    #[module(skip)]
    place: Place,
}

impl DeltaGuide {
    /// A point for the latents of `layout` that starts at the prior's median.
    ///
    /// # Errors
    /// As [`DeltaGuide::at`].
    pub fn new<B>(
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Self, GuideError> {
        Self::at(Init::Median, 1, layout, model, batch, noise)
    }

    /// So many points, each of which starts as `init` says.
    ///
    /// # Errors
    /// [`GuideError::NeverFinite`], [`GuideError::NoRestarts`], those of the [`Init`], and what [`FlatLatents::new`] refuses,
    /// but for a program without latents.
    pub fn at<B>(
        init: Init,
        restarts: usize,
        layout: &Layout,
        model: &impl LogJoint<B>,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Self, GuideError> {
        let place = layout.place().clone();
        let flat = match FlatLatents::new(layout) {
            Err(GuideError::NoLatents) => return Ok(Self { loc: None, flat: None, place }),
            found => found?,
        };
        let scene = Scene { flat: &flat, layout, model, batch };
        let starts = scene.starts(&init, restarts, noise)?;
        let points: Vec<_> = starts.into_iter().flat_map(Start::into_point).collect();
        let loc = named_param("delta.loc", place.tensor(points, [restarts, flat.len()]));
        Ok(Self { loc: Some(loc), flat: Some(flat), place })
    }

    /// The point on the real line; nothing for a program without latents.
    ///
    /// # Shapes
    /// `[R, d]`.
    pub fn loc(&self) -> Option<Tensor<2>> {
        self.loc.as_ref().map(|loc| loc.val().inner())
    }

    fn check(&self, plan: &Plan) -> Result<(), GuideError> {
        let names = self.flat.iter().flat_map(|flat| flat.supports().map(|(name, _)| name));
        check_pathwise(plan, names, "a point", "needs a guide with a density")
    }
}

impl<B> Guide<B> for DeltaGuide {
    fn draw(
        &self,
        _: &B,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        self.check(plan)?;
        let log_q = LogTerms::default();
        let (Some(flat), Some(loc)) = (&self.flat, &self.loc) else {
            return Ok(Draw { latents: Latents::new(self.place.clone()), log_q });
        };
        flat.check_place(noise)?;
        let [restarts, d] = loc.val().dims();
        let rows = restarts * particles;
        let (latents, _) = flat.unpack(per_row(loc.val(), rows).expand([rows, d]));
        Ok(Draw { latents, log_q })
    }

    fn members(&self) -> usize {
        self.restarts()
    }
}

impl Restarts for DeltaGuide {
    fn restarts(&self) -> usize {
        self.loc.as_ref().map_or(1, |loc| loc.val().dims()[0])
    }

    fn restart(&self, restart: usize) -> Self {
        let loc = self.loc.as_ref().map(|loc| take(loc, restart));
        Self { loc, flat: self.flat.clone(), place: self.place.clone() }
    }
}
