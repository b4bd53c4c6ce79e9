//! Layers and modules whose weights are latents, on a linear regression whose posterior is normal.

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use elbo_dist::{Noise, Normal, Place, StudentT, Support};
use elbo_guide::{Amortized, Init, LaplaceApproximation, MeanField, MeanFieldConfig};
use elbo_infer::{AnalyticKl, Elbo, Iwae, Objective, StepInfo, Svi};
use elbo_model::{
    BayesLinear, Bayesian, Layout, Model, ModelError, Predictive, Trace, WeightNoise,
};

fn place() -> Place {
    Place::f64(&Device::flex()).unwrap()
}

const ROWS: usize = 6;
const X: [[f64; 2]; ROWS] =
    [[1.0, 0.5], [-0.3, 2.0], [0.0, 0.0], [2.0, -1.0], [0.7, 0.7], [-1.5, 0.2]];
const Y: [f64; ROWS] = [1.2, -0.4, 0.1, 2.6, 0.3, -1.9];
const VARIANCE: f64 = 0.25;

/// The rows as `[1, N, 2]`.
fn inputs() -> Tensor<3> {
    place().tensor(X.concat(), [1, ROWS, 2])
}

/// `y ~ N(x w, ¼)` with `w ~ N(0, I)`, by a layer.
fn model(noise: WeightNoise) -> impl Fn(&mut Trace, &()) + Clone + Send + Sync {
    let layer = BayesLinear::new(2, 1, Normal::new(0.0, 1.0)).without_bias().with_noise(noise);
    move |t: &mut Trace, _: &()| {
        let f = layer.forward(t, "line", inputs());
        let y = place().tensor(Y.to_vec(), [1, ROWS, 1]);
        t.plate("rows", ROWS, |t| t.observe("y", Normal::new(f, VARIANCE.sqrt()), y));
    }
}

/// The precision matrix and the mean of the posterior, with prior variances of the weights.
fn posterior(prior: [f64; 2]) -> ([[f64; 2]; 2], [f64; 2]) {
    let mut precision = [[prior[0].recip(), 0.0], [0.0, prior[1].recip()]];
    let mut b = [0.0; 2];
    for (x, y) in X.iter().zip(Y) {
        for i in 0..2 {
            b[i] += x[i] * y / VARIANCE;
            for j in 0..2 {
                precision[i][j] += x[i] * x[j] / VARIANCE;
            }
        }
    }
    let [[a, c], [_, d]] = precision;
    let det = a * d - c * c;
    (precision, [(d * b[0] - c * b[1]) / det, (a * b[1] - c * b[0]) / det])
}

const NOISES: [WeightNoise; 3] = [WeightNoise::Shared, WeightNoise::Local, WeightNoise::Flipout];

fn mean_field(
    model: &(impl Fn(&mut Trace, &()) + Clone + Send + Sync),
    at: Option<[f64; 2]>,
    noise: &mut Noise,
) -> MeanField {
    let layout = Layout::discover(model, &(), noise).unwrap();
    let at = at.map(|at| layout.at([("line.weight", place().tensor::<3>(at.to_vec(), [1, 2, 1]))]));
    let init = at.map_or(Init::Median, Init::Value);
    let config = MeanFieldConfig::new().with_init(init).with_scale(0.3);
    config.init(&layout, model, &(), noise).unwrap()
}

/// The best independent normals have the posterior's mean and the inverse roots of its precision's diagonal. The last learning rates are so small
/// that steps average over thousands of draws; a twentieth of a standard deviation is left to them.
#[test]
fn each_weight_noise_finds_the_best_mean_field_of_a_regression() {
    let (precision, mean) = posterior([1.0, 1.0]);
    for weight_noise in NOISES {
        let mut noise = Noise::new(0, place());
        let model = model(weight_noise);
        let guide = mean_field(&model, None, &mut noise);
        let schedule = CosineAnnealingLrSchedulerConfig::new(0.05, 1500).with_min_lr(1e-5);
        let mut svi = Svi::new(Model::new(model), guide, AnalyticKl, noise)
            .with_particles(4)
            .with_schedule(schedule.init().unwrap());
        svi.run(1500, &(), &mut ()).unwrap();
        let (_, guide) = svi.into_parts();
        let [loc, scale] = [guide.loc(), guide.scale()]
            .map(|tensor| tensor.into_data().iter::<f64>().collect::<Vec<_>>());
        for i in 0..2 {
            let sd = precision[i][i].recip().sqrt();
            assert!((loc[i] - mean[i]).abs() < 0.05 * sd, "{weight_noise:?} {loc:?} {mean:?}");
            assert!((scale[i] / sd - 1.0).abs() < 0.05, "{weight_noise:?} {scale:?} {sd}");
        }
    }
}

/// The bounds of steps that move nothing.
fn bounds(
    weight_noise: WeightNoise,
    objective: impl Objective,
    at: [f64; 2],
    steps: usize,
) -> Vec<f64> {
    let mut noise = Noise::new(3, place());
    let model = model(weight_noise);
    let guide = mean_field(&model, Some(at), &mut noise);
    let mut svi = Svi::new(Model::new(model), guide, objective, noise)
        .with_particles(2)
        .with_learning_rate(0.0);
    let mut bounds = Vec::new();
    svi.run(steps, &(), &mut |info: &StepInfo| bounds.push(info.bound)).unwrap();
    bounds
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

/// With weights `N(m, s²)`, a row's output is `N(x m, x² s²)`: for `r = y - x m` and `v = x² s²`, the mean of its log-density is
/// `-½ (r² + v) / σ² - ½ log 2πσ²` and, where rows are independent, its variance `(½ v² + r² v) / σ⁴`. Two particles halve that. The mean holds
/// within 4 standard errors, the variance, whose kurtosis is below 10, within 4 √(9 / 4000) of itself.
#[test]
fn weight_noises_have_one_bound_and_local_noise_the_variance_of_independent_rows() {
    let (at, s2) = ([0.4, -0.2], 0.09);
    let kl = 2.0 * 0.5 * (s2 - 1.0 - f64::ln(s2)) + 0.5 * (at[0] * at[0] + at[1] * at[1]);
    let (mut exact, mut variance) = (-kl, 0.0);
    for (x, y) in X.iter().zip(Y) {
        let r = y - x[0] * at[0] - x[1] * at[1];
        let v = (x[0] * x[0] + x[1] * x[1]) * s2;
        exact -= 0.5 * ((r * r + v) / VARIANCE + (std::f64::consts::TAU * VARIANCE).ln());
        variance += (0.5 * v * v + r * r * v) / VARIANCE.powi(2) / 2.0;
    }
    let mut found = Vec::new();
    for weight_noise in NOISES {
        let bounds = bounds(weight_noise, AnalyticKl, at, 4000);
        let (mean, variance) = moments(&bounds);
        let error = (variance / 4000.0).sqrt();
        assert!((mean - exact).abs() < 4.0 * error, "{weight_noise:?} {mean} {exact} {error}");
        found.push(variance);
    }
    let [shared, local, flipout] = found[..] else { panic!("three noises") };
    assert!((local / variance - 1.0).abs() < 4.0 * (9.0_f64 / 4000.0).sqrt(), "{local} {variance}");
    assert!(local < 0.8 * shared && flipout < 0.9 * shared, "{shared} {local} {flipout}");
}

/// Noise by rows is for guides whose sites are independent: a guide program may draw others from the weights.
#[test]
fn a_guide_program_shares_the_weights() {
    let bounds = |weight_noise| {
        let proposal = |t: &mut Trace, _: &()| {
            let loc = t.param("loc", t.place().zeros::<3>([1, 2, 1]), Support::Real);
            t.sample("line.weight", Normal::new(loc, 0.3));
        };
        let noise = Noise::new(3, place());
        let layout = Layout::discover(&proposal, &(), &noise).unwrap();
        let guide = Amortized::new(Model::new(proposal).with_params(&layout));
        let mut svi = Svi::new(Model::new(model(weight_noise)), guide, AnalyticKl, noise);
        svi.run(5, &(), &mut ()).unwrap().bounds
    };
    assert_eq!(bounds(WeightNoise::Local), bounds(WeightNoise::Shared));
    assert_eq!(bounds(WeightNoise::Flipout), bounds(WeightNoise::Shared));
}

/// An importance weight is of one set of weights for all rows: the noise of single rows is not for such a bound.
#[test]
fn a_bound_of_importance_weights_shares_the_weights() {
    let iwae = |noise| bounds(noise, Iwae, [0.4, -0.2], 20);
    assert_eq!(iwae(WeightNoise::Local), iwae(WeightNoise::Shared));
    assert_eq!(iwae(WeightNoise::Flipout), iwae(WeightNoise::Shared));
    let elbo = |noise| bounds(noise, Elbo, [0.4, -0.2], 20);
    assert_eq!(elbo(WeightNoise::Local), elbo(WeightNoise::Shared));
}

/// Two runs of a seed are one; a step's rows are not those of the step before.
#[test]
fn the_noise_of_rows_is_that_of_the_step() {
    let first = bounds(WeightNoise::Local, AnalyticKl, [0.4, -0.2], 10);
    assert_eq!(first, bounds(WeightNoise::Local, AnalyticKl, [0.4, -0.2], 10));
    assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
}

fn line() -> Bayesian<Linear> {
    let linear = LinearConfig::new(1, 1).init(&Device::flex());
    Bayesian::new(linear, Normal::new(0.0, 1.0)).with_prior("bias", Normal::new(0.0, 10.0))
}

/// `w ~ N(0, 1)` and `b ~ N(0, 10²)` about the rows whose first input counts and whose second is 1: the posterior is normal, so that all log-weights of
/// the normal at its mode are the evidence, `log N(y; 0, ¼ I + X V Xᵀ)`, by the determinant and the inverse of a matrix of order 2.
#[test]
fn a_lifted_module_has_the_evidence_of_its_regression() {
    let network = line();
    let rows = |values: Vec<f64>| place().tensor::<2>(values, [ROWS, 1]);
    let x: Vec<f64> = X.iter().map(|x| x[0]).collect();
    let inputs = rows(x.clone());
    let model = move |t: &mut Trace, _: &()| {
        let line = network.sample(t, "line");
        let f = line.run(|line| line.forward(inputs.clone()).reshape([1, ROWS]));
        t.observe("y", Normal::new(f, VARIANCE.sqrt()), place().tensor(Y.to_vec(), [1, ROWS]));
    };
    let mut noise = Noise::new(0, place());
    let layout = Layout::discover(&model, &(), &noise).unwrap();
    let sites: Vec<_> = layout.latents().map(|site| (&*site.name, site.distribution)).collect();
    assert_eq!(sites, [("line.weight", "Normal"), ("line.bias", "Normal")]);
    let (mut xx, mut sx, mut xy, mut sy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(Y) {
        (xx, sx, xy, sy, yy) = (xx + x * x, sx + x, xy + x * y, sy + y, yy + y * y);
    }
    // Λ = V⁻¹ + XᵀX / σ²; log evidence = -½ (n log 2πσ² + log |V| |Λ| + yᵀy / σ² - bᵀ Λ⁻¹ b)
    let [a, c, d] = [1.0 + xx / VARIANCE, sx / VARIANCE, 0.01 + ROWS as f64 / VARIANCE];
    let (b0, b1) = (xy / VARIANCE, sy / VARIANCE);
    let det = a * d - c * c;
    let quadratic = (d * b0 * b0 - 2.0 * c * b0 * b1 + a * b1 * b1) / det;
    let constant = ROWS as f64 * (std::f64::consts::TAU * VARIANCE).ln();
    let evidence = -0.5 * (constant + (100.0 * det).ln() + yy / VARIANCE - quadratic);
    let guide = LaplaceApproximation::new(&layout, &model, &(), &mut noise).unwrap();
    let svi = Svi::new(Model::new(model), guide, Elbo, noise);
    for log_weight in svi.posterior().log_weights(&(), 20).unwrap() {
        assert!((log_weight - evidence).abs() < 1e-5, "{log_weight} {evidence}");
    }
}

/// A network's own parameters are a start like any other, and each particle has its own network.
#[test]
fn a_lifted_module_starts_at_its_own_parameters() {
    let network = line();
    let x = place().tensor::<2>(vec![2.0], [1, 1]);
    let two = Tensor::<2>::from_floats([[2.0]], &Device::flex());
    let own = f64::from(network.module().forward(two).into_scalar::<f32>());
    let model = {
        let (network, x) = (network.clone(), x.clone());
        move |t: &mut Trace, _: &()| {
            let line = network.sample(t, "line");
            t.deterministic("f", line.run(|line| line.forward(x.clone())));
        }
    };
    let mut noise = Noise::new(0, place());
    let layout = Layout::discover(&model, &(), &noise).unwrap();
    let config = MeanFieldConfig::new().with_scale(0.1);
    let config = config.with_init(Init::Value(network.values("line", &place())));
    let guide = config.init(&layout, &model, &(), &mut noise).unwrap();
    let start = network.values("line", &place());
    let weight = start.get::<2>("line.weight").unwrap().into_scalar::<f64>();
    let bias = start.get::<2>("line.bias").unwrap().into_scalar::<f64>();
    assert!((own - (2.0 * weight + bias)).abs() < 1e-6);
    let loc: Vec<f64> = guide.loc().into_data().iter::<f64>().collect();
    assert_eq!(loc, [weight, bias]);
    let svi = Svi::new(Model::new(model.clone()), guide, Elbo, noise);
    let predicted = svi.posterior().predictive(&(), 3).unwrap();
    let value = |name: &str| predicted.value(name).unwrap().to_vec();
    for i in 0..3 {
        let by_hand = 2.0 * value("line.weight")[i] + value("line.bias")[i];
        assert!((value("f")[i] - by_hand).abs() < 1e-12);
    }
}

/// Clones of a layer share the identities of its parameters, but not their draws.
#[test]
fn clones_of_a_layer_are_layers_of_their_own() {
    let linear: Linear = LinearConfig::new(1, 1).with_bias(false).init(&Device::flex());
    let network = Bayesian::new(vec![linear.clone(), linear], Normal::new(0.0, 1.0));
    let model = move |t: &mut Trace, _: &()| {
        let drawn = network.sample(t, "net");
        let x = t.place().zeros::<2>([1, 1]) + 1.0;
        for layer in 0..2 {
            let f = drawn.run(|net| net[layer].forward(x.clone()));
            t.deterministic(&format!("f{layer}"), f);
        }
    };
    let draws = Predictive::new(&model, &()).prior(4, &Noise::new(0, place())).unwrap();
    let of = |name: &str| draws.value(name).unwrap().to_vec();
    assert_eq!([of("f0"), of("f1")], [of("net.0.weight"), of("net.1.weight")]);
    assert_ne!(of("f0"), of("f1"));
}

/// What does not fit is said by name, before Burn would panic.
#[test]
fn layers_and_patterns_that_do_not_fit_are_named() {
    let network = line().with_prior("wieght", Normal::new(0.0, 1.0));
    let model = move |t: &mut Trace, _: &()| drop(network.sample(t, "net"));
    let error = Layout::discover(&model, &(), &Noise::new(0, place())).unwrap_err();
    let expected =
        "no parameter of the network has \"wieght\" in its path; there are \"weight\", \"bias\"";
    assert_eq!(error.to_string(), expected);
    let layer = BayesLinear::new(3, 1, Normal::new(0.0, 1.0));
    let model = move |t: &mut Trace, _: &()| drop(layer.forward(t, "line", inputs()));
    let error = Layout::discover(&model, &(), &Noise::new(0, place())).unwrap_err();
    assert!(matches!(&error, ModelError::Shape { site, .. } if site == "line"), "{error}");
}

/// Weights belong to all rows, and their prior is that of a number.
#[test]
fn weights_in_a_plate_and_priors_of_vectors_are_refused() {
    let error = |model: &dyn Fn(&mut Trace)| {
        let model = |t: &mut Trace, _: &()| model(t);
        Layout::discover(&model, &(), &Noise::new(0, place())).unwrap_err()
    };
    let layer = BayesLinear::new(2, 1, Normal::new(0.0, 1.0));
    let found = error(&|t| t.plate("rows", ROWS, |t| drop(layer.forward(t, "line", inputs()))));
    let expected = "weights \"line.weight\" are drawn inside plate \"rows\"";
    assert!(found.to_string().contains(expected), "{found}");
    let wide = BayesLinear::new(2, 1, Normal::new(place().zeros::<3>([1, 1, 5]), 1.0));
    let found = error(&|t| drop(wide.forward(t, "line", inputs())));
    assert!(matches!(&found, ModelError::Shape { site, .. } if site == "line.weight"), "{found}");
    let single = Tensor::<3>::zeros([1, ROWS, 2], &Device::flex());
    let found = error(&|t| drop(layer.forward(t, "line", single.clone())));
    assert!(found.to_string().contains("\"line\""), "{found}");
}

/// The running moments of a normalization are no parameters.
#[test]
fn buffers_are_no_latents() {
    let norm: BatchNorm = BatchNormConfig::new(2).init(&Device::flex());
    let network = Bayesian::new(norm, Normal::new(0.0, 1.0));
    let model = move |t: &mut Trace, _: &()| drop(network.sample(t, "norm"));
    let layout = Layout::discover(&model, &(), &Noise::new(0, place())).unwrap();
    let sites: Vec<_> = layout.latents().map(|site| &*site.name).collect();
    assert_eq!(sites, ["norm.gamma", "norm.beta"]);
}

/// Any distribution of numbers is a prior.
#[test]
fn priors_follow_the_last_pattern_that_fits() {
    let network = line().with_prior("weight", StudentT::new(3.0, 0.0, 1.0));
    let model = move |t: &mut Trace, _: &()| drop(network.sample(t, "net"));
    let layout = Layout::discover(&model, &(), &Noise::new(0, place())).unwrap();
    let kinds: Vec<_> = layout.latents().map(|site| site.distribution).collect();
    assert_eq!(kinds, ["StudentT", "Normal"]);
}
