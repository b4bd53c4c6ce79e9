//! Differentiable annealed importance sampling.

use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use elbo_dist::{HalfNormal, Noise, Normal, Support};
use elbo_guide::{Dais, DaisConfig, Guide, GuideError, Init};
use elbo_infer::{
    BoundEstimate, DoublyReparameterizedIwae, InferError, Iwae, Schedule, StickingTheLanding, Svi,
    Tempered,
};
use elbo_model::{Layout, LogJoint, Model, Path, Plan, Subsample, Trace};

use crate::f64_on_flex;

/// A location and a scale, of which two numbers are seen.
fn model(t: &mut Trace, _: &()) {
    let mu = t.sample("mu", Normal::<2>::new(0.0, 2.0));
    let tau = t.sample("tau", HalfNormal::new(1.0));
    let y = t.place().tensor::<2>(vec![0.5, 1.8], [1, 2]);
    t.observe("y", Normal::new(mu, tau), y);
}

type Function = fn(&mut Trace, &());

fn guide(config: &DaisConfig, program: Function) -> (Dais<Model<Function>>, Noise) {
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&program, &(), &noise).unwrap();
    let guide = config.init(Model::new(program), &layout, &(), &mut noise).unwrap();
    (guide, noise)
}

/// Moves the number at `at`, counted over all parameters.
struct Moved {
    at: usize,
    seen: usize,
    by: f64,
}

impl ModuleMapper for Moved {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let value = param.val();
        let dims = value.dims();
        let size: usize = dims.iter().product();
        let mut numbers = value.inner().into_data().iter::<f64>().collect::<Vec<_>>();
        if (self.seen..self.seen + size).contains(&self.at) {
            numbers[self.at - self.seen] += self.by;
        }
        self.seen += size;
        Param::initialized(param.id, f64_on_flex().tensor(numbers, dims))
    }
}

/// The mean log-weight of 6 draws of one noise.
fn log_weight(guide: &Dais<Model<Function>>, noise: &Noise, path: Path) -> Tensor<1> {
    let draw = guide.draw(&(), 6, &Plan::new(path), &mut noise.clone()).unwrap();
    let log_p = model.log_joint(&draw.latents, &()).unwrap().total();
    (log_p - draw.log_q.total()).mean()
}

/// The gradient that is put together step by step backwards is that of the bound as a function of every parameter, held against central
/// differences of the bound under one noise: 1e-6 of the largest slope. (The guide's own differences and these are each exact to about 1e-9.)
#[test]
fn the_gradient_is_that_of_the_bound_with_the_noise_held() {
    let config = DaisConfig::steps(3).with_scale(0.6).with_step_size(0.2);
    let (guide, noise) = guide(&config, model);
    let trained = guide.clone().train();
    let gradients =
        GradientsParams::from_grads(log_weight(&trained, &noise, Path::Full).backward(), &trained);
    let mut slopes: Vec<f64> = Vec::new();
    struct Read<'a>(&'a GradientsParams, &'a mut Vec<f64>);
    impl burn::module::ModuleVisitor for Read<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).expect("every parameter has a gradient");
            self.1.extend(gradient.into_data().iter::<f64>());
        }
    }
    trained.visit(&mut Read(&gradients, &mut slopes));
    assert_eq!(slopes.len(), 2 + 2 + 1 + 1 + 3);
    let largest = slopes.iter().fold(0.0_f64, |most, slope| most.max(slope.abs()));
    for (at, slope) in slopes.iter().enumerate() {
        let by = 1e-5;
        let at = |by: f64| {
            let moved = guide.clone().map(&mut Moved { at, seen: 0, by });
            log_weight(&moved, &noise, Path::Full).into_scalar::<f64>()
        };
        let difference = (at(by) - at(-by)) / (2.0 * by);
        assert!((slope - difference).abs() < 1e-6 * largest, "{slopes:?} {slope} {difference}");
    }
}

/// `log N((0.5, 1.8); μ, τ)` over the prior of `μ` and `τ`, by Simpson's rule on a grid of `(μ, log τ)`.
fn evidence() -> f64 {
    let (n, mut sum) = (400, 0.0);
    let weight = |i: usize| match i {
        0 => 1.0,
        i if i == n => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let (from, to, low, high) = (-12.0, 14.0, -12.0, 2.5);
    let log_normal = |x: f64, m: f64, s: f64| {
        -0.5 * ((x - m) / s).powi(2) - s.ln() - 0.5 * std::f64::consts::TAU.ln()
    };
    for i in 0..=n {
        let mu = from + (to - from) * i as f64 / n as f64;
        for j in 0..=n {
            let log_tau: f64 = low + (high - low) * j as f64 / n as f64;
            let tau = log_tau.exp();
            let log_p = log_normal(mu, 0.0, 2.0)
                + log_normal(tau, 0.0, 1.0)
                + 2.0_f64.ln()
                + log_tau
                + log_normal(0.5, mu, tau)
                + log_normal(1.8, mu, tau);
            sum += weight(i) * weight(j) * log_p.exp();
        }
    }
    let cell = (to - from) / n as f64 / 3.0 * ((high - low) / n as f64 / 3.0);
    (sum * cell).ln()
}

/// `E[exp(log p - log q)]` is the evidence, whatever the steps: the mean of 20,000 weights, by 4 standard errors. The bound of four trained
/// steps lies above that of one, and below the evidence.
#[test]
fn weights_average_to_the_evidence_and_steps_raise_the_bound() {
    let evidence = evidence();
    let mut bounds = Vec::new();
    for steps in [1, 4] {
        let config = DaisConfig::steps(steps).with_init(Init::Laplace).with_step_size(0.3);
        let (guide, noise) = guide(&config, model);
        let schedule = CosineAnnealingLrSchedulerConfig::new(0.02, 500).with_min_lr(1e-4);
        let program: Function = model;
        let mut svi = Svi::new(Model::new(program), guide, StickingTheLanding, noise)
            .with_particles(8)
            .with_schedule(schedule.init().unwrap());
        svi.run(500, &(), &mut ()).unwrap();
        let log_weights = svi.posterior().log_weights(&(), 20_000).unwrap();
        let weights: Vec<f64> = log_weights.iter().map(|w| (w - evidence).exp()).collect();
        let (mean, error) = mean_and_error(&weights);
        assert!((mean - 1.0).abs() < 4.0 * error && error < 0.02, "{mean} {error}");
        bounds.push(mean_and_error(&log_weights));
    }
    let error = bounds[0].1.hypot(bounds[1].1);
    assert!(bounds[1].0 > bounds[0].0 + 4.0 * error, "{bounds:?}");
    assert!(bounds[1].0 < evidence + 4.0 * bounds[1].1, "{bounds:?} {evidence}");
}

/// The mean, with its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let found = BoundEstimate::of(values).unwrap();
    (found.mean, found.standard_error)
}

/// Both paths of gradients have one mean: over 4,200 draws each, their difference for every parameter within 4 standard errors.
#[test]
fn the_path_through_the_draws_alone_has_the_same_mean() {
    let config = DaisConfig::steps(2).with_scale(0.3).with_step_size(0.05);
    let (guide, noise) = guide(&config, model);
    let trained = guide.train();
    let mut apart: Vec<Vec<f64>> = Vec::new();
    for draw in 0..700 {
        let noise = noise.at_step(draw);
        let of = |path| {
            let gradients = log_weight(&trained, &noise, path).backward();
            let gradients = GradientsParams::from_grads(gradients, &trained);
            let ids = burn::module::list_param_ids(&trained);
            let read = |id| gradients.get::<2>(id).unwrap().into_data().iter::<f64>().collect();
            ids.into_iter().flat_map(|id| -> Vec<f64> { read(id) }).collect::<Vec<_>>()
        };
        let (full, path) = (of(Path::Full), of(Path::DrawsOnly));
        apart.push(full.iter().zip(path).map(|(full, path)| full - path).collect());
    }
    for parameter in 0..apart[0].len() {
        let (mean, error) =
            mean_and_error(&apart.iter().map(|row| row[parameter]).collect::<Vec<_>>());
        assert!(mean.abs() <= 4.0 * error, "{parameter}: {mean} {error}");
    }
    assert!(apart.iter().any(|row| row[0] != 0.0));
}

/// An objective that weighs the two densities apart, or scales the gradient of one, would be wrong without a word.
#[test]
fn objectives_that_take_the_weight_apart_are_refused() {
    let refusal = |step: Result<elbo_infer::StepInfo, InferError>| match step.unwrap_err() {
        InferError::Guide(GuideError::AnnealedWhole) => {}
        other => panic!("{other}"),
    };
    let program: Function = model;
    let (dais, noise) = guide(&DaisConfig::steps(2), model);
    let mut svi = Svi::new(
        Model::new(program),
        dais.clone(),
        Tempered::new(Schedule::Constant(0.5)),
        noise.clone(),
    );
    refusal(svi.step(&()));
    let objective = DoublyReparameterizedIwae;
    let svi = Svi::new(Model::new(program), dais.clone(), objective, noise.clone());
    refusal(svi.with_particles(4).step(&()));
    let mut svi = Svi::new(Model::new(program), dais, Iwae, noise).with_particles(4);
    svi.step(&()).unwrap();
}

#[test]
fn annealing_is_refused_where_it_cannot_be() {
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&model, &(), &noise).unwrap();
    let mut refused = |config: DaisConfig| {
        config.init(Model::new(model), &layout, &(), &mut noise).map(|_| ()).unwrap_err()
    };
    assert!(matches!(refused(DaisConfig::steps(0)), GuideError::NoSteps));
    let step = DaisConfig::steps(2).with_step_size(-0.1);
    assert!(matches!(refused(step), GuideError::StepSize(size) if size == -0.1));
    let trained = |t: &mut Trace, _: &()| {
        let loc = t.param("loc", t.place().zeros::<2>([1, 1]), Support::Real);
        t.sample("z", Normal::new(loc, 1.0));
    };
    let part = layout.of_latents(|name| name == "mu");
    let found = DaisConfig::steps(2).init(Model::new(model), &part, &(), &mut noise);
    let found = found.map(|_| ()).unwrap_err();
    assert!(matches!(&found, GuideError::PartOfModel { site } if site == "tau"), "{found}");
    let batch = |t: &mut Trace, _: &()| {
        let mu = t.sample("mu", Normal::<2>::new(0.0, 1.0));
        let y = t.place().tensor::<2>(vec![1.0, 2.0], [1, 2]);
        let rows = Subsample { total: 10, batch: 2 };
        t.plate("rows", rows, |t| t.observe("y", Normal::new(mu, 1.0), y));
    };
    let of_batch = Layout::discover(&batch, &(), &noise).unwrap();
    let found = DaisConfig::steps(2).init(Model::new(batch), &of_batch, &(), &mut noise);
    let found = found.map(|_| ()).unwrap_err();
    assert!(matches!(&found, GuideError::AnnealedPart { site, .. } if site == "y"), "{found}");
    let layout = Layout::discover(&trained, &(), &noise).unwrap();
    let model = Model::new(trained).with_params(&layout);
    let found = DaisConfig::steps(2).init(model, &layout, &(), &mut noise).map(|_| ()).unwrap_err();
    assert!(matches!(&found, GuideError::ModelParam { param } if param == "loc"), "{found}");
}
