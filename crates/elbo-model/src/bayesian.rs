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
    /// The floats of the module, in the order in which they are visited.
    floats: Vec<ModuleFloat>,
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
        let mut found = Visited::default();
        // Only on an autodiff device can it be seen what is trained.
        module.clone().train().visit(&mut found);
        let (floats, prior) = (found.floats, Prior::new(prior));
        Self { module: module.valid(), floats, prior, others: Vec::new() }
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
        for ModuleFloat { path, value, .. } in self.parameters() {
            let value = value.clone().to_device(place.device()).cast(place.dtype());
            latents.insert(format!("{name}.{path}"), value);
        }
        latents
    }

    /// Draws the parameters of a network for each particle.
    ///
    /// The run ends with [`ModelError::NoSuchParameter`] if the pattern of a prior fits no parameter.
    pub fn sample(&self, t: &mut Trace, name: &str) -> Sampled<M> {
        self.check_patterns(t);
        let mut drawn = Vec::new();
        for ModuleFloat { path, value, .. } in self.parameters() {
            let fits = |(pattern, _): &&(String, Prior<2>)| path.contains(pattern.as_str());
            let other = self.others.iter().rev().find(fits).map(|(_, prior)| prior);
            let prior = other.unwrap_or(&self.prior);
            drawn.push(prior.sample(t, &format!("{name}.{path}"), [1, value.dims()[1]]));
        }
        let particles = drawn.iter().map(|value| value.dims()[0]).max().unwrap_or(1);
        let particle = |particle| {
            self.module.clone().map(&mut Replace {
                floats: self.floats.iter(),
                drawn: drawn.iter(),
                particle,
            })
        };
        Sampled { particles: (0..particles).map(particle).collect() }
    }

    /// The parameters that are latents.
    fn parameters(&self) -> impl Iterator<Item = &ModuleFloat> {
        self.floats.iter().filter(|float| float.is_latent)
    }

    /// Reports a pattern that fits no parameter.
    fn check_patterns(&self, t: &mut Trace) {
        let fits = |pattern: &str| self.parameters().any(|float| float.path.contains(pattern));
        if let Some((pattern, _)) = self.others.iter().find(|(pattern, _)| !fits(pattern)) {
            let paths = Names(self.parameters().map(|float| float.path.clone()).collect());
            t.refuse(ModelError::NoSuchParameter { pattern: pattern.clone(), paths });
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

/// A float of a module.
#[derive(Clone, Debug)]
struct ModuleFloat {
    path: String,
    /// `[1, n]`
    value: Tensor<2>,
    /// Whether it is trained in the module, and so a latent here.
    is_latent: bool,
}

/// Finds the floats of a module.
#[derive(Default)]
struct Visited {
    path: Vec<String>,
    floats: Vec<ModuleFloat>,
}

impl ModuleVisitor for Visited {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let size = value.shape().num_elements();
        let (path, is_latent) = (self.path.join("."), param.is_require_grad());
        self.floats.push(ModuleFloat { path, value: value.reshape([1, size]), is_latent });
    }
}

/// Puts the draws of one particle in the place of the parameters, in the order in which these are visited: clones of a layer share the
/// identities of theirs.
struct Replace<'a> {
    floats: std::slice::Iter<'a, ModuleFloat>,
    drawn: std::slice::Iter<'a, Tensor<2>>,
    particle: usize,
}

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !self.floats.next().is_some_and(|float| float.is_latent) {
            return param;
        }
        let Some(drawn) = self.drawn.next() else { return param };
        let row = if drawn.dims()[0] == 1 { 0 } else { self.particle };
        let value = drawn.clone().narrow(0, row, 1).reshape(param.val().dims());
        Param::initialized(param.id, value)
    }
}
