//! The program's own conditionals as a guide.

use burn::module::{Module, ModuleDisplay};
use elbo_dist::Noise;
use elbo_model::{Conditionals, Latents, Layout, LogTerms, Order, Path, Plan, Program, Role};

use crate::amortized::at_draws;
use crate::flat::check_whole;
use crate::guide::check_own_run;
use crate::{Draw, FlatLatents, Guide, GuideError, Init, MeanField, MeanFieldConfig, Score};

/// Automatic structured variational inference: the guide runs the model itself, each of whose conditionals is moved towards a
/// distribution of its own, so that what depends on what in the prior does so in the guide.
///
/// `q(z_j | z_<j) = p(z_j | λ_j ∘ θ_j(z_<j) + (1 - λ_j) ∘ α_j)`, as [`Conditionals`] says, for the sites that can
/// be moved; the other ones, such as a scale under a half-Cauchy, are a [`MeanField`], drawn first. Its cost is
/// linear in the number of latents, and it fits a chain or a tree of latents where a mean field does not.
///
/// Discrete sites keep their own estimators, as in any guide program. Data are not scored by the guide's run.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{AutomaticStructured, Guide};
/// use elbo_model::{Layout, Model, Plan, Trace};
///
/// fn chain(t: &mut Trace, x: &Tensor<2>) {
///     let first = t.sample("first", Normal::new(0.0, 1.0));
///     let second = t.sample("second", Normal::new(first, 1.0));
///     t.observe("x", Normal::new(second, 1.0), x.clone());
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let x = Tensor::from_floats([[1.0]], &device);
/// let layout = Layout::discover(&chain, &x, &noise).unwrap();
/// let guide = AutomaticStructured::new(Model::new(chain), &layout, &x, &mut noise).unwrap();
/// let weight = guide.conditionals().weights("second")[0].clone();
/// assert_eq!(weight.into_scalar::<f32>(), 0.5); // half the prior's at the start
/// let draw = guide.draw(&x, 4, &Plan::default(), &mut noise).unwrap();
/// assert_eq!(draw.log_q.total().dims(), [4, 1]);
/// ```
///
/// # References
/// Ambrogioni et al. (2021), *Automatic structured variational inference*, equation 4.
#[derive(Module, Debug)]
pub struct AutomaticStructured<P: Module> {
    program: P,
    conditionals: Conditionals,
    others: Option<MeanField>,
}

impl<P: Module> AutomaticStructured<P> {
    /// The guide that runs `program`, which is the model, a function without parameters that are trained. Halfway between
    /// the prior's conditionals and independence, with a mean field by its defaults for the sites that cannot be moved.
    ///
    /// # Errors
    /// * [`GuideError::NoLatents`];
    /// * [`GuideError::ModelParam`] if the model declares a parameter;
    /// * [`GuideError::PartOfModel`] for a layout of a part of its latents;
    /// * [`GuideError::AfterMarginal`] if a latent comes after a site that is summed out;
    /// * [`GuideError::SubsampledLocal`] for a latent of which a batch holds a part;
    /// * [`GuideError::Model`] for what a run of the program meets, and with
    ///   [`ModelError::NoPriorDraws`](elbo_model::ModelError::NoPriorDraws) for a layout made by hand;
    /// * if there are sites that cannot be moved, what [`MeanField::new`] refuses of them: [`GuideError::Discrete`] and
    ///   [`GuideError::Masked`] above all.
    pub fn new<B>(
        program: P,
        layout: &Layout,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Self, GuideError>
    where
        P: Program<B>,
    {
        Self::at(Init::Median, program, layout, batch, noise)
    }

    /// [`AutomaticStructured::new`] with a mean field that starts elsewhere; an [`Init::Value`] may hold the sites that
    /// are moved, too. Where all sites are, it is not used.
    ///
    /// Where conditionals start is not said by an `Init`: let the guide learn from draws that another method has found
    /// (`Svi::imitate` of `elbo-infer`).
    ///
    /// # Errors
    /// As [`AutomaticStructured::new`], and those of the [`Init`] if there are sites that cannot be moved.
    pub fn at<B>(
        init: Init,
        program: P,
        layout: &Layout,
        batch: &B,
        noise: &mut Noise,
    ) -> Result<Self, GuideError>
    where
        P: Program<B>,
    {
        check(layout)?;
        let conditionals = Conditionals::discover(&program, batch, &noise.split())?;
        let is_moved = |name: &str| conditionals.sites().any(|site| site == name);
        let others = layout.of_latents(|name| !is_moved(name));
        if others.latents().next().is_none() {
            return Ok(Self { program, conditionals, others: None });
        }
        let mut flat = FlatLatents::new(&others)?;
        let init = match init {
            Init::Value(values) => {
                let [moved, own] = [true, false].map(|moved| {
                    let names = values.iter().map(|(name, _)| name);
                    values.only(names.filter(|name| is_moved(name) == moved))
                });
                flat = flat.beside(moved);
                Init::Value(own)
            }
            other => other,
        };
        let config = MeanFieldConfig::new().with_init(init);
        let others = Some(config.init_flat(flat, &others, &program, batch, noise)?);
        Ok(Self { program, conditionals, others })
    }

    /// The conditionals, with the numbers towards which they are moved.
    pub fn conditionals(&self) -> &Conditionals {
        &self.conditionals
    }

    /// The guide of the sites that cannot be moved.
    pub fn others(&self) -> Option<&MeanField> {
        self.others.as_ref()
    }
}

impl<P: Module> AutomaticStructured<P> {
    /// The terms of the others, and then those of the conditionals.
    fn beside(&self, of_others: LogTerms, own: LogTerms) -> Result<LogTerms, GuideError> {
        if self.others.is_none() {
            return Ok(own);
        }
        if let Some(site) = own.enumerated().first() {
            return Err(GuideError::BesideEnumerated { site: site.site.to_string() });
        }
        let mut log_q = of_others;
        log_q.extend(own);
        // The others are drawn first, and their parents in the model after them.
        Ok(log_q.with_order(Order::Sequential))
    }
}

/// Refuses a model that the guide cannot run.
fn check(layout: &Layout) -> Result<(), GuideError> {
    if layout.latents().next().is_none() {
        return Err(GuideError::NoLatents);
    }
    check_own_run(layout)?;
    let mut marginal = None;
    for site in layout.sites() {
        match (site.role, &marginal) {
            (Role::Marginal, _) => marginal = Some(site.name.to_string()),
            (Role::Latent, Some(marginal)) => {
                let (site, marginal) = (site.name.to_string(), marginal.clone());
                return Err(GuideError::AfterMarginal { site, marginal });
            }
            (Role::Latent, None) => check_whole(site)?,
            _ => {}
        }
    }
    Ok(())
}

impl<B, P: Program<B> + Module + ModuleDisplay> Guide<B> for AutomaticStructured<P> {
    fn draw(
        &self,
        batch: &B,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Draw, GuideError> {
        let part = plan.of_part();
        let empty =
            || Draw { latents: Latents::new(noise.place().clone()), log_q: LogTerms::default() };
        let Draw { latents: given, log_q: of_others } = match &self.others {
            None => empty(),
            Some(others) => Guide::<B>::draw(others, batch, particles, &part, noise)?,
        };
        let Self { program, conditionals, .. } = self;
        let traced = conditionals.draw(program, batch, &given, particles, &part, noise)?;
        let mut latents = given.clone();
        latents.extend(traced.values.only(traced.terms.iter().map(|term| &*term.site)));
        plan.check_sites(latents.iter().map(|(name, _)| name))?;
        let own = match plan.path() {
            Path::Full => traced.terms,
            // The same draws, scored at constant parameters.
            Path::DrawsOnly => {
                let constant = conditionals.valid();
                let terms = constant.log_prob(program, batch, &given, &latents)?;
                at_draws(traced.terms, &terms)
            }
        };
        Ok(Draw { latents, log_q: self.beside(of_others, own)? })
    }
}

impl<B, P: Program<B> + Module + ModuleDisplay> Score<B> for AutomaticStructured<P> {
    fn log_q(&self, batch: &B, latents: &Latents) -> Result<LogTerms, GuideError> {
        let empty = || Latents::new(latents.place().clone());
        let (given, log_q) = match &self.others {
            None => (empty(), LogTerms::default()),
            Some(others) => {
                let names = others.flat().supports().map(|(name, _)| name);
                (latents.only(names), Score::<B>::log_q(others, batch, latents)?)
            }
        };
        let own = self.conditionals.log_prob(&self.program, batch, &given, latents)?;
        self.beside(log_q, own)
    }
}
