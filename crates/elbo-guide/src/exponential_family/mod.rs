//! The posterior in the family of the prior.

mod discrete;
mod kind;
mod natural;
mod nodes;
mod pair;
mod parameters;
mod probe;
mod simplex;
mod vector;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{
    Bernoulli, Beta, Categorical, Dirichlet, Exponential, Gamma, Geometric, InverseGamma,
    LogNormal, LogitNormal, MultivariateNormal, Normal, OneHotCategorical, Poisson,
};
use elbo_model::{Layout, Plate, Program, Site, Subsample, Trace, named_param};

use crate::flat::check_whole;
use crate::{Amortized, GuideError};
use kind::{Kind, parameter_shape};
pub use nodes::Nodes;
pub use probe::Probe;

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

impl ExponentialFamily {
    /// The guide for the latents of `layout`, each of which starts about the mean of the prior's draws.
    ///
    /// # Errors
    /// [`GuideError::NoFamily`] for a site whose distribution is none of the families, [`GuideError::SubsampledLocal`],
    /// [`GuideError::Masked`], [`GuideError::NoLatents`] and, for a layout made by hand of sites with such names,
    /// [`ModelError::NoPriorDraws`](elbo_model::ModelError::NoPriorDraws).
    pub fn of_prior(layout: &Layout) -> Result<Self, GuideError> {
        layout.latents().try_for_each(check_whole)?;
        Self::of_batch(layout)
    }

    /// [`ExponentialFamily::of_prior`] for the latents outside of minibatches, where others are local to these.
    ///
    /// # Errors
    /// Those of `of_prior` but [`GuideError::SubsampledLocal`].
    pub fn of_globals(layout: &Layout) -> Result<Self, GuideError> {
        let whole = |name: &str| {
            layout.latents().any(|site| &*site.name == name && check_whole(site).is_ok())
        };
        Self::of_batch(&layout.of_latents(whole))
    }

    /// The parameters of a site, unconstrained.
    ///
    /// # Shapes
    /// `[p, n]`.
    ///
    /// # Errors
    /// [`GuideError::UnknownNatural`].
    pub fn parameters(&self, site: &str) -> Result<Tensor<2>, GuideError> {
        Ok(self.program().parameters[self.index(site)?].val())
    }

    /// [`ExponentialFamily::of_prior`] for the latents of a batch, those too that are local to a part of a plate: it is a guide for this
    /// batch alone.
    ///
    /// # Errors
    /// Those of `of_prior` but [`GuideError::SubsampledLocal`].
    pub fn of_batch(layout: &Layout) -> Result<Self, GuideError> {
        let (mut parameters, mut sites) = (Vec::new(), Vec::new());
        for site in layout.latents() {
            let kind = kind::kind(site)?;
            let draws =
                layout.prior_draws()?.value(&site.name).expect("a layout draws its latents");
            let start = kind::start(kind, site, draws.to_vec());
            let rows = kind.parameters(site.size());
            let value = layout.place().tensor(start.clone(), [rows, start.len() / rows]);
            parameters.push(of_site(site, value));
            sites.push((site.clone(), kind));
        }
        match sites.is_empty() {
            true => Err(GuideError::NoLatents),
            false => Ok(Amortized::new(PriorFamily { parameters, sites })),
        }
    }
}

impl<B> Program<B> for PriorFamily {
    fn run(&self, t: &mut Trace, _: &B) {
        for ((site, kind), parameters) in self.sites.iter().zip(&self.parameters) {
            inside(t, &site.plates, &mut |t| match site.shape.len() {
                2 if *kind == Kind::Vector => sample_vector(t, site, parameters.val()),
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
        Some((plate, inner)) => {
            let size = Subsample { total: plate.total, batch: plate.batch };
            t.plate(&plate.name, size, |t| inside(t, inner, body));
        }
    }
}

fn of_site(site: &Site, value: Tensor<2>) -> Param<Tensor<2>> {
    named_param(&format!("exponential_family.{}", site.name), value)
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
        Kind::Vector => {} // by sample_vector
    }
}

fn sample_vector(t: &mut Trace, site: &Site, parameters: Tensor<2>) {
    let n = site.size();
    let (loc, rows) = (parameters.clone().narrow(0, 0, 1), parameters.narrow(0, 1, n));
    let ones = Tensor::<2>::ones([n, n], (&rows.device().inner(), rows.dtype())).tril(0);
    let below = ones.clone().tril(-1);
    let factor = rows.clone() * below.clone()
        + (rows * (ones.clone() - below.clone())).exp() * (ones - below);
    t.sample(&site.name, MultivariateNormal::<2, 3>::scale_tril(loc, factor.unsqueeze()));
}
