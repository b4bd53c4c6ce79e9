//! The conditionals of a program, moved towards a posterior.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{
    Distribution, Domain, Noise, Operand, Place, Support, TensorMap, sigmoid, with_particles,
};

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
    moved: Vec<Param<Tensor<2>>>,
    #[module(skip)]
    parameters: Vec<Moved>,
}

/// A parameter of a site's distribution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moved {
    site: String,
    /// Which of the distribution's parameters it is.
    position: usize,
    shape: Vec<usize>,
    support: Support,
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
    /// as [`Exponential`](elbo_dist::Exponential), cannot, and neither can one whose parameters are no numbers of
    /// which means can be taken, such as the ends of [`Uniform`](elbo_dist::Uniform) or the probabilities of
    /// [`Bernoulli::probs`](elbo_dist::Bernoulli::probs), whose log-odds can. [`Conditionals::sites`] are the others.
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

/// The draws of the prior over whose parameters means are taken.
const PRIOR_DRAWS: usize = 15;

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

    /// The distribution of a site as it was moved, if it was.
    pub(crate) fn moved_conditional<const D: usize, P: Distribution<D>>(
        &mut self,
        site: &str,
        distribution: &P,
    ) -> Result<Option<P>, ModelError> {
        match &self.drawing {
            Drawing::Own => Ok(None),
            Drawing::Noted(_) => {
                let shape = self.shape_in_plates(site, distribution)?;
                let found = note(site, distribution, with_particles(shape, 1), self.place());
                if let Drawing::Noted(noted) = &mut self.drawing {
                    noted.extend(found.unwrap_or_default());
                }
                Ok(None)
            }
            Drawing::Moved(conditionals) => {
                if !conditionals.sites().any(|known| known == site) {
                    return Ok(None);
                }
                let mut towards = Towards { conditionals, site, position: 0 };
                Ok(Some(distribution.clone().with_tensors(&mut towards)))
            }
        }
    }
}

/// The parameters of a distribution, if they can be moved.
fn note<const D: usize, P: Distribution<D>>(
    site: &str,
    distribution: &P,
    shape: [usize; D],
    place: &Place,
) -> Option<Vec<(Moved, Tensor<2>)>> {
    let parameters = distribution.parameters();
    let support = distribution.support();
    let scalar = !support.is_discrete() && distribution.event_rank() == 0;
    if parameters.is_empty() || (scalar && parameters.len() < 2) {
        return None;
    }
    let supports: Option<Vec<_>> = parameters.iter().map(|p| support_of(p.domain)).collect();
    let (events, place) = (distribution.event_rank(), place.clone());
    let mut noted = Noted { supports: supports?, shape: &shape, events, place, found: Vec::new() };
    let _ = distribution.clone().with_tensors(&mut noted);
    let found: Vec<_> = noted.found.into_iter().collect::<Option<_>>()?;
    // What is moved must be the parameters, one by one: a distribution may keep others that follow from them.
    let same = found.iter().zip(&parameters).all(|(found, p)| found.numbers == p.value.numbers());
    if !same || found.len() != parameters.len() {
        return None;
    }
    let moved = |(position, found): (usize, Start)| {
        let (site, support) = (site.to_string(), noted.supports[position]);
        (Moved { site, position, shape: found.shape, support }, found.start)
    };
    Some(found.into_iter().enumerate().map(moved).collect())
}

/// The numbers of a domain whose means lie in it too.
fn support_of(domain: Domain) -> Option<Support> {
    match domain {
        Domain::Real | Domain::LogWeight => Some(Support::Real),
        Domain::Positive => Some(Support::Positive),
        Domain::Probability => Some(Support::UnitInterval),
        _ => None,
    }
}

/// Where the parameters of a distribution start, in the order in which it shows them.
struct Noted<'a> {
    supports: Vec<Support>,
    /// That of the site.
    shape: &'a [usize],
    /// The axes of an event.
    events: usize,
    place: Place,
    found: Vec<Option<Start>>,
}

/// A parameter as the prior has it.
struct Start {
    numbers: Vec<f64>,
    shape: Vec<usize>,
    /// The mean over particles, on the real line.
    start: Tensor<2>,
}

impl Noted<'_> {
    fn note<const D: usize>(&mut self, numbers: Vec<f64>, value: Tensor<D>) {
        let support = self.supports.get(self.found.len()).copied();
        let start = support.and_then(|support| self.start(numbers, value, support));
        self.found.push(start);
    }

    fn start<const D: usize>(
        &self,
        numbers: Vec<f64>,
        value: Tensor<D>,
        support: Support,
    ) -> Option<Start> {
        if self.shape.len() != D {
            return None;
        }
        let (real, _) = support.from_real::<D>()?.inverse_and_log_det(value);
        let mean = real.mean_dim(0);
        let dims = mean.dims();
        let shape: [usize; D] = std::array::from_fn(|axis| match axis + self.events < D {
            true => dims[axis].max(self.shape[axis]),
            false => dims[axis],
        });
        let size = shape.iter().product();
        let start = mean.expand(shape).reshape([1, size]);
        let finite = start.to_data().iter::<f64>().all(f64::is_finite);
        finite.then(|| Start { numbers, shape: shape.to_vec(), start })
    }
}

impl TensorMap for Noted<'_> {
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
        let value = tensor.clone().inner();
        self.note(value.to_data().iter::<f64>().collect(), value);
        tensor
    }

    fn number<const D: usize>(&mut self, number: f64) -> Operand<D> {
        let value = self.place.tensor(vec![number], [1; D]);
        self.note(vec![number], value);
        Operand::Scalar(number)
    }
}

/// Moves the parameters of a site's distribution.
struct Towards<'a> {
    conditionals: &'a Conditionals,
    site: &'a str,
    position: usize,
}

impl Towards<'_> {
    fn moved<const D: usize>(&mut self, theta: Operand<D>) -> Operand<D> {
        let Conditionals { moved, parameters } = self.conditionals;
        let is_it = |at: &Moved| at.site == self.site && at.position == self.position;
        let at = parameters.iter().position(is_it).expect("all parameters of a site are moved");
        self.position += 1;
        let (values, Moved { shape, support, .. }) = (moved[at].val(), &parameters[at]);
        let shape: [usize; D] = std::array::from_fn(|axis| shape[axis]);
        let weight = sigmoid(values.clone().narrow(0, 0, 1)).reshape(shape);
        let own = constrain(values.narrow(0, 1, 1), shape, *support);
        let own: Tensor<D> = own.expect("a parameter's domain is an image of the real line");
        let theta = theta.on(&own);
        Operand::Tensor(own.clone() + weight * (theta - own))
    }
}

impl TensorMap for Towards<'_> {
    fn map<const D: usize>(&mut self, tensor: Tensor<D>) -> Tensor<D> {
        let theta = Operand::Tensor(tensor.clone());
        self.moved(theta).on(&tensor)
    }

    fn number<const D: usize>(&mut self, number: f64) -> Operand<D> {
        self.moved(Operand::Scalar(number))
    }
}
