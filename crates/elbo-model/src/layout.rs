//! What a program's sites are, found by running it.

use std::fmt;

use burn::tensor::Tensor;
use elbo_dist::{Noise, Place, kl_is_closed};

use crate::{Latents, ModelError, Params, Plate, Program, Role, Site, Trace, Traced};
use elbo_report::table;

/// The number of prior draws that a layout keeps, from which guides are initialized.
pub(crate) const PRIOR_DRAWS: usize = 15;

/// The sites of a program, in the order in which it runs them.
///
/// Its `Display` is a table; a [`Graph`](crate::Graph) shows what depends on what.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::{Layout, Trace};
///
/// fn walk(t: &mut Trace, _: &()) {
///     let first = t.sample("first", Normal::<2>::new(0.0, 1.0));
///     t.sample("second", Normal::new(first, 1.0));
/// }
///
/// let layout = Layout::discover(&walk, &(), &Noise::new(0, &Device::flex())).unwrap();
/// let table = layout.to_string();
/// assert!(table.ends_with(" second  latent  Normal        [1, 1]  real"));
/// assert_eq!(layout.prior_draws().unwrap().particles(), 15);
/// ```
#[derive(Clone, Debug)]
pub struct Layout {
    place: Place,
    sites: Vec<Site>,
    draws: Latents,
    params: Params,
}

impl Layout {
    /// Runs `program` on `batch` with draws from its prior and notes its sites.
    ///
    /// Every observed value is checked against its support, except where a mask hides it, and every
    /// parameter of a distribution against its domain.
    ///
    /// # Errors
    /// The first [`ModelError`] that the run met.
    pub fn discover<B, P: Program<B> + ?Sized>(
        program: &P,
        batch: &B,
        noise: &Noise,
    ) -> Result<Self, ModelError> {
        let found = inspect(program, batch, noise)?;
        let latent = |site: &&Site| site.role == Role::Latent;
        let names = found.sites.iter().filter(latent).map(|site| &*site.name);
        let draws = found.values.only(names);
        Ok(Self { place: noise.place().clone(), sites: found.sites, draws, params: found.params })
    }

    /// The layout of a density that is not a program.
    pub fn by_hand(place: impl Into<Place>, sites: impl IntoIterator<Item = Site>) -> Self {
        let place = place.into();
        let (draws, params) = (Latents::new(place.clone()), Params::default());
        let sites = sites.into_iter().collect();
        Self { place, sites, draws, params }
    }

    /// Where the program's tensors are.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// All sites.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The latent sites.
    pub fn latents(&self) -> impl Iterator<Item = &Site> {
        self.sites.iter().filter(|site| site.role == Role::Latent)
    }

    /// The parameters that the program declares, at their initial values.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Draws of all latents from the prior, one a particle.
    ///
    /// # Errors
    /// [`ModelError::NoPriorDraws`] for a layout made [by hand](Layout::by_hand), or of a program
    /// without latents.
    pub fn prior_draws(&self) -> Result<&Latents, ModelError> {
        if self.draws.is_empty() { Err(ModelError::NoPriorDraws) } else { Ok(&self.draws) }
    }

    /// The same program with only those latent sites whose names `keep` holds, for a guide of a part of them: the others
    /// stand, where such a guide looks for its start, at a draw from the prior.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_model::{Layout, Trace};
    ///
    /// let model = |t: &mut Trace, _: &()| {
    ///     let mu = t.sample("mu", Normal::<2>::new(0.0, 1.0));
    ///     t.sample("z", Normal::new(mu, 1.0));
    /// };
    /// let layout = Layout::discover(&model, &(), &Noise::new(0, &Device::flex())).unwrap();
    /// let part = layout.of_latents(|name| name == "z");
    /// assert_eq!(part.latents().count(), 1);
    /// ```
    pub fn of_latents(&self, keep: impl Fn(&str) -> bool) -> Self {
        let stays = |site: &&Site| site.role != Role::Latent || keep(&site.name);
        let sites = self.sites.iter().filter(stays).cloned().collect();
        Self { sites, ..self.clone() }
    }

    /// The names of the latent sites with those of their distributions.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Noise, Normal};
    /// use elbo_model::{Layout, Trace};
    ///
    /// let model = |t: &mut Trace, _: &()| {
    ///     t.sample("mu", Normal::<2>::new(0.0, 1.0));
    /// };
    /// let layout = Layout::discover(&model, &(), &Noise::new(0, &Device::flex())).unwrap();
    /// assert_eq!(layout.distributions().collect::<Vec<_>>(), [("mu", Some("Normal"))]);
    /// ```
    pub fn distributions(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        let named = |site: &Site| Some(site.distribution).filter(|name| !name.is_empty());
        self.latents().map(move |site| (&*site.name, named(site)))
    }

    /// Of each latent site, whether the divergence of the program's distribution from the guide's is known
    /// in closed form ([`KL_PAIRS`](elbo_dist::KL_PAIRS) has the pair), for the names of a guide's
    /// distributions: those of a [`Layout`] of its own, or what a guide says.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use elbo_dist::{Gamma, Noise, Normal};
    /// use elbo_model::{Layout, Trace};
    ///
    /// fn model(t: &mut Trace, _: &()) {
    ///     t.sample("mu", Normal::<2>::new(0.0, 1.0));
    ///     t.sample("tau", Gamma::<2>::new(2.0, 1.0));
    /// }
    ///
    /// let layout = Layout::discover(&model, &(), &Noise::new(0, &Device::flex())).unwrap();
    /// let pairs = layout.divergences([("mu", Some("Normal")), ("tau", Some("StudentT"))]);
    /// assert_eq!(pairs[0].to_string(), "mu: KL(Normal ‖ Normal) is closed");
    /// assert!(!pairs[1].closed);
    /// ```
    pub fn divergences<'a>(
        &self,
        guide: impl IntoIterator<Item = (&'a str, Option<&'static str>)>,
    ) -> Vec<Divergence> {
        let guide: Vec<_> = guide.into_iter().collect();
        let pair = |(site, program): (&str, Option<&'static str>)| {
            let guide = guide.iter().find(|(name, _)| *name == site).and_then(|(_, name)| *name);
            let closed = guide.zip(program).is_some_and(|(from, to)| kl_is_closed(from, to));
            Divergence { site: site.to_string(), guide, program, closed }
        };
        self.distributions().map(pair).collect()
    }

    /// Latents with these values.
    pub fn at<'a, const D: usize>(
        &self,
        values: impl IntoIterator<Item = (&'a str, Tensor<D>)>,
    ) -> Latents {
        let mut latents = Latents::new(self.place.clone());
        for (name, value) in values {
            latents.insert(name, value);
        }
        latents
    }
}

/// What is known of the divergence of a program's distribution from a guide's, at one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The site.
    pub site: String,
    /// The guide's distribution, where it has a name.
    pub guide: Option<&'static str>,
    /// The program's distribution, where it has a name.
    pub program: Option<&'static str>,
    /// Whether the divergence has a closed form.
    pub closed: bool,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { site, guide, program, closed } = self;
        let (guide, program) = (guide.unwrap_or("?"), program.unwrap_or("?"));
        let known = if *closed { "closed" } else { "not closed" };
        write!(f, "{site}: KL({guide} ‖ {program}) is {known}")
    }
}

/// A run of `program` on its prior that describes its sites.
pub(crate) fn inspect<B, P: Program<B> + ?Sized>(
    program: &P,
    batch: &B,
    noise: &Noise,
) -> Result<Traced, ModelError> {
    let mut trace = Trace::prior(PRIOR_DRAWS, noise.clone()).validated().inspected();
    program.run(&mut trace, batch);
    trace.finish()
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.sites.iter().map(|site| {
            vec![
                site.name.to_string(),
                site.role.to_string(),
                site.distribution.to_string(),
                format!("{:?}", site.shape),
                site.support.to_string(),
                site.plates.iter().map(Plate::to_string).collect::<Vec<_>>().join(", "),
            ]
        });
        let heads = ["site", "role", "distribution", "shape", "support", "plates"];
        f.write_str(&table(&heads, rows))
    }
}
