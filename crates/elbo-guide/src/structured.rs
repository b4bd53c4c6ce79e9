//! Normals whose sites depend on each other linearly.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::Noise;
use elbo_model::{Names, named_param};

use crate::family::{apply, per_row, standard_log_prob, standard_noise};
use crate::frame::take;
use crate::{
    Automatic, AutomaticConfig, Family, FamilyConfig, FamilyStart, FrameKind, GuideError, SiteSpan,
};

/// The structured normal guide: on the real line, the location of a site is linear in chosen earlier sites.
///
/// `z_c = μ_c + Σ_p W_cp (z_p - μ_p) + e^{ω_c} ε_c`
///
/// It costs what the dependencies cost, where a full covariance would cost `d²`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::{Init, Score, StructuredConfig};
/// use elbo_model::{Layout, Trace};
///
/// fn chain(t: &mut Trace, x: &Tensor<2>) {
///     let z1 = t.sample("z1", Normal::new(0.0, 1.0));
///     let z2 = t.sample("z2", Normal::new(z1, 1.0));
///     t.observe("x", Normal::new(z2, 1.0), x.clone());
/// }
///
/// let device = Device::flex();
/// let mut noise = Noise::new(0, &device);
/// let x = Tensor::from_floats([[1.0]], &device);
/// let layout = Layout::discover(&chain, &x, &noise).unwrap();
/// let zero = || Tensor::<2>::zeros([1, 1], &device);
/// let start = layout.at([("z1", zero()), ("z2", zero())]);
/// let config = StructuredConfig::independent().with_dependency("z2", "z1");
/// let config = config.with_init(Init::Value(start.clone())).with_scale(1.0);
/// let guide = config.init(&layout, &chain, &x, &mut noise).unwrap();
/// let log_q: f32 = guide.log_q(&x, &start).unwrap().total().into_scalar();
/// assert!((log_q + 1.837_877).abs() < 1e-5); // W starts at 0: two standard normals at 0
/// let wrong = StructuredConfig::independent().with_dependency("z1", "z2");
/// assert!(wrong.init(&layout, &chain, &x, &mut noise).is_err()); // z2 comes later
/// ```
///
/// # References
/// Hoffman & Blei (2015), *Structured stochastic variational inference*.
pub type Structured = Automatic<StructuredNormal>;

/// How a [`Structured`] starts: with independent sites.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Normal};
/// use elbo_guide::StructuredConfig;
/// use elbo_model::{Layout, Trace};
///
/// fn pair(t: &mut Trace, _: &()) {
///     let a = t.sample("a", Normal::<2>::new(0.0, 1.0));
///     t.sample("b", Normal::new(a, 1.0));
/// }
///
/// let mut noise = Noise::new(0, &Device::flex());
/// let layout = Layout::discover(&pair, &(), &noise).unwrap();
/// let config = StructuredConfig::independent().with_dependency("b", "a");
/// let guide = config.init(&layout, &pair, &(), &mut noise).unwrap();
/// assert_eq!(guide.num_params(), 5); // two locations, two scales and a weight
/// ```
pub type StructuredConfig = AutomaticConfig<StructuredNormalConfig>;

/// The family of normals with linear dependences between sites.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{Family, FamilyConfig, FamilyStart, SiteSpan, StructuredNormalConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = |name: &str, start| SiteSpan { name: name.into(), start, size: 1, plates: vec![] };
/// let sites = vec![site("a", 0), site("b", 1)];
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![1.0, 2.0]], scale: 0.5, sites };
/// let family = StructuredNormalConfig::default().init(&start, &mut Noise::new(0, &place)).unwrap();
/// let log_q: f64 = family.log_prob(place.tensor(vec![1.0, 2.0], [1, 2])).into_scalar();
/// assert!((log_q + 0.451_583).abs() < 1e-6); // 2 log 2 - log 2π
/// ```
#[derive(Module, Debug)]
pub struct StructuredNormal {
    /// `[R, d]`
    loc: Param<Tensor<2>>,
    /// `[R, d]`
    log_scale: Param<Tensor<2>>,
    /// `[R, child, parent]` for each dependence.
    weights: Vec<Param<Tensor<3>>>,
    /// Which site depends on which, by position.
    #[module(skip)]
    arrows: Vec<[usize; 2]>,
    #[module(skip)]
    sites: Vec<SiteSpan>,
}

/// A [`StructuredNormal`] whose sites start independent.
///
/// # Example
/// ```
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use elbo_dist::{Noise, Place};
/// use elbo_guide::{FamilyConfig, FamilyStart, SiteSpan, StructuredNormalConfig};
///
/// let place = Place::f64(&Device::flex()).unwrap();
/// let site = |name: &str, start| SiteSpan { name: name.into(), start, size: 1, plates: vec![] };
/// let sites = vec![site("a", 0), site("b", 1)];
/// let start = FamilyStart { place: place.clone(), locs: vec![vec![1.0, 2.0]], scale: 0.5, sites };
/// let family = StructuredNormalConfig::default().init(&start, &mut Noise::new(0, &place)).unwrap();
/// assert_eq!(family.num_params(), 4); // no weight without a dependence: two locations and two scales
/// ```
#[derive(Clone, Debug, Default)]
pub struct StructuredNormalConfig {
    dependencies: Vec<[String; 2]>,
}

impl StructuredConfig {
    /// No dependence yet.
    pub fn independent() -> Self {
        Self::of(StructuredNormalConfig::default())
    }

    /// With `child` depending on `parent`, a site that the program samples before it.
    pub fn with_dependency(mut self, child: &str, parent: &str) -> Self {
        self.family.dependencies.push([child.to_string(), parent.to_string()]);
        self
    }
}

impl FamilyConfig for StructuredNormalConfig {
    type Family = StructuredNormal;

    fn frame(&self) -> FrameKind {
        FrameKind::Diagonal
    }

    fn init(&self, start: &FamilyStart, _: &mut Noise) -> Result<StructuredNormal, GuideError> {
        let (r, d) = (start.restarts(), start.size());
        let arrows = self.arrows(&start.sites)?;
        let weight = |[child, parent]: &[usize; 2]| {
            let [child, parent] = [&start.sites[*child], &start.sites[*parent]];
            let name = format!("structured.{}.{}", child.name, parent.name);
            named_param(&name, start.filled([r, child.size, parent.size], 0.0))
        };
        Ok(StructuredNormal {
            loc: named_param("structured.loc", start.loc()),
            log_scale: named_param("structured.log_scale", start.filled([r, d], start.scale.ln())),
            weights: arrows.iter().map(weight).collect(),
            arrows,
            sites: start.sites.clone(),
        })
    }
}

impl StructuredNormalConfig {
    /// The dependencies by position.
    fn arrows(&self, sites: &[SiteSpan]) -> Result<Vec<[usize; 2]>, GuideError> {
        let mut arrows = Vec::new();
        for [child, parent] in &self.dependencies {
            let refuse = |needs| {
                let (child, parent) = (child.clone(), parent.clone());
                let sites = Names(sites.iter().map(|site| site.name.clone()).collect());
                GuideError::Dependency { child, parent, needs, sites }
            };
            let position = |name: &String| {
                let found = sites.iter().position(|site| site.name == *name);
                found.ok_or_else(|| refuse("both must be latent sites of the program"))
            };
            let arrow = [position(child)?, position(parent)?];
            if arrow[0] <= arrow[1] {
                return Err(refuse("the program must sample the other one first"));
            }
            if arrows.contains(&arrow) {
                return Err(refuse("it already does"));
            }
            arrows.push(arrow);
        }
        Ok(arrows)
    }
}

impl StructuredNormal {
    /// What the earlier sites add to the location of one, if it depends on any: of deviations `z - μ`, a site each.
    fn moved(&self, child: usize, deviations: &[Tensor<2>]) -> Option<Tensor<2>> {
        let arrows = self.arrows.iter().zip(&self.weights);
        let own = arrows.filter(|([to, _], _)| *to == child);
        own.map(|([_, from], weight)| apply(weight.val(), deviations[*from].clone()))
            .reduce(|sum, next| sum + next)
    }

    fn log_base(&self, eps: Tensor<2>) -> Tensor<2> {
        let log_scale = per_row(self.log_scale.val().sum_dim(1), eps.dims()[0]);
        standard_log_prob(eps) - log_scale
    }

    fn placed(&self, eps: Tensor<2>) -> Tensor<2> {
        let rows = eps.dims()[0];
        let scaled = eps * per_row(self.log_scale.val().exp(), rows);
        let mut deviations: Vec<Tensor<2>> = Vec::new();
        for (child, site) in self.sites.iter().enumerate() {
            let own = site.of(&scaled);
            let deviation = match self.moved(child, &deviations) {
                Some(moved) => own + moved,
                None => own,
            };
            deviations.push(deviation);
        }
        Tensor::cat(deviations, 1) + per_row(self.loc.val(), rows)
    }
}

impl Family for StructuredNormal {
    fn sample(&self, particles: usize, noise: &mut Noise) -> Tensor<2> {
        self.placed(standard_noise(&self.loc, particles, noise))
    }

    fn sample_and_log_prob(&self, particles: usize, noise: &mut Noise) -> (Tensor<2>, Tensor<2>) {
        let eps = standard_noise(&self.loc, particles, noise);
        (self.placed(eps.clone()), self.log_base(eps))
    }

    fn log_prob(&self, z: Tensor<2>) -> Tensor<2> {
        let rows = z.dims()[0];
        let away = z - per_row(self.loc.val(), rows);
        let deviations: Vec<_> = self.sites.iter().map(|site| site.of(&away)).collect();
        let own = deviations.iter().enumerate().map(|(child, deviation)| {
            match self.moved(child, &deviations) {
                Some(moved) => deviation.clone() - moved,
                None => deviation.clone(),
            }
        });
        let scaled = Tensor::cat(own.collect(), 1);
        self.log_base(scaled / per_row(self.log_scale.val().exp(), rows))
    }

    fn restarts(&self) -> usize {
        self.loc.val().dims()[0]
    }

    fn restart(&self, restart: usize) -> Self {
        Self {
            loc: take(&self.loc, restart),
            log_scale: take(&self.log_scale, restart),
            weights: self.weights.iter().map(|weight| take(weight, restart)).collect(),
            arrows: self.arrows.clone(),
            sites: self.sites.clone(),
        }
    }
}
