//! Networks whose parameters are latents.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Float, Tensor};
use elbo_dist::{Distribution, Place};

use crate::prior::Prior;
use crate::{Latents, ModelError, Names, Trace};

/// A Burn module whose parameters are latents: any network, made Bayesian.
///
/// [`Bayesian::sample`] draws the parameters, a site each, named by the path of the parameter behind the name of the
/// network. The network then runs once for each particle, with that particle's parameters; where all particles are to
/// go through a linear layer at once, there is [`BayesLinear`](crate::BayesLinear).
///
/// What is not trained stays as it is: buffers, such as the running means of batch normalization, and parameters without a gradient.
///
/// # Shapes
/// A parameter of `n` numbers is a latent `[S, n]`.
///
/// # Example
/// ```
/// use burn::nn::LinearConfig;
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::{Bayesian, Layout, Trace};
///
/// let device = Device::flex();
/// let linear = LinearConfig::new(2, 1).init(&device);
/// let line = Bayesian::new(linear, Normal::new(0.0, 1.0))
///     .with_prior("bias", Normal::new(0.0, 10.0));
/// let x = Tensor::<2>::from_floats([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], &device);
/// let model = |t: &mut Trace, y: &Tensor<2>| {
///     let line = line.sample(t, "line");
///     let f = line.run(|line| line.forward(x.clone()).reshape([1, 3])); // [S, 3]
///     t.observe("y", Normal::new(f, 0.1), y.clone());
/// };
/// let y = Tensor::from_floats([[1.0, 2.0, 3.0]], &device);
/// let layout = Layout::discover(&model, &y, &Noise::new(0, &device)).unwrap();
/// let sites: Vec<_> = layout.latents().map(|site| (&*site.name, site.size())).collect();
/// assert_eq!(sites, [("line.weight", 2), ("line.bias", 1)]);
/// ```
///
/// # References
/// Neal (1996), *Bayesian Learning for Neural Networks*; Blundell et al. (2015), *Weight uncertainty in neural networks*.
#[derive(Clone, Debug)]
pub struct Bayesian<M> {
    module: M,
    /// Of each float of the module, in the order in which they are visited, whether it is a latent.
    drawn: Vec<bool>,
    prior: Prior<2>,
    others: Vec<(String, Prior<2>)>,
}

/// A network for each particle.
#[derive(Clone, Debug)]
pub struct Sampled<M> {
    particles: Vec<M>,
}

impl<M: Module> Bayesian<M> {
    /// All parameters of `module` under one prior, the distribution of a number.
    pub fn new(module: M, prior: impl Distribution<2, Kind = Float>) -> Self {
        // Only on an autodiff device can it be seen what is trained.
        let (prior, drawn) = (Prior::new(prior), trained(&module.clone().train()));
        Self { module: module.valid(), drawn, prior, others: Vec::new() }
    }

    /// With another prior for the parameters whose path contains `pattern`, such as `bias` or `layers.0`; where several fit,
    /// the last one counts.
    pub fn with_prior(mut self, pattern: &str, prior: impl Distribution<2, Kind = Float>) -> Self {
        self.others.push((pattern.to_string(), Prior::new(prior)));
        self
    }

    /// The module with its own parameters.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The module's own parameters as values of the sites of the network `name`: a place where a guide may start.
    pub fn values(&self, name: &str, place: &Place) -> Latents {
        let mut latents = Latents::new(place.clone());
        for Flattened { path, value, .. } in self.parameters() {
            let value = value.to_device(place.device()).cast(place.dtype());
            latents.insert(format!("{name}.{path}"), value);
        }
        latents
    }

    /// Draws the parameters of a network for each particle.
    ///
    /// The run ends with [`ModelError::NoSuchParameter`] if the pattern of a prior fits no parameter.
    pub fn sample(&self, t: &mut Trace, name: &str) -> Sampled<M> {
        let parameters = self.parameters();
        self.check_patterns(t, &parameters);
        let mut drawn = Vec::new();
        for Flattened { path, value } in parameters {
            let fits = |(pattern, _): &&(String, Prior<2>)| path.contains(pattern.as_str());
            let other = self.others.iter().rev().find(fits).map(|(_, prior)| prior);
            let prior = other.unwrap_or(&self.prior);
            drawn.push(prior.sample(t, &format!("{name}.{path}"), [1, value.dims()[1]]));
        }
        let particles = drawn.iter().map(|value| value.dims()[0]).max().unwrap_or(1);
        let particle = |particle| {
            self.module.clone().map(&mut Replace {
                is_drawn: self.drawn.iter(),
                drawn: drawn.iter(),
                particle,
            })
        };
        Sampled { particles: (0..particles).map(particle).collect() }
    }
}

impl<M: Module> Bayesian<M> {
    /// The parameters that are latents.
    fn parameters(&self) -> Vec<Flattened> {
        let mut floats = Floats::default();
        self.module.visit(&mut floats);
        let all = floats.found.into_iter().zip(&self.drawn);
        all.filter(|(_, drawn)| **drawn).map(|((found, _), _)| found).collect()
    }

    /// Reports a pattern that fits no parameter.
    fn check_patterns(&self, t: &mut Trace, parameters: &[Flattened]) {
        let fits_none = |(pattern, _): &&(String, Prior<2>)| {
            !parameters.iter().any(|parameter| parameter.path.contains(pattern.as_str()))
        };
        if let Some((pattern, _)) = self.others.iter().find(fits_none) {
            let paths = Names(parameters.iter().map(|found| found.path.clone()).collect());
            t.attempt(|_| {
                Err::<(), _>(ModelError::NoSuchParameter { pattern: pattern.clone(), paths })
            });
        }
    }
}

impl<M> Sampled<M> {
    /// What the network computes, one particle after the other on axis 0.
    ///
    /// # Shapes
    /// `run` gives `[1, ..]`, the result is `[S, ..]`.
    pub fn run<const D: usize>(&self, run: impl Fn(&M) -> Tensor<D>) -> Tensor<D> {
        Tensor::cat(self.particles.iter().map(run).collect(), 0)
    }
}

/// A parameter, `[1, n]`.
struct Flattened {
    path: String,
    value: Tensor<2>,
}

/// The floats of a module, with their paths.
#[derive(Default)]
struct Floats {
    path: Vec<String>,
    found: Vec<(Flattened, bool)>,
}

impl ModuleVisitor for Floats {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let size = value.shape().num_elements();
        let found = Flattened { path: self.path.join("."), value: value.reshape([1, size]) };
        self.found.push((found, param.is_require_grad()));
    }
}

/// Of each float of a module, whether it is trained.
fn trained<M: Module>(module: &M) -> Vec<bool> {
    let mut floats = Floats::default();
    module.visit(&mut floats);
    floats.found.into_iter().map(|(_, trained)| trained).collect()
}

/// Puts the draws of one particle in the place of the parameters, in the order in which these are visited: clones of a layer share the
/// identities of theirs.
struct Replace<'a> {
    is_drawn: std::slice::Iter<'a, bool>,
    drawn: std::slice::Iter<'a, Tensor<2>>,
    particle: usize,
}

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.is_drawn.next() != Some(&true) {
            return param;
        }
        let Some(drawn) = self.drawn.next() else { return param };
        let row = if drawn.dims()[0] == 1 { 0 } else { self.particle };
        let value = drawn.clone().narrow(0, row, 1).reshape(param.val().dims());
        Param::initialized(param.id, value)
    }
}
