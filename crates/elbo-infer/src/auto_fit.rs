//! A fit in one call.

use burn::module::{Module, ModuleDisplay};
use elbo_dist::Noise;
use elbo_guide::{
    Automatic, AutomaticConfig, Family, FamilyConfig, FlatLatents, FullRankConfig, FullRankNormal,
    FullRankNormalConfig, Guide, GuideError, Init, PathfinderConfig, Restarts,
};
use elbo_model::{Layout, Program};
use elbo_report::Report;

use crate::{
    FitConfig, FitEnd, FitInfo, InferError, Observer, Posterior, ReportConfig, StickingTheLanding,
    Svi,
};

/// Fits a program by a normal with all its covariances, without a setting to choose, and reports whether the result can be trusted.
///
/// The guide starts as the best normal that a search finds, in whose coordinates [`Svi::fit`] takes steps of 16 particles. Another
/// family is chosen by [`AutoFit::of`], any other guide by [`Svi::fit`] and [`Svi::report`], of which this is made.
///
/// # Errors
/// Those of [`Layout::discover`], [`AutomaticConfig::init`], [`Svi::fit`] and [`Svi::report`], and [`InferError::TooManyLatents`].
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_infer::fit;
/// use elbo_model::{Model, Trace};
///
/// fn chain(t: &mut Trace, _: &()) {
///     let z1 = t.sample("z1", Normal::new(0.0, 1.0));
///     let z2 = t.sample("z2", Normal::new(z1, 1.0));
///     let x = t.place().tensor(vec![1.0], [1, 1]);
///     t.observe("x", Normal::new(z2, 1.0), x);
/// }
///
/// let noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let fitted = fit(Model::new(chain), &(), noise).unwrap();
/// // The posterior is normal, with the means 1/3 and 2/3; the evidence is log N(1; 0, 3).
/// let z2 = &fitted.report.numbers[1];
/// assert!((z2.mean - 2.0 / 3.0).abs() < 4.0 * z2.mcse + 0.01);
/// assert!((fitted.report.bound.mean + 1.634_912).abs() < 1e-3);
/// println!("{}", fitted.report);
/// ```
pub fn fit<M, B>(model: M, data: &B, noise: Noise) -> Result<Fitted<M, FullRankNormal>, InferError>
where
    M: Program<B> + Module + Clone,
{
    AutoFit::new().run(model, data, noise, &mut ())
}

/// How [`fit`] fits.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal, Place};
/// use elbo_guide::LowRankConfig;
/// use elbo_infer::AutoFit;
/// use elbo_model::{Model, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     t.sample("z", Normal::<2>::new(3.0, 0.5));
/// }
///
/// let noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let config = AutoFit::of(LowRankConfig::rank(1)).with_restarts(2);
/// let fitted = config.run(Model::new(model), &(), noise, &mut ()).unwrap();
/// assert!(fitted.report.agreement.unwrap().distance < 0.1); // the two fits agree
/// assert!((fitted.report.numbers[0].mean - 3.0).abs() < 0.03);
/// ```
#[derive(Clone, Debug)]
pub struct AutoFit<C> {
    guide: AutomaticConfig<C>,
    most: usize,
    restarts: usize,
    particles: usize,
    fit: FitConfig,
    report: ReportConfig,
}

impl AutoFit<FullRankNormalConfig> {
    /// By a normal with all its covariances, of at most 600 latents.
    pub fn new() -> Self {
        Self { most: 600, ..Self::of(FullRankConfig::new()) }
    }
}

impl Default for AutoFit<FullRankNormalConfig> {
    fn default() -> Self {
        Self::new()
    }
}

/// The learning rate of the first level, in coordinates in which the posterior is close to standard.
const FIRST_RATE: f64 = 0.1;

/// The draws by which several fits are compared.
pub(crate) const COMPARED: usize = 1000;

impl<C: FamilyConfig + Clone> AutoFit<C> {
    /// By this guide, which starts as a search finds it.
    pub fn of(guide: AutomaticConfig<C>) -> Self {
        let fit = FitConfig::new().with_first_rate(FIRST_RATE);
        let (most, report) = (usize::MAX, ReportConfig::new());
        Self { guide, most, restarts: 1, particles: 16, fit, report }
    }

    /// So many fits at once, each from a search of its own: the best is kept, and the report says whether they agree.
    pub fn with_restarts(self, restarts: usize) -> Self {
        Self { restarts, ..self }
    }

    /// The particles of a step.
    pub fn with_particles(self, particles: usize) -> Self {
        Self { particles, ..self }
    }

    /// Steps, tolerance, checkpoints and interrupts: `change` is given what there is, with its first rate of 0.1.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Noise, Normal, Place};
    /// use elbo_infer::AutoFit;
    /// use elbo_model::{Model, Trace};
    ///
    /// fn model(t: &mut Trace, _: &()) {
    ///     t.sample("z", Normal::<2>::new(3.0, 0.5));
    /// }
    ///
    /// let noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
    /// let config = AutoFit::new().with_fit(|fit| fit.with_max_steps(30));
    /// let info = config.run(Model::new(model), &(), noise, &mut ()).unwrap().info;
    /// assert_eq!((info.steps, info.levels[0].rate), (30, 0.1));
    /// ```
    pub fn with_fit(self, change: impl FnOnce(FitConfig) -> FitConfig) -> Self {
        Self { fit: change(self.fit), ..self }
    }

    /// Title and draws of the report.
    pub fn with_report(self, report: ReportConfig) -> Self {
        Self { report, ..self }
    }

    /// Fits `model` to `data`. A fit that is interrupted has a report without a reference.
    ///
    /// # Errors
    /// Those of [`fit`], all before or in the first step but those of a fit that fails itself: what is wrong with some draws of a finished fit,
    /// its report says.
    pub fn run<M, B>(
        &self,
        model: M,
        data: &B,
        noise: Noise,
        observer: &mut impl Observer,
    ) -> Result<Fitted<M, C::Family>, InferError>
    where
        M: Program<B> + Module + Clone,
        C::Family: ModuleDisplay,
        Automatic<C::Family>: Guide<B> + Restarts + ModuleDisplay + Clone,
    {
        self.report.check()?;
        let (svi, info, report) = self.fitted(model, data, noise, observer)?;
        let report = match info.end {
            FitEnd::Interrupted => report.without_reference(),
            _ => report,
        };
        let report = svi.report(data, &report)?;
        Ok(Fitted { svi, info, report })
    }

    /// The fit, or the best of several, and what its report begins with.
    pub(crate) fn fitted<M, B>(
        &self,
        model: M,
        data: &B,
        mut noise: Noise,
        observer: &mut impl Observer,
    ) -> Result<Unreported<M, C::Family>, InferError>
    where
        M: Program<B> + Module + Clone,
        C::Family: ModuleDisplay,
        Automatic<C::Family>: Guide<B> + Restarts + ModuleDisplay + Clone,
    {
        let layout = Layout::discover(&model, data, &noise)?;
        let found = FlatLatents::new(&layout)?.len();
        if found > self.most {
            return Err(InferError::TooManyLatents { found, most: self.most });
        }
        let (guide, config) = self.start(&layout, &model, data, &mut noise)?;
        let mut svi = Svi::new(model, guide, StickingTheLanding, noise.clone())
            .with_particles(self.particles);
        let info = svi.fit(data, &config, observer)?;
        let mut report = self.report.clone().with_course(&info);
        if self.restarts > 1 {
            let fits = svi.restarts(data, COMPARED)?;
            report = report.with_fits(&fits);
            let best = fits.best();
            let (model, guide) = (best.model().clone(), best.guide().clone());
            svi = Svi::new(model, guide, StickingTheLanding, noise).with_particles(self.particles);
        }
        Ok((svi, info, report))
    }

    /// The guide at the best normal of a search; at the prior's median, with trials of learning rates, where there is none.
    fn start<M, B>(
        &self,
        layout: &Layout,
        model: &M,
        data: &B,
        noise: &mut Noise,
    ) -> Result<(Automatic<C::Family>, FitConfig), InferError>
    where
        M: Program<B>,
    {
        let config = self.guide.clone().with_restarts(self.restarts);
        let search = config.clone().with_init(Init::BestNormal(PathfinderConfig::new()));
        match search.init(layout, model, data, noise) {
            Ok(guide) => Ok((guide, self.fit.clone())),
            Err(GuideError::NoPath { .. }) => {
                let guide = config.init(layout, model, data, noise)?;
                Ok((guide, self.fit.clone().with_trials()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A fit, what it did, and what its report begins with.
pub(crate) type Unreported<M, F> = (AutoSvi<M, F>, FitInfo, ReportConfig);

/// A fit by an automatic guide.
pub type AutoSvi<M, F> = Svi<M, Automatic<F>, StickingTheLanding>;

/// A fit with what is known of it.
pub struct Fitted<M, F: Family> {
    /// The fit, which can go on; of several the best, at step 0 of a fit of its own, which does not.
    pub svi: AutoSvi<M, F>,
    /// What it did.
    pub info: FitInfo,
    /// Whether it can be trusted.
    pub report: Report,
}

impl<M: Module, F: Family + ModuleDisplay> Fitted<M, F> {
    /// Model and guide, ready to draw from.
    pub fn posterior(&self) -> Posterior<M, Automatic<F>> {
        self.svi.posterior()
    }
}
