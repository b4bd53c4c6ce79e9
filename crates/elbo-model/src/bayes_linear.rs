//! A linear layer whose weights are latents.

use burn::tensor::{Float, Tensor};
use elbo_dist::{Distribution, Moments, Noise, Normal, Operand};

use crate::Trace;
use crate::checks::shape_error;
use crate::prior::Prior;

/// A linear layer whose weights and biases are latents, for all particles at once.
///
/// `y = x W + b`, with sites `<name>.weight` and `<name>.bias`
///
/// Any guide may draw them. Where that is a mean field of normals, independent of all other latents, and the objective takes means alone
/// ([`AnalyticKl`](../elbo_infer/struct.AnalyticKl.html), [`Tempered`](../elbo_infer/struct.Tempered.html)), a [`WeightNoise`] of
/// less variance may be chosen; under all other guides and objectives, rows share the weights of their particle, as an importance weight has to have it.
///
/// # Shapes
/// `x` is `[S, N, inputs]`, or `[1, N, inputs]`; `y` is `[S, N, outputs]`.
///
/// # Example
/// ```
/// use burn::tensor::{Device, Tensor};
/// use elbo_dist::{Noise, Normal};
/// use elbo_model::{BayesLinear, Layout, LogJoint, Trace};
///
/// let layer = BayesLinear::new(2, 1, Normal::new(0.0, 1.0));
/// let device = Device::flex();
/// let x = Tensor::<3>::from_floats([[[1.0, 2.0], [3.0, 4.0]]], &device); // [1, N, 2]
/// let model = |t: &mut Trace, y: &Tensor<3>| {
///     let f = layer.forward(t, "line", x.clone()); // [S, N, 1]
///     t.plate("rows", 2, |t| t.observe("y", Normal::new(f, 1.0), y.clone()));
/// };
/// let y = Tensor::ones([1, 2, 1], &device);
/// let layout = Layout::discover(&model, &y, &Noise::new(0, &device)).unwrap();
/// let shapes: Vec<_> = layout.latents().map(|site| site.shape.clone()).collect();
/// assert_eq!(shapes, [[1, 2, 1], [1, 1, 1]]);
/// ```
///
/// # References
/// Blundell et al. (2015), *Weight uncertainty in neural networks*.
#[derive(Clone, Debug)]
pub struct BayesLinear {
    inputs: usize,
    outputs: usize,
    weight: Prior<3>,
    bias: Option<Prior<3>>,
    noise: WeightNoise,
}

/// How the rows of a batch share the noise of the weights.
///
/// Those but [`WeightNoise::Shared`] are right for a log-likelihood that is a sum over rows: what takes several rows together, such as a
/// correlation of them, would see weights that no single network has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightNoise {
    /// All rows of a particle have the same weights.
    #[default]
    Shared,
    /// Each row has outputs of its own, drawn from the normal that they have under normal weights:
    /// `y ~ N(x μ, x² σ²)` (local reparameterization).
    ///
    /// # References
    /// Kingma, Salimans & Welling (2015), *Variational dropout and the local reparameterization trick*, equation 6.
    Local,
    /// Each row has the weights of its particle with random signs of their distance from the mean:
    /// `y = x μ + ((x ∘ r) (W - μ)) ∘ s`.
    ///
    /// # References
    /// Wen et al. (2018), *Flipout: efficient pseudo-independent weight perturbations on mini-batches*, equation 4.
    Flipout,
}

impl BayesLinear {
    /// A layer whose weights and biases have `prior`, the distribution of a number.
    pub fn new(inputs: usize, outputs: usize, prior: impl Distribution<3, Kind = Float>) -> Self {
        let weight = Prior::new(prior);
        let bias = Some(weight.clone());
        Self { inputs, outputs, weight, bias, noise: WeightNoise::Shared }
    }

    /// With another prior of the biases.
    pub fn with_bias(self, prior: impl Distribution<3, Kind = Float>) -> Self {
        Self { bias: Some(Prior::new(prior)), ..self }
    }

    /// Without biases.
    pub fn without_bias(self) -> Self {
        Self { bias: None, ..self }
    }

    /// With another way to share the noise of the weights, where guide and objective allow for it.
    pub fn with_noise(self, noise: WeightNoise) -> Self {
        Self { noise, ..self }
    }

    /// The outputs, from weights that are drawn as the sites of `name`.
    ///
    /// The run ends with [`ModelError::Shape`](crate::ModelError::Shape) if `x` has not so many inputs, or the prior is not that of a number, and
    /// with [`ModelError::WeightsInPlate`](crate::ModelError::WeightsInPlate) inside a plate.
    pub fn forward(&self, t: &mut Trace, name: &str, x: Tensor<3>) -> Tensor<3> {
        let [rows, n, inputs] = x.dims();
        let fits = t.attempt(|t| match inputs == self.inputs {
            true => t.check_place(name, "input", &x),
            false => Err(shape_error(name, "BayesLinear", [rows, n, self.inputs], x.dims())),
        });
        if fits.is_none() {
            return t.place().zeros([rows, n, self.outputs]);
        }
        let site = format!("{name}.weight");
        let weight = self.weight.sample(t, &site, [1, self.inputs, self.outputs]);
        let bias = self.bias.as_ref().map(|prior| {
            let site = format!("{name}.bias");
            (prior.sample(t, &site, [1, 1, self.outputs]), t.drawn_from::<Normal<3>>(&site))
        });
        match (self.noise, t.drawn_from::<Normal<3>>(&site), bias) {
            (WeightNoise::Local, Some(q), Some((_, Some(bias)))) => {
                self.local(t, name, x, q, Some(bias))
            }
            (WeightNoise::Local, Some(q), None) => self.local(t, name, x, q, None),
            (WeightNoise::Flipout, Some(q), bias) => {
                plus(self.flipped(t, name, x, q, weight), bias.map(|(bias, _)| bias))
            }
            (_, _, bias) => plus(product(x, weight), bias.map(|(bias, _)| bias)),
        }
    }

    fn local(
        &self,
        t: &mut Trace,
        name: &str,
        x: Tensor<3>,
        weight: Normal<3>,
        bias: Option<Normal<3>>,
    ) -> Tensor<3> {
        let (of_weight, of_bias) = ([self.inputs, self.outputs], [1, self.outputs]);
        let on = |operand: Operand<3>, [a, b]: [usize; 2]| full(operand.on(&x), a, b);
        let loc = product(x.clone(), on(weight.mean(), of_weight));
        let variance = product(x.clone().square(), on(weight.variance(), of_weight));
        let loc = plus(loc, bias.as_ref().map(|bias| on(bias.mean(), of_bias)));
        let variance = plus(variance, bias.map(|bias| on(bias.variance(), of_bias)));
        let [rows, n, _] = x.dims();
        let shape = [t.particles.max(rows), n, self.outputs];
        let eps: Tensor<3> = row_noise(t, name).normal(shape);
        // The slope of a square root at 0 would make the gradient of a row of zeros NaN.
        loc + (variance + f64::from(f32::MIN_POSITIVE)).sqrt() * eps
    }

    fn flipped(
        &self,
        t: &mut Trace,
        name: &str,
        x: Tensor<3>,
        weight: Normal<3>,
        drawn: Tensor<3>,
    ) -> Tensor<3> {
        let loc = full(weight.mean().on(&x), self.inputs, self.outputs);
        let [rows, n, inputs] = x.dims();
        let particles = t.particles.max(rows);
        let mut noise = row_noise(t, name);
        let [r, s] = [inputs, self.outputs].map(|size| signs([particles, n, size], &mut noise));
        product(x.clone(), loc.clone()) + product(x * r, drawn - loc) * s
    }
}

/// Parameters that may be shared, one an element.
fn full(parameter: Tensor<3>, inputs: usize, outputs: usize) -> Tensor<3> {
    let rows = parameter.dims()[0];
    parameter.expand([rows, inputs, outputs])
}

fn row_noise(t: &mut Trace, name: &str) -> Noise {
    t.noise(&format!("{name}.rows"))
}

/// -1 or 1, each as often.
fn signs(shape: [usize; 3], noise: &mut Noise) -> Tensor<3> {
    let uniform: Tensor<3> = noise.uniform(shape);
    let like = uniform.dtype();
    uniform.lower_elem(0.5).float().cast(like) * 2.0 - 1.0
}

/// `x w` for each particle.
fn product(x: Tensor<3>, w: Tensor<3>) -> Tensor<3> {
    match (x.dims(), w.dims()) {
        ([particles, n, inputs], [1, _, outputs]) if particles > 1 => {
            let rows = x.reshape([1, particles * n, inputs]);
            rows.matmul(w).reshape([particles, n, outputs])
        }
        _ => x.matmul(w),
    }
}

fn plus(y: Tensor<3>, bias: Option<Tensor<3>>) -> Tensor<3> {
    match bias {
        Some(bias) => y + bias,
        None => y,
    }
}
