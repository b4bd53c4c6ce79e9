//! The conditionals of a program, moved towards a posterior.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Distribution, Noise, Support, sigmoid, with_particles};

use crate::checks::shape_error;
use crate::layout::PRIOR_DRAWS;
use crate::moving::{Towards, note};
use crate::params::constrain;
use crate::{
    Latents, LogTerms, ModelError, Plan, Program, Role, Trace, Traced, enumeration, named_param,
};

/// The conditional distributions of a program's latents, every parameter of which is moved towards a number of its own:
///
/// `q(z_j | z_<j) = p(z_j | λ_j ∘ θ_j(z_<j) + (1 - λ_j) ∘ α_j)`
///
/// `θ_j(z_<j)` are the parameters that the program computes, and the weights `λ_j` in (0, 1) and the numbers `α_j`, which
/// lie where the parameter must, are trained, one of each for each number of each parameter. With `λ_j = 1` the
/// conditional is the prior's, with `λ_j = 0` independent of its parents.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::{Conditionals, Latents, Plan, Trace};
///
/// fn walk(t: &mut Trace, _: &()) {
///     let first = t.sample("first", Normal::<2>::new(3.0, 1.0));
///     t.sample("second", Normal::new(first, 1.0));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let conditionals = Conditionals::discover(&walk, &(), &noise).unwrap();
/// assert_eq!(conditionals.sites().collect::<Vec<_>>(), ["first", "second"]);
/// let none = Latents::new(noise.place().clone());
/// let drawn = conditionals.draw(&walk, &(), &none, 8, &Plan::default(), &mut noise).unwrap();
/// assert_eq!(drawn.terms.total().dims(), [8, 1]);
/// ```
///
/// # References
/// Ambrogioni et al. (2021), *Automatic structured variational inference*, equation 4.
#[derive(Module, Debug)]
pub struct Conditionals {
    /// `[2, n]`: the log-odds of `λ`, and `α` on the real line, for each parameter of `n` numbers.
    pub(crate) moved: Vec<Param<Tensor<2>>>,
    #[module(skip)]
    pub(crate) parameters: Vec<Moved>,
}

/// A parameter of a site's distribution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moved {
    pub site: String,
    /// Which of the distribution's parameters it is.
    pub position: usize,
    pub shape: Vec<usize>,
    /// That of the site.
    pub site_shape: Vec<usize>,
    pub support: Support,
}

/// What a run does with the conditionals of latents.
pub(crate) enum Drawing {
    /// It draws from them.
    Own,
    /// It draws from them, and notes their parameters.
    Noted(Vec<(Moved, Tensor<2>)>),
    /// It draws from them as they were moved.
    Moved(Conditionals),
}

impl Conditionals {
    /// The conditionals of a program's latents, halfway between the program's own and the means of their parameters over
    /// draws from the prior: `λ = ½`.
    ///
    /// Only those are moved that can come to lie about any point: a distribution of numbers that has one parameter, such
    /// as [`Exponential`](elbo_dist::Exponential), cannot. Neither are those whose parameters are no numbers of which means can be
    /// taken: the ends of [`Uniform`](elbo_dist::Uniform), the factor of
    /// [`MultivariateNormal`](elbo_dist::MultivariateNormal), the probabilities of
    /// [`Bernoulli::probs`](elbo_dist::Bernoulli::probs) (their log-odds are). [`Conditionals::sites`] are those that are moved.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    pub fn discover<B, P: Program<B> + ?Sized>(
        program: &P,
        batch: &B,
        noise: &Noise,
    ) -> Result<Self, ModelError> {
        let mut trace = Trace::prior(PRIOR_DRAWS, noise.clone()).unscored();
        trace.drawing = Drawing::Noted(Vec::new());
        program.run(&mut trace, batch);
        let drawing = std::mem::replace(&mut trace.drawing, Drawing::Own);
        trace.finish()?;
        let Drawing::Noted(noted) = drawing else { unreachable!("a run keeps its drawing") };
        let param = |(moved, start): (Moved, Tensor<2>)| {
            let name = format!("conditionals.{}.{}", moved.site, moved.position);
            let even = start.zeros_like();
            (named_param(&name, Tensor::cat(vec![even, start], 0)), moved)
        };
        let (moved, parameters) = noted.into_iter().map(param).unzip();
        Ok(Self { moved, parameters })
    }

    /// The sites whose conditionals are moved.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        let first = |parameter: &&Moved| parameter.position == 0;
        self.parameters.iter().filter(first).map(|parameter| parameter.site.as_str())
    }

    /// How much each parameter of `site` follows what the program computes, `λ` as `[1, n]`, in the order of the distribution's
    /// parameters.
    pub fn weights(&self, site: &str) -> Vec<Tensor<2>> {
        let of_site = self.of_site(site);
        of_site.map(|(_, values)| sigmoid(values.narrow(0, 0, 1))).collect()
    }

    /// The numbers towards which each parameter of `site` is moved, `α` as `[1, n]`, in the order of the distribution's
    /// parameters.
    pub fn targets(&self, site: &str) -> Vec<Tensor<2>> {
        let target = |(at, values): (&Moved, Tensor<2>)| {
            let own = values.narrow(0, 1, 1);
            constrain(own.clone(), own.dims(), at.support).unwrap_or(own)
        };
        self.of_site(site).map(target).collect()
    }

    fn of_site(&self, site: &str) -> impl Iterator<Item = (&Moved, Tensor<2>)> {
        let all = self.parameters.iter().zip(&self.moved);
        all.filter(move |(at, _)| at.site == site).map(|(at, moved)| (at, moved.val().inner()))
    }

    /// A run of `program` as a guide, which takes the latents in `given` and draws the others from the conditionals as they
    /// were moved; its terms are those of the latents that it drew.
    ///
    /// # Errors
    /// As [`propose`](crate::propose).
    pub fn draw<B, P: Program<B> + ?Sized>(
        &self,
        program: &P,
        batch: &B,
        given: &Latents,
        particles: usize,
        plan: &Plan,
        noise: &mut Noise,
    ) -> Result<Traced, ModelError> {
        let branch = noise.split();
        let fresh = || Trace::proposal(particles, plan, branch.clone()).taking(given).moved(self);
        let mut traced = enumeration::run(program, batch, fresh)?;
        traced.terms = drawn(traced.terms, given);
        plan.check_sites(traced.terms.iter().map(|term| &*term.site))?;
        Ok(traced)
    }

    /// The terms of the latents that are not in `given`, at `latents`.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    pub fn log_prob<B, P: Program<B> + ?Sized>(
        &self,
        program: &P,
        batch: &B,
        given: &Latents,
        latents: &Latents,
    ) -> Result<LogTerms, ModelError> {
        let traced = enumeration::run(program, batch, || Trace::given(latents).moved(self))?;
        Ok(drawn(traced.terms, given))
    }
}

/// The terms of latents that are not given.
fn drawn(terms: LogTerms, given: &Latents) -> LogTerms {
    let (order, enumerated) = (terms.order(), terms.enumerated().to_vec());
    let mut drawn = LogTerms::default().with_order(order).with_enumerated(enumerated);
    let own = |term: &crate::Term| term.role == Role::Latent && given.value(&term.site).is_none();
    terms.into_terms().into_iter().filter(own).for_each(|term| drawn.push(term));
    drawn
}

impl Trace {
    fn moved(mut self, conditionals: &Conditionals) -> Self {
        self.drawing = Drawing::Moved(conditionals.clone());
        self
    }

    /// Whether the run is about the conditionals of latents, and not about data.
    pub(crate) fn is_about_latents(&self) -> bool {
        matches!(self.drawing, Drawing::Moved(_))
    }

    /// The distribution of a latent of `shape` as it was moved, if it was.
    pub(crate) fn moved_conditional<const D: usize, P: Distribution<D>>(
        &mut self,
        site: &str,
        distribution: &P,
        shape: [usize; D],
    ) -> Result<Option<P>, ModelError> {
        let place = self.noise.place();
        match &mut self.drawing {
            Drawing::Own => Ok(None),
            Drawing::Noted(noted) => {
                let found = note(site, distribution, with_particles(shape, 1), place);
                noted.extend(found.unwrap_or_default());
                Ok(None)
            }
            Drawing::Moved(conditionals) => {
                let own = |moved: &&Moved| moved.site == site;
                let Some(moved) = conditionals.parameters.iter().find(own) else {
                    return Ok(None);
                };
                if moved.site_shape[1..] != shape[1..] {
                    return Err(shape_error(site, "conditional", &*moved.site_shape, shape));
                }
                let mut towards = Towards { conditionals, site, position: 0 };
                Ok(Some(distribution.clone().with_tensors(&mut towards)))
            }
        }
    }
}
