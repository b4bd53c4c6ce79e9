//! Every objective, estimator and guide on every device: the bound and its gradients, from the same noise.

use burn::module::{Module, ModuleVisitor, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Int, Tensor};
use elbo_dist::{Bernoulli, Gamma, Laplace, Noise, Normal, Place, StudentT};
use elbo_guide::{
    AffineCouplingConfig, Amortized, AutomaticConfig, AutomaticStructured, BlockDiagonalConfig,
    DaisConfig, DeltaGuide, ExponentialFamily, FlowConfig, FullRankConfig, FullRankNormalConfig,
    Guide, GuideMixtureConfig, Init, InverseAutoregressiveConfig, LaplaceApproximation, Local,
    LowRankConfig, MeanFieldConfig, PathfinderConfig, PlanarConfig, Product, RadialConfig, Rows,
    SplineCouplingConfig, StructuredConfig, Then,
};
use elbo_infer::{
    AnalyticKl, Controls, Cubo, DoublyReparameterizedIwae, Elbo, ForwardKl, Iwae, LogVariance,
    NaturalSvi, Objective, Posterior, Renyi, ReweightedWakeSleep, Schedule, StickingTheLanding,
    Svi, Tempered, Vimco,
};
use elbo_model::{
    BayesLinear, ControlVariate, Estimator, Layout, LogJoint, Model, Program, Subsample, Trace,
    WeightNoise,
};
use elbo_testkit::assert_parity;

use crate::natural::{X, mixture};

/// In `f32`, of gradients and bounds of up to 30. The largest difference found is 9e-7, on both devices.
const TOLERANCE: f64 = 5e-6;

/// Of annealed draws, whose steps carry on the rounding of those before: the largest found is 1e-5.
const OF_ANNEALED: f64 = 5e-5;

/// Of guides that are found by a search, which carries on the rounding of gradients: the largest found is 1e-5.
const OF_A_SEARCH: f64 = 5e-5;

/// The mean gradient of two draws, the bound of a step, and the controls after it.
fn numbers<B, M, G, O, C>(mut svi: Svi<M, G, O, C>, batch: &B) -> Vec<f64>
where
    M: LogJoint<B> + Module,
    G: Guide<B> + Module,
    O: Objective,
    C: Controls<B> + Module,
{
    let moments = svi.gradient_moments(batch, 2).unwrap();
    let mut numbers: Vec<f64> = moments.into_iter().flat_map(|moments| moments.mean).collect();
    numbers.push(svi.step(batch).unwrap().bound);
    numbers.extend(parameters(&svi.controls()));
    numbers
}

/// All numbers of a module.
fn parameters(module: &impl Module) -> Vec<f64> {
    struct Numbers(Vec<f64>);
    impl ModuleVisitor for Numbers {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f64>());
        }
    }
    let mut numbers = Numbers(Vec::new());
    module.visit(&mut numbers);
    numbers.0
}

/// Two rows of so many.
struct Data {
    total: usize,
    x: Tensor<2>,
    index: Tensor<1, Int>,
}

impl Data {
    fn on(device: &Device, total: usize) -> Self {
        let x = Tensor::from_floats([[1.4, -0.3]], device);
        Self { total, x, index: Tensor::from_ints([0, 1], device) }
    }

    fn plate(&self) -> Subsample {
        Subsample { total: self.total, batch: 2 }
    }
}

impl Rows for Data {
    fn rows(&self) -> Tensor<1, Int> {
        self.index.clone()
    }
}

/// A bit of all and one of each row.
fn bits(t: &mut Trace, d: &Data) {
    let g = t.sample("g", Bernoulli::<2>::logits(-0.8)); // [S, 1]
    t.plate("rows", d.plate(), |t| {
        let z = t.sample("z", Bernoulli::<2>::logits(0.4)); // [S, 2]
        t.observe("x", Normal::new(g + z * 2.0, 1.0), d.x.clone());
    });
}

#[derive(Module, Debug)]
struct Bits {
    global: Param<Tensor<2>>,
    local: Param<Tensor<2>>,
}

impl Program<Data> for Bits {
    fn run(&self, t: &mut Trace, d: &Data) {
        t.sample("g", Bernoulli::logits(self.global.val()));
        t.plate("rows", d.plate(), |t| {
            t.sample("z", Bernoulli::logits(self.local.val()));
        });
    }
}

/// Baselines and networks of the bits.
#[derive(Module, Debug)]
struct Guess {
    slope: Param<Tensor<2>>,
}

impl Controls<Data> for Guess {
    fn baseline(&self, site: &str, d: &Data) -> Option<Tensor<2>> {
        Some(if site == "g" { self.slope.val() } else { d.x.clone() * self.slope.val() })
    }

    fn network(&self, _: &str, _: &Data, noise: Tensor<2>) -> Option<Tensor<2>> {
        Some(noise.tanh() * self.slope.val())
    }
}

type BitsSvi<O> = Svi<Model<fn(&mut Trace, &Data)>, Amortized<Bits>, O, Guess>;

fn of_bits<O: Objective>(device: &Device, objective: O) -> BitsSvi<O> {
    let param = |values: &[f64]| {
        let values = Place::f32(device).tensor(values.to_vec(), [1, values.len()]);
        Param::from_tensor(values)
    };
    let guide = Bits { global: param(&[0.5]), local: param(&[-0.7, 0.2]) };
    let model: Model<fn(&mut Trace, &Data)> = Model::new(bits);
    let noise = Noise::new(21, Place::f32(device));
    let svi = Svi::new(model, Amortized::new(guide), objective, noise);
    svi.with_controls(Guess { slope: param(&[-0.4]) }).with_particles(4)
}

fn numbers_of_bits<O: Objective>(device: &Device, objective: O) -> Vec<f64> {
    numbers(of_bits(device, objective), &Data::on(device, 2))
}

#[test]
fn every_estimator_is_the_same_on_every_device() {
    let score = Estimator::ScoreFunction;
    let temperature = 0.7;
    for estimator in [
        score(ControlVariate::None),
        score(ControlVariate::LeaveOneOut),
        score(ControlVariate::MovingAverage { decay: 0.9 }),
        score(ControlVariate::Baseline),
        score(ControlVariate::OptimalCoefficient),
        Estimator::Enumerate,
        Estimator::Disarm,
        Estimator::Rebar { temperature },
        Estimator::Relax { temperature },
        Estimator::GumbelSoftmax { temperature },
        Estimator::StraightThrough { temperature },
    ] {
        assert_parity(&format!("{estimator:?}"), TOLERANCE, |device| {
            let objective = Elbo.with_estimator("g", estimator).and_estimator("z", estimator);
            numbers(of_bits(device, objective), &Data::on(device, 6))
        });
    }
}

#[test]
fn every_objective_of_bits_is_the_same_on_every_device() {
    assert_parity("Elbo", TOLERANCE, |device| numbers_of_bits(device, Elbo));
    assert_parity("StickingTheLanding", TOLERANCE, |device| {
        numbers_of_bits(device, StickingTheLanding)
    });
    assert_parity("AnalyticKl", TOLERANCE, |device| numbers_of_bits(device, AnalyticKl));
    assert_parity("Iwae", TOLERANCE, |device| numbers_of_bits(device, Iwae));
    assert_parity("Vimco", TOLERANCE, |device| numbers_of_bits(device, Vimco));
    assert_parity("Renyi", TOLERANCE, |device| numbers_of_bits(device, Renyi { alpha: 0.5 }));
    assert_parity("ForwardKl", TOLERANCE, |device| numbers_of_bits(device, ForwardKl));
    assert_parity("LogVariance", TOLERANCE, |device| numbers_of_bits(device, LogVariance));
    assert_parity("ReweightedWakeSleep", TOLERANCE, |device| {
        numbers_of_bits(device, ReweightedWakeSleep)
    });
}

/// Data of a rate with a hierarchy: what guides of the real line, of positive numbers and of plates meet.
fn hierarchy(t: &mut Trace, d: &Data) {
    let loc = t.sample("loc", Normal::<2>::new(0.0, 2.0)); // [S, 1]
    let rate = t.sample("rate", Gamma::<2>::new(2.0, 1.0));
    t.plate("rows", 2, |t| {
        let z = t.sample("z", Normal::new(loc, 1.0)); // [S, 2]
        t.observe("x", Normal::new(z, rate.sqrt().recip()), d.x.clone());
    });
}

type Hierarchy = Model<fn(&mut Trace, &Data)>;

fn fitted<G, O>(
    device: &Device,
    objective: O,
    guide: impl FnOnce(&Layout, &Data, &mut Noise) -> G,
) -> Vec<f64>
where
    G: Guide<Data> + Module,
    O: Objective,
{
    let mut noise = Noise::new(5, Place::f32(device));
    let data = Data::on(device, 2);
    let layout = Layout::discover(&hierarchy, &data, &noise).unwrap();
    let guide = guide(&layout, &data, &mut noise);
    let model: Hierarchy = Model::new(hierarchy);
    numbers(Svi::new(model, guide, objective, noise).with_particles(4), &data)
}

/// Where the guides start, so that no search for a start lies between the devices.
fn start(layout: &Layout, members: usize) -> Init {
    let column = |x: f64| layout.place().tensor::<2>(vec![x; members], [members, 1]);
    let z = layout.place().tensor::<2>([0.7, -0.2].repeat(members), [members, 2]);
    Init::Value(layout.at([("loc", column(0.3)), ("rate", column(1.4)), ("z", z)]))
}

fn of_mean_field<O: Objective>(device: &Device, objective: O) -> Vec<f64> {
    fitted(device, objective, |layout, data, noise| {
        let config = MeanFieldConfig::new().with_scale(0.4).with_init(start(layout, 1));
        config.init(layout, &hierarchy, data, noise).unwrap()
    })
}

#[test]
fn every_objective_of_pathwise_draws_is_the_same_on_every_device() {
    assert_parity("Elbo", TOLERANCE, |device| of_mean_field(device, Elbo));
    assert_parity("StickingTheLanding", TOLERANCE, |device| {
        of_mean_field(device, StickingTheLanding)
    });
    assert_parity("Iwae", TOLERANCE, |device| of_mean_field(device, Iwae));
    assert_parity("DoublyReparameterizedIwae", TOLERANCE, |device| {
        of_mean_field(device, DoublyReparameterizedIwae)
    });
    assert_parity("Renyi", TOLERANCE, |device| of_mean_field(device, Renyi { alpha: 0.5 }));
    assert_parity("Cubo", TOLERANCE, |device| of_mean_field(device, Cubo { order: 2.0 }));
    assert_parity("Tempered", TOLERANCE, |device| {
        of_mean_field(device, Tempered::new(Schedule::Constant(0.3)))
    });
    assert_parity("ForwardKl", TOLERANCE, |device| of_mean_field(device, ForwardKl));
    assert_parity("LogVariance", TOLERANCE, |device| of_mean_field(device, LogVariance));
    assert_parity("ReweightedWakeSleep", TOLERANCE, |device| {
        of_mean_field(device, ReweightedWakeSleep)
    });
}

#[test]
fn every_family_of_guides_is_the_same_on_every_device() {
    macro_rules! check {
        ($name:literal, $members:literal, $config:expr) => {
            assert_parity($name, TOLERANCE, |device| {
                fitted(device, Elbo, |layout, data, noise| {
                    let config = $config.with_init(start(layout, $members));
                    config.init(layout, &hierarchy, data, noise).unwrap()
                })
            });
        };
    }
    let mixture = GuideMixtureConfig::new(FullRankNormalConfig, 2);
    check!("full rank", 1, FullRankConfig::new());
    check!("low rank", 1, LowRankConfig::rank(1));
    check!("blocks", 1, BlockDiagonalConfig::by_plate());
    check!("structured", 1, StructuredConfig::independent().with_dependency("z", "loc"));
    check!("affine flow", 1, FlowConfig::guide((2, AffineCouplingConfig::new([4]))));
    check!("spline flow", 1, FlowConfig::guide((2, SplineCouplingConfig::new([4]))));
    check!("autoregressive", 1, FlowConfig::guide((2, InverseAutoregressiveConfig::new([4]))));
    check!("planar and radial", 1, FlowConfig::guide(Then((2, PlanarConfig), (2, RadialConfig))));
    check!("mixture", 2, AutomaticConfig::of(mixture.clone()));
    check!("two restarts", 2, MeanFieldConfig::new().with_scale(0.4).with_restarts(2));
    let of_laplace = MeanFieldConfig::new().with_base(Laplace::<2>::new(0.0, 1.0));
    check!("mean field of Laplace noise", 1, of_laplace.clone());
    let of_student = MeanFieldConfig::new().with_base(StudentT::<2>::new(5.0, 0.0, 1.0));
    check!("mean field of Student's noise", 1, of_student.clone());
}

#[test]
fn every_other_guide_is_the_same_on_every_device() {
    assert_parity("dais", OF_ANNEALED, |device| {
        fitted(device, Elbo, |layout, data, noise| {
            let model: Hierarchy = Model::new(hierarchy);
            let config = DaisConfig::steps(3).with_init(start(layout, 1));
            config.init(model, layout, data, noise).unwrap()
        })
    });
    assert_parity("automatic structured", TOLERANCE, |device| {
        fitted(device, Elbo, |layout, data, noise| {
            let model: Hierarchy = Model::new(hierarchy);
            AutomaticStructured::at(start(layout, 1), model, layout, data, noise).unwrap()
        })
    });
    assert_parity("exponential family", TOLERANCE, |device| {
        fitted(device, Elbo, |layout, _, _| ExponentialFamily::of_prior(layout).unwrap())
    });
    // At the end of a path in single precision the gradients are their rounding, and so is the curvature that is made of them.
    assert_parity("Pathfinder", OF_A_SEARCH, |device| {
        fitted(device, Elbo, |layout, data, noise| {
            PathfinderConfig::new()
                .with_max_iterations(5)
                .init(layout, &hierarchy, data, noise)
                .unwrap()
        })
    });
    assert_parity("local beside a delta", TOLERANCE, |device| {
        fitted(device, Elbo, |layout, data, noise| {
            let local = Local::new("rows", &layout.of_latents(|site| site == "z")).unwrap();
            let globals = layout.of_latents(|site| site != "z");
            let delta = DeltaGuide::new(&globals, &hierarchy, data, noise).unwrap();
            Product::new(delta, local)
        })
    });
}

/// It has no parameters: draws and a bound are held.
#[test]
fn laplaces_approximation_is_the_same_on_every_device() {
    assert_parity("Laplace's approximation", OF_A_SEARCH, |device| {
        let (mut noise, data) = (Noise::new(5, Place::f32(device)), Data::on(device, 2));
        let layout = Layout::discover(&hierarchy, &data, &noise).unwrap();
        let guide = LaplaceApproximation::new(&layout, &hierarchy, &data, &mut noise).unwrap();
        let model: Hierarchy = Model::new(hierarchy);
        of_posterior(&Svi::new(model, guide, Elbo, noise).posterior(), &data)
    });
}

/// A bound and three draws.
fn of_posterior<G: Guide<Data> + Module>(
    posterior: &Posterior<Hierarchy, G>,
    data: &Data,
) -> Vec<f64> {
    let bound = posterior.bound(data, 100).unwrap().mean;
    let draws = posterior.draws(data, 3).unwrap();
    std::iter::once(bound).chain(draws.iter().flat_map(|(_, value)| value.to_vec())).collect()
}

fn averaging(device: &Device) -> BitsSvi<impl Objective + use<>> {
    let average = Estimator::ScoreFunction(ControlVariate::MovingAverage { decay: 0.9 });
    of_bits(device, Elbo.with_estimator("g", average))
}

/// After five steps of Adam at 0.01 and with what the moving average knows of them.
#[test]
fn a_fit_goes_on_on_another_device() {
    let mut first = averaging(&Device::flex());
    first.run(5, &Data::on(&Device::flex(), 2), &mut ()).unwrap();
    assert_parity("the fit, and back", TOLERANCE, |device| {
        let mut second = averaging(device);
        second.load_record(first.to_record()).unwrap();
        assert_eq!(second.steps(), 5);
        let there = second.run(5, &Data::on(device, 2), &mut ()).unwrap().bounds;
        let mut third = averaging(&Device::flex());
        third.load_record(second.to_record()).unwrap();
        let back = third.run(5, &Data::on(&Device::flex(), 2), &mut ()).unwrap().bounds;
        [there, back].concat()
    });
    let mut same = averaging(&Device::flex());
    same.load_record(first.to_record()).unwrap();
    let on_flex = Data::on(&Device::flex(), 2);
    let bounds = [&mut first, &mut same].map(|svi| svi.run(5, &on_flex, &mut ()).unwrap().bounds);
    assert_eq!(bounds[0], bounds[1]);
}

#[test]
fn a_record_of_another_guide_is_an_error_that_changes_nothing() {
    let device = Device::flex();
    let (mut svi, data) = (averaging(&device), Data::on(&device, 2));
    let model: Hierarchy = Model::new(hierarchy);
    let mut noise = Noise::new(5, &device);
    let layout = Layout::discover(&hierarchy, &data, &noise).unwrap();
    let guide = MeanFieldConfig::new().init(&layout, &hierarchy, &data, &mut noise).unwrap();
    let other = Svi::new(model, guide, Elbo, noise).to_record();
    let error = svi.load_record(other).unwrap_err();
    assert!(
        error.to_string().starts_with("the record does not fit this model and guide"),
        "{error}"
    );
    assert_eq!(svi.step(&data).unwrap(), averaging(&device).step(&data).unwrap());
}

/// What was trained on `flex`, and was written as bytes, has the same bound on every device.
#[test]
fn a_trained_guide_loads_on_another_device() {
    let fresh = |device: &Device| {
        let mut noise = Noise::new(5, Place::f32(device));
        let data = Data::on(device, 2);
        let layout = Layout::discover(&hierarchy, &data, &noise).unwrap();
        let config = FullRankConfig::new().with_init(start(&layout, 1));
        let guide = config.init(&layout, &hierarchy, &data, &mut noise).unwrap();
        let model: Hierarchy = Model::new(hierarchy);
        (Svi::new(model, guide, Elbo, noise), data)
    };
    let (mut trained, data) = fresh(&Device::flex());
    trained.run(20, &data, &mut ()).unwrap();
    let modules = trained.into_parts();
    let bytes = modules.into_record().into_bytes().unwrap();
    assert_parity("the bound", TOLERANCE, |device| {
        let (svi, data) = fresh(device);
        let record = ModuleRecord::from_bytes(bytes.clone()).unwrap();
        let (model, guide) = svi.into_parts().load_record(record);
        let svi = Svi::new(model, guide, Elbo, Noise::new(6, Place::f32(device)));
        of_posterior(&svi.posterior(), &data)
    });
}

/// Two layers whose weights are latents over two rows.
#[test]
fn layers_of_latent_weights_are_the_same_on_every_device() {
    for noise in [WeightNoise::Shared, WeightNoise::Local, WeightNoise::Flipout] {
        assert_parity(&format!("{noise:?} weights"), TOLERANCE, |device| {
            let layer = |i, o| BayesLinear::new(i, o, Normal::new(0.0, 1.0)).with_noise(noise);
            let (first, second) = (layer(1, 3), layer(3, 1));
            let network = move |t: &mut Trace, d: &Data| {
                let x = d.x.clone().unsqueeze_dim::<3>(2); // [1, 2, 1]
                let hidden = first.forward(t, "first", x.clone()).tanh();
                let f = second.forward(t, "second", hidden);
                t.plate("rows", 2, |t| t.observe("y", Normal::new(f, 0.5), x * 2.0));
            };
            let (mut noise, data) = (Noise::new(5, Place::f32(device)), Data::on(device, 2));
            let layout = Layout::discover(&network, &data, &noise).unwrap();
            let config = MeanFieldConfig::new().with_scale(0.3);
            let guide = config.init(&layout, &network, &data, &mut noise).unwrap();
            let svi = Svi::new(Model::new(network), guide, AnalyticKl, noise);
            numbers(svi.with_particles(4), &data)
        });
    }
}

/// A bit of each row, summed out.
#[test]
fn marginalized_sites_are_the_same_on_every_device() {
    fn summed_out(t: &mut Trace, d: &Data) {
        let loc = t.sample("loc", Normal::<2>::new(0.0, 2.0)); // [S, 1]
        t.plate("rows", 2, |t| {
            let k = t.marginalize("k", Bernoulli::<2>::logits(0.3));
            t.observe("x", Normal::new(loc + k * 1.5, 1.0), d.x.clone());
        });
    }
    assert_parity("marginalized", TOLERANCE, |device| {
        let (mut noise, data) = (Noise::new(5, Place::f32(device)), Data::on(device, 2));
        let layout = Layout::discover(&summed_out, &data, &noise).unwrap();
        let config = MeanFieldConfig::new().with_scale(0.3);
        let guide = config.init(&layout, &summed_out, &data, &mut noise).unwrap();
        numbers(Svi::new(Model::new(summed_out), guide, Elbo, noise).with_particles(4), &data)
    });
}

/// Natural steps on a mixture, with sums over its components.
#[test]
fn natural_steps_are_the_same_on_every_device() {
    assert_parity("natural gradients", TOLERANCE, |device| {
        let noise = Noise::new(5, Place::f32(device));
        let x = Place::f32(device).tensor(X.to_vec(), [1, 8]);
        let program: fn(&mut Trace, &Tensor<2>) = mixture;
        let layout = Layout::discover(&program, &x, &noise).unwrap();
        let guide = ExponentialFamily::of_prior(&layout).unwrap();
        let guide = guide.with_natural("means", &[-0.3, 0.5, -0.5, -0.5]).unwrap();
        let mut fit = NaturalSvi::new(Model::new(program), guide, noise);
        let mut numbers = Vec::new();
        fit.run(3, &x, |info| numbers.push(info.bound)).unwrap();
        numbers.extend(["means", "c"].map(|site| fit.guide().natural(site).unwrap()).concat());
        numbers
    });
}
