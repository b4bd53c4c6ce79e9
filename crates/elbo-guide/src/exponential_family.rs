//! The posterior in the family of the prior.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{
    Bernoulli, Beta, Categorical, Dirichlet, Exponential, Gamma, Geometric, InverseGamma,
    LogNormal, LogitNormal, Normal, OneHotCategorical, Poisson, Support,
};
use elbo_model::{Layout, Names, Plate, Program, Site, Trace, named_param};

use crate::flat::{check_unmasked, check_whole};
use crate::{Amortized, GuideError};

/// The guide whose every site has the distribution of its prior, with parameters of its own for each element: Beta for Beta, Gamma
/// for Gamma, Categorical for Categorical.
///
/// Where the model is conjugate site by site, the best such guide is what coordinate ascent finds. Discrete sites are drawn
/// like those of any guide program: by a score function, or what the objective chooses for them.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Bernoulli, Beta, Noise};
/// use elbo_guide::{ExponentialFamily, Guide};
/// use elbo_model::{Layout, Plan, Trace};
///
/// fn coin(t: &mut Trace, x: &Tensor<2>) {
///     let p = t.sample("p", Beta::new(2.0, 2.0));
///     t.observe("x", Bernoulli::probs(p), x.clone());
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let x = Tensor::from_floats([[1.0, 1.0, 0.0]], &device);
/// let layout = Layout::discover(&coin, &x, &noise).unwrap();
/// let guide = ExponentialFamily::of_prior(&layout).unwrap();
/// let draw = guide.draw(&x, 50, &Plan::default(), &mut noise).unwrap();
/// let mean = |draws: Vec<f64>| draws.iter().sum::<f64>() / draws.len() as f64;
/// let prior = mean(layout.prior_draws().unwrap().value("p").unwrap().to_vec());
/// let drawn = mean(draw.latents.value("p").unwrap().to_vec());
/// assert!((drawn - prior).abs() < 0.13); // Beta(4 m, 4 - 4 m) has the mean m; 50 draws, a standard error of 0.032 at most
/// ```
///
/// # References
/// Ranganath, Gerrish & Blei (2014), *Black box variational inference*; Hoffman, Blei, Wang & Paisley (2013), *Stochastic
/// variational inference*, section 2.2, for the conjugate case.
pub type ExponentialFamily = Amortized<PriorFamily>;

/// The program that draws every site from the family of its prior.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, OneHotCategorical, Place};
/// use elbo_guide::{ExponentialFamily, Guide};
/// use elbo_model::{Layout, Plan, Trace};
///
/// fn model(t: &mut Trace, _: &()) {
///     let logits = t.place().tensor(vec![2.0, 1.0, 0.0], [1, 3]);
///     t.sample("kind", OneHotCategorical::<2>::logits(logits));
/// }
///
/// let mut noise = Noise::new(0, Place::f64(&Device::flex()).unwrap());
/// let layout = Layout::discover(&model, &(), &noise).unwrap();
/// let guide = ExponentialFamily::of_prior(&layout).unwrap();
/// let draw = guide.draw(&(), 4, &Plan::default(), &mut noise).unwrap();
/// let apart = draw.log_q.total() + 3.0_f64.ln(); // log 1/3 at the start, whatever is drawn
/// assert!(apart.abs().max().into_scalar::<f64>() < 1e-12);
/// ```
#[derive(Module, Debug)]
pub struct PriorFamily {
    /// `[p, n]` for the `p` parameters of each of `n` elements, a site each.
    parameters: Vec<Param<Tensor<2>>>,
    #[module(skip)]
    sites: Vec<(Site, Kind)>,
}

/// The families that a site may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    LogNormal,
    LogitNormal,
    Gamma,
    InverseGamma,
    Exponential,
    Beta,
    Dirichlet,
    Bernoulli,
    Categorical,
    OneHotCategorical,
    Poisson,
    Geometric,
}

/// The names of the families.
const KINDS: [(&str, Kind); 13] = [
    ("Normal", Kind::Normal),
    ("LogNormal", Kind::LogNormal),
    ("LogitNormal", Kind::LogitNormal),
    ("Gamma", Kind::Gamma),
    ("InverseGamma", Kind::InverseGamma),
    ("Exponential", Kind::Exponential),
    ("Beta", Kind::Beta),
    ("Dirichlet", Kind::Dirichlet),
    ("Bernoulli", Kind::Bernoulli),
    ("Categorical", Kind::Categorical),
    ("OneHotCategorical", Kind::OneHotCategorical),
    ("Poisson", Kind::Poisson),
    ("Geometric", Kind::Geometric),
];

impl ExponentialFamily {
    /// The guide for the latents of `layout`, each of which starts about the mean of the prior's draws.
    ///
    /// # Errors
    /// [`GuideError::NoFamily`] for a site whose distribution is none of the families, [`GuideError::SubsampledLocal`],
    /// [`GuideError::Masked`], [`GuideError::NoLatents`] and, for a layout made by hand of sites with such names,
    /// [`ModelError::NoPriorDraws`](elbo_model::ModelError::NoPriorDraws).
    pub fn of_prior(layout: &Layout) -> Result<Self, GuideError> {
        let (mut parameters, mut sites) = (Vec::new(), Vec::new());
        for site in layout.latents() {
            let kind = kind(site)?;
            let draws =
                layout.prior_draws()?.value(&site.name).expect("a layout draws its latents");
            let start = start(kind, site, draws.to_vec());
            let shape = [kind.parameters(), start.len() / kind.parameters()];
            let value = layout.place().tensor(start, shape);
            parameters.push(named_param(&format!("exponential_family.{}", site.name), value));
            sites.push((site.clone(), kind));
        }
        match sites.is_empty() {
            true => Err(GuideError::NoLatents),
            false => Ok(Amortized::new(PriorFamily { parameters, sites })),
        }
    }
}

fn kind(site: &Site) -> Result<Kind, GuideError> {
    check_unmasked(site)?;
    check_whole(site)?;
    let found = KINDS.iter().find(|(name, _)| *name == site.distribution);
    let ranked = (2..=6).contains(&site.shape.len());
    match found.filter(|_| ranked) {
        Some((_, kind)) => Ok(*kind),
        None => Err(GuideError::NoFamily {
            site: site.name.to_string(),
            distribution: site.distribution.to_string(),
            known: Names(KINDS.iter().map(|(name, _)| (*name).to_string()).collect()),
        }),
    }
}

impl Kind {
    /// The parameters of an element.
    fn parameters(self) -> usize {
        match self {
            Self::Normal | Self::LogNormal | Self::LogitNormal => 2,
            Self::Gamma | Self::InverseGamma | Self::Beta => 2,
            _ => 1,
        }
    }
}

/// The shape of a site's parameters: of a categorical one, an axis for the categories.
fn parameter_shape(kind: Kind, site: &Site) -> Vec<usize> {
    let mut shape = site.shape.clone();
    if let (Kind::Categorical, Support::Category { count }) = (kind, site.support)
        && let Some(last) = shape.last_mut()
    {
        *last = count;
    }
    shape
}

/// Unconstrained parameters about the means of `draws`, element by element.
fn start(kind: Kind, site: &Site, draws: Vec<f64>) -> Vec<f64> {
    let size = site.size();
    let count = draws.len() / size;
    let mean = |i: usize| draws.iter().skip(i).step_by(size).sum::<f64>() / count as f64;
    let means: Vec<f64> = (0..size).map(mean).collect();
    let share = |m: &f64| m.clamp(0.1, 0.9);
    let logit = |m: &f64| (share(m) / (1.0 - share(m))).ln();
    let positive = |m: &f64| m.clamp(1e-3, 1e3);
    let each = |change: &dyn Fn(&f64) -> f64| means.iter().map(change).collect::<Vec<_>>();
    let narrow = vec![0.1_f64.ln(); size];
    // Means as those of the prior; a positive number or a share as uncertain as after two observations.
    match kind {
        Kind::Normal => [means, narrow].concat(),
        Kind::LogNormal => [each(&|m| positive(m).ln()), narrow].concat(),
        Kind::LogitNormal => [each(&logit), narrow].concat(),
        Kind::Gamma => [vec![2.0_f64.ln(); size], each(&|m| (2.0 / positive(m)).ln())].concat(),
        Kind::InverseGamma => {
            [vec![3.0_f64.ln(); size], each(&|m| (2.0 * positive(m)).ln())].concat()
        }
        Kind::Exponential => each(&|m| -positive(m).ln()),
        Kind::Beta => {
            [each(&|m| (4.0 * share(m)).ln()), each(&|m| (4.0 - 4.0 * share(m)).ln())].concat()
        }
        Kind::Dirichlet => {
            let categories = *site.shape.last().expect("a simplex has an axis") as f64;
            each(&|m| (categories * m.clamp(0.1 / categories, 1.0)).ln())
        }
        Kind::Bernoulli => each(&logit),
        Kind::OneHotCategorical => vec![0.0; size],
        Kind::Categorical => vec![0.0; parameter_shape(kind, site).iter().product()],
        Kind::Poisson => each(&|m| positive(m).ln()),
        Kind::Geometric => each(&|m| logit(&(1.0 / (1.0 + positive(m))))),
    }
}

impl<B> Program<B> for PriorFamily {
    fn run(&self, t: &mut Trace, _: &B) {
        for ((site, kind), parameters) in self.sites.iter().zip(&self.parameters) {
            inside(t, &site.plates, &mut |t| match site.shape.len() {
                2 => sample::<2>(t, site, *kind, parameters.val()),
                3 => sample::<3>(t, site, *kind, parameters.val()),
                4 => sample::<4>(t, site, *kind, parameters.val()),
                5 => sample::<5>(t, site, *kind, parameters.val()),
                _ => sample::<6>(t, site, *kind, parameters.val()),
            });
        }
    }
}

/// Runs `body` inside plates.
fn inside(t: &mut Trace, plates: &[Plate], body: &mut dyn FnMut(&mut Trace)) {
    match plates.split_first() {
        None => body(t),
        Some((plate, inner)) => t.plate(&plate.name, plate.total, |t| inside(t, inner, body)),
    }
}

fn sample<const D: usize>(t: &mut Trace, site: &Site, kind: Kind, parameters: Tensor<2>) {
    let shape = parameter_shape(kind, site);
    let shape: [usize; D] = std::array::from_fn(|axis| shape[axis]);
    let part = |row: usize| -> Tensor<D> { parameters.clone().narrow(0, row, 1).reshape(shape) };
    let above = |row: usize| part(row).exp();
    let name = &*site.name;
    match kind {
        Kind::Normal => drop(t.sample(name, Normal::new(part(0), above(1)))),
        Kind::LogNormal => drop(t.sample(name, LogNormal::new(part(0), above(1)))),
        Kind::LogitNormal => drop(t.sample(name, LogitNormal::new(part(0), above(1)))),
        Kind::Gamma => drop(t.sample(name, Gamma::new(above(0), above(1)))),
        Kind::InverseGamma => drop(t.sample(name, InverseGamma::new(above(0), above(1)))),
        Kind::Exponential => drop(t.sample(name, Exponential::new(above(0)))),
        Kind::Beta => drop(t.sample(name, Beta::new(above(0), above(1)))),
        Kind::Dirichlet => drop(t.sample(name, Dirichlet::new(above(0)))),
        Kind::Bernoulli => drop(t.sample(name, Bernoulli::logits(part(0)))),
        Kind::Categorical => drop(t.sample(name, Categorical::logits(part(0)))),
        Kind::OneHotCategorical => drop(t.sample(name, OneHotCategorical::logits(part(0)))),
        Kind::Poisson => drop(t.sample(name, Poisson::new(above(0)))),
        Kind::Geometric => drop(t.sample(name, Geometric::logits(part(0)))),
    }
}
