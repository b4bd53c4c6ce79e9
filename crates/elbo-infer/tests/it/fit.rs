//! Fits without a learning rate, and what is kept of steps that failed.

use std::convert::Infallible;
use std::fs;
use std::time::Duration;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use elbo_dist::{Bernoulli, Distribution, Noise, Normal};
use elbo_guide::{Amortized, Init, MeanField, MeanFieldConfig};
use elbo_infer::{
    Checkpoints, Elbo, FitConfig, FitEnd, FitInfo, InferError, Interrupt, Observer, Shuffled,
    StepInfo, StickingTheLanding, StopReason, Svi, SviRecord, replay,
};
use elbo_model::{Layout, Model, Program, Subsample, Trace, named_param};

use crate::checkpoints::{checkpoints_to_be_killed, folder, kill_twenty_times};
use crate::f64_on_flex;

/// Ten numbers about a mean, which has the posterior `N(Σx / 11, 1 / 11)`.
pub(crate) fn mean(t: &mut Trace, x: &Tensor<2>) {
    let mu = t.sample("mu", Normal::new(0.0, 1.0));
    let rows = Subsample { total: 10, batch: x.dims()[1] };
    t.plate("rows", rows, |t| t.observe("x", Normal::new(mu, 1.0), x.clone()));
}

pub(crate) fn numbers(rows: &[usize]) -> Tensor<2> {
    let numbers = rows.iter().map(|row| (*row % 5) as f64).collect();
    f64_on_flex().tensor(numbers, [1, rows.len()])
}

pub(crate) fn all() -> Tensor<2> {
    numbers(&Vec::from_iter(0..10))
}

pub(crate) type MeanSvi = Svi<Model<fn(&mut Trace, &Tensor<2>)>, MeanField, StickingTheLanding>;

/// Far away, and with far too small a scale.
pub(crate) fn far(seed: u64) -> MeanSvi {
    from(50.0, seed)
}

/// From another start with the seed of `far(0)`.
pub(crate) fn elsewhere() -> MeanSvi {
    from(-3.0, 0)
}

fn from(start: f64, seed: u64) -> MeanSvi {
    let mut noise = Noise::new(seed, f64_on_flex());
    let layout = Layout::discover(&mean, &all(), &noise).unwrap();
    let at = layout.at([("mu", f64_on_flex().tensor::<2>(vec![start], [1, 1]))]);
    let config = MeanFieldConfig::new().with_init(Init::Value(at)).with_scale(1e-3);
    let guide = config.init(&layout, &mean, &all(), &mut noise).unwrap();
    let model: Model<fn(&mut Trace, &Tensor<2>)> = Model::new(mean);
    Svi::new(model, guide, StickingTheLanding, noise).with_particles(16)
}

pub(crate) fn moments(svi: MeanSvi) -> [f64; 2] {
    let (_, guide) = svi.into_parts();
    [guide.loc(), guide.scale()].map(Tensor::into_scalar)
}

/// The bound is `-11/2 (μ - 20/11)² - 11/2 σ² + log σ` and a constant: a tolerance of 0.1 nats is `√(0.2 / 11)` = 0.13 of the mean.
#[test]
fn a_fit_from_far_away_settles_at_the_posterior_without_a_learning_rate() {
    let mut svi = far(0);
    let info = svi.fit(&all(), &FitConfig::new(), &mut ()).unwrap();
    assert!(info.has_settled(), "{info}");
    assert_eq!(info.steps, svi.steps());
    let of_trials = 50 * info.trials.len() as u64;
    assert_eq!(info.levels.iter().map(|level| level.steps).sum::<u64>() + of_trials, info.steps);
    let [loc, scale] = moments(svi);
    assert!((loc - 20.0 / 11.0).abs() < 0.13, "{loc}");
    assert!((scale * 11.0_f64.sqrt() - 1.0).abs() < 0.2, "{scale}");
}

/// With a first rate that leaves the finite numbers the level begins anew until it does not; nothing of that is an error.
#[test]
fn a_rate_that_is_too_high_is_lowered() {
    let mut svi = far(0);
    let info = svi.fit(&all(), &FitConfig::new().with_first_rate(1e12), &mut ()).unwrap();
    assert!(info.has_settled(), "{info}");
    let (first, last) = (info.levels[0], info.levels[info.levels.len() - 1]);
    assert!(!matches!(first.reason, Some(StopReason::Settled(_))), "{first:?}");
    assert!(last.rate < 100.0, "{last:?}");
    let [loc, _] = moments(svi);
    assert!((loc - 20.0 / 11.0).abs() < 0.13, "{loc}");
}

#[test]
fn data_that_are_no_numbers_are_an_error_and_no_matter_of_the_rate() {
    let mut svi = far(0);
    svi.run(1, &all(), &mut ()).unwrap();
    let broken = f64_on_flex().tensor(vec![f64::NAN; 10], [1, 10]);
    let error = svi.fit(&broken, &FitConfig::new(), &mut ()).unwrap_err();
    assert!(error.to_string().starts_with("step 1 of seed 0: \"x\""), "{error}");
    assert_eq!(svi.steps(), 1);
}

#[test]
fn a_fit_ends_after_as_many_steps_as_it_may_take() {
    let mut svi = far(0);
    let info = svi.fit(&all(), &FitConfig::new().with_max_steps(70), &mut ()).unwrap();
    assert_eq!((info.end, info.steps, svi.steps()), (FitEnd::OutOfSteps, 70, 70));
    assert!(info.to_string().contains("with_max_steps"), "{info}");
}

pub(crate) fn bits(svi: &MeanSvi) -> Vec<u8> {
    svi.posterior().guide().clone().into_record().into_bytes().unwrap().to_vec()
}

/// At each of many steps, in trials and in levels: interrupted, and gone on with in the same process or from the checkpoint.
#[test]
fn an_interrupted_fit_goes_on_to_the_same_end() {
    let mut whole = far(0);
    let expected = whole.fit(&all(), &FitConfig::new(), &mut ()).unwrap();
    for at in [0, 3, 49, 50, 99, 120, 173, expected.steps - 2] {
        let interrupt = Interrupt::default();
        let folder = folder("interrupted");
        let checkpoints = Checkpoints::open(&folder).unwrap();
        let config = FitConfig::new()
            .with_checkpoints(checkpoints.clone(), 1000)
            .with_interrupt(interrupt.clone());
        let mut svi = far(0);
        let mut watch = |info: &StepInfo| {
            if info.step == at {
                interrupt.set();
            }
        };
        let info = svi.fit(&all(), &config, &mut watch).unwrap();
        assert_eq!((info.end, svi.steps()), (FitEnd::Interrupted, at + 1));
        assert_eq!(checkpoints.steps().unwrap().last(), Some(&(at + 1)));
        let mut other = elsewhere();
        let found = other
            .fit(&all(), &FitConfig::new().with_checkpoints(checkpoints.clone(), 1000), &mut ())
            .unwrap();
        assert!(found == expected, "from the checkpoint of step {at}: {found}");
        assert!(bits(&other) == bits(&whole), "from the checkpoint of step {at}");
        let found = svi.fit(&all(), &FitConfig::new(), &mut ()).unwrap();
        assert!(found == expected && bits(&svi) == bits(&whole), "gone on at step {at}: {found}");
        // A fit that has ended is not begun anew.
        let steps = other.steps();
        let mut third = elsewhere();
        let config = FitConfig::new().with_checkpoints(checkpoints, 1000);
        assert!(third.fit(&all(), &config, &mut ()).unwrap() == expected);
        assert!(third.steps() == steps && bits(&third) == bits(&whole));
        fs::remove_dir_all(folder).unwrap();
    }
}

/// So slow that it is killed before its end.
fn slowly(milliseconds: u64) -> impl FnMut(&StepInfo) {
    move |_| std::thread::sleep(Duration::from_millis(milliseconds))
}

#[test]
#[ignore = "the process that a_fit_survives_being_killed kills"]
fn a_fit_with_checkpoints() {
    let Some(checkpoints) = checkpoints_to_be_killed() else { return };
    let config = FitConfig::new().with_checkpoints(checkpoints, 3);
    far(0).fit(&all(), &config, &mut slowly(3)).unwrap();
}

/// In trials and in levels; in the end it is, bit for bit, where a fit is that never stopped.
#[test]
fn a_fit_survives_being_killed() {
    let folder = folder("fit-killed");
    kill_twenty_times("fit::a_fit_with_checkpoints", &folder);
    let config = FitConfig::new().with_checkpoints(Checkpoints::open(&folder).unwrap(), 3);
    let (mut last, mut whole) = (elsewhere(), far(0));
    let found = last.fit(&all(), &config, &mut ()).unwrap(); // has ended
    assert!(found == whole.fit(&all(), &FitConfig::new(), &mut ()).unwrap());
    assert!(bits(&last) == bits(&whole));
    fs::remove_dir_all(folder).unwrap();
}

/// A variational autoencoder of 8 pixels by one layer each way.
#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<3>>,
}

impl Layer {
    fn new(name: &str, [from, to]: [usize; 2], size: f64) -> Self {
        let start = Noise::new(5, f64_on_flex()).site(name).normal([1, from, to]) * size;
        Self { weight: named_param(name, start) }
    }
}

/// Of 50 images, some of which are at hand.
impl Program<Tensor<3>> for Layer {
    fn run(&self, t: &mut Trace, images: &Tensor<3>) {
        let [_, batch, _] = images.dims();
        t.plate("images", Subsample { total: 50, batch }, |t| {
            let z = t.sample("z", Normal::new(0.0, 1.0).iid([1, batch, 2])); // [S, N, 2]
            let [s, ..] = z.dims();
            let logits = z.matmul(self.weight.val().expand([s, 2, 8]));
            t.observe("x", Bernoulli::logits(logits), images.clone());
        });
    }
}

#[derive(Module, Debug)]
struct Encoder {
    loc: Layer,
}

impl Program<Tensor<3>> for Encoder {
    fn run(&self, t: &mut Trace, images: &Tensor<3>) {
        let [_, batch, _] = images.dims();
        let loc = images.clone().matmul(self.loc.weight.val());
        let images = Subsample { total: 50, batch };
        t.plate("images", images, |t| t.sample("z", Normal::new(loc, 0.8)));
    }
}

fn images(rows: &[usize]) -> Result<Tensor<3>, Infallible> {
    let pixels =
        rows.iter().flat_map(|row| (0..8).map(move |bit| (((row * 7) >> (bit % 4)) % 2) as f64));
    Ok(f64_on_flex().tensor(pixels.collect(), [1, rows.len(), 8]))
}

type Vae = Svi<Layer, Amortized<Encoder>, Elbo>;

/// From weights of this size.
fn vae(size: f64) -> Vae {
    let encoder = Encoder { loc: Layer::new("encoder", [8, 2], size) };
    let noise = Noise::new(1, f64_on_flex());
    Svi::new(Layer::new("decoder", [2, 8], size), Amortized::new(encoder), Elbo, noise)
}

fn fit_vae(svi: &mut Vae, seed: u64, config: &FitConfig, observer: &mut impl Observer) -> FitInfo {
    let mut order = Shuffled::new(50, 8, &Noise::new(seed, f64_on_flex())).unwrap();
    svi.fit_batches(&mut order, images, config, observer).unwrap()
}

#[test]
#[ignore = "the process that a_vae_on_shuffled_minibatches_survives_being_killed kills"]
fn a_vae_with_checkpoints() {
    let Some(checkpoints) = checkpoints_to_be_killed() else { return };
    let config = FitConfig::new().with_max_steps(1500).with_checkpoints(checkpoints, 3);
    fit_vae(&mut vae(0.1), 1, &config, &mut slowly(8));
}

#[test]
fn a_vae_on_shuffled_minibatches_survives_being_killed() {
    let folder = folder("vae-killed");
    kill_twenty_times("fit::a_vae_with_checkpoints", &folder);
    let config = FitConfig::new().with_max_steps(1500);
    let killed = config.clone().with_checkpoints(Checkpoints::open(&folder).unwrap(), 3);
    let (mut last, mut whole) = (vae(0.3), vae(0.1));
    let found = fit_vae(&mut last, 1, &killed, &mut ());
    let expected = fit_vae(&mut whole, 1, &config, &mut ());
    assert!(found == expected, "{found} {expected}");
    let parameters = |svi: Vae| svi.into_parts().into_record().into_bytes().unwrap().to_vec();
    assert!(parameters(last) == parameters(whole));
    fs::remove_dir_all(folder).unwrap();
}

/// Row 7 is no number; the fifth batch of two of the first pass may hold it, and the error says which rows it was.
#[test]
fn a_step_that_failed_on_a_minibatch_is_dumped_and_replayed() {
    let batch = |rows: &[usize]| {
        let seen = rows.iter().map(|row| if *row == 7 { f64::NAN } else { *row as f64 });
        Ok::<_, Infallible>(f64_on_flex().tensor(seen.collect(), [1, rows.len()]))
    };
    let folder = folder("dumped");
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let config = FitConfig::new().with_checkpoints(checkpoints.clone(), 1000);
    let order = || Shuffled::new(10, 2, &Noise::new(3, f64_on_flex())).unwrap();
    let mut svi = far(3);
    let error = svi.fit_batches(&mut order(), batch, &config, &mut ()).unwrap_err();
    let text = error.to_string();
    let rows = error.when().unwrap().rows.clone().unwrap();
    assert!(rows.contains(&7) && text.contains("of seed 3 on rows "), "{text}");
    let dump = SviRecord::load(&checkpoints.dump_path(svi.steps())).unwrap();
    assert_eq!(dump.fault().unwrap().message, text);
    let again = replay(&mut far(0), dump, &batch(&rows).unwrap()).unwrap_err();
    assert_eq!(again.to_string(), text);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_record_of_other_latents_of_the_same_sizes_is_refused() {
    fn other(t: &mut Trace, x: &Tensor<2>) {
        let nu = t.sample("nu", Normal::new(0.0, 1.0));
        t.plate("rows", 10, |t| t.observe("x", Normal::new(nu, 1.0), x.clone()));
    }
    let mut first = far(0);
    first.run(2, &all(), &mut ()).unwrap();
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&other, &all(), &noise).unwrap();
    let guide = MeanField::new(&layout, &other, &all(), &mut noise).unwrap();
    let mut second = Svi::new(Model::new(other), guide, Elbo, noise);
    second.load_record(first.to_record()).unwrap();
    let error = second.step(&all()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the record is of a fit with the latents \"mu\", but here there is \"nu\"; make model and guide as those of the record were made"
    );
}

#[test]
fn a_configuration_out_of_range_is_refused() {
    let folder = folder("range");
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let configs = [
        (FitConfig::new().with_first_rate(0.0), "first rate is 0, but must be finite and positive"),
        (FitConfig::new().with_tolerance(f64::NAN), "tolerance is NaN, but must be finite and pos"),
        (
            FitConfig::new().with_checkpoints(checkpoints, 0),
            "checkpoints is 0, but must be at least 1",
        ),
    ];
    for (config, text) in configs {
        let error = far(0).fit(&all(), &config, &mut ()).unwrap_err();
        assert!(
            matches!(error, InferError::Setting { .. }) && error.to_string().contains(text),
            "{error}"
        );
    }
    let noise = Noise::new(0, f64_on_flex());
    assert!(matches!(Shuffled::new(0, 2, &noise), Err(InferError::EmptyEpoch)));
    assert!(Shuffled::new(2, 0, &noise).unwrap_err().to_string().contains("rows in a batch is 0"));
    fs::remove_dir_all(folder).unwrap();
}
