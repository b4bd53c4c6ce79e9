//! Fits without a learning rate that go on from their checkpoints, and those that are refused to.

use std::convert::Infallible;
use std::fs;

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig, LinearLayout};
use burn::tensor::Tensor;
use elbo_dist::{Noise, Normal};
use elbo_guide::{Amortized, MeanField};
use elbo_infer::{
    Checkpoints, Elbo, FitConfig, FitEnd, InferError, Interrupt, Shuffled, StepInfo,
    StickingTheLanding, Svi,
};
use elbo_model::{Layout, Model, Program, Trace, named_param};

use crate::checkpoints::{RowsSvi, fit, folder};
use crate::f64_on_flex;
use crate::fit::{MeanSvi, all, bits, elsewhere, far, mean, numbers};

/// A normal whose scale is a parameter as it is, which steps may take below 0.
#[derive(Module, Debug)]
struct Raw {
    loc: Param<Tensor<2>>,
    scale: Param<Tensor<2>>,
}

impl Program<Tensor<2>> for Raw {
    fn run(&self, t: &mut Trace, _: &Tensor<2>) {
        t.sample("mu", Normal::new(self.loc.val(), self.scale.val()));
    }
}

type RawSvi = Svi<Model<fn(&mut Trace, &Tensor<2>)>, Amortized<Raw>, StickingTheLanding>;

fn raw(start: f64) -> RawSvi {
    let param = |name, value| named_param(name, f64_on_flex().tensor(vec![value], [1, 1]));
    let guide = Amortized::new(Raw { loc: param("loc", start), scale: param("scale", 1.0) });
    let model: Model<fn(&mut Trace, &Tensor<2>)> = Model::new(mean);
    Svi::new(model, guide, StickingTheLanding, Noise::new(1, f64_on_flex())).with_particles(4)
}

fn bytes<M: Module>(module: M) -> Vec<u8> {
    module.into_record().into_bytes().unwrap().to_vec()
}

/// The first step of Adam is as long as the rate, 3, and the scale was 1: the second step fails, and the level begins anew. From a checkpoint
/// after any step the fit goes on to the same end, also from the one whose next step fails.
#[test]
fn a_fit_goes_on_from_a_checkpoint_whose_next_step_fails() {
    let config = FitConfig::new().with_first_rate(3.0).with_max_steps(60);
    let mut whole = raw(0.0);
    let expected = whole.fit(&all(), &config, &mut ()).unwrap();
    let failed = expected.levels.iter().filter(|level| level.reason.is_none()).count();
    assert!(failed >= 2, "{expected}"); // and the last level, which ran out of steps
    let parameters = bytes(whole.into_parts().1);
    for at in 0..8 {
        let (folder, interrupt) = (folder("fails-next"), Interrupt::default());
        let kept = config.clone().with_checkpoints(Checkpoints::open(&folder).unwrap(), 1);
        let mut stop = |info: &StepInfo| {
            if info.step == at {
                interrupt.set();
            }
        };
        let stopped = kept.clone().with_interrupt(interrupt.clone());
        let info = raw(0.0).fit(&all(), &stopped, &mut stop).unwrap();
        assert_eq!(info.end, FitEnd::Interrupted);
        let mut other = raw(4.0);
        let found = other.fit(&all(), &kept, &mut ()).unwrap();
        assert!(found == expected, "after step {at}: {found}");
        assert!(bytes(other.into_parts().1) == parameters, "after step {at}");
        fs::remove_dir_all(folder).unwrap();
    }
}

/// Of two batches of five; the steps of the first pass are checked, which calls the parameter by its name.
#[test]
fn a_rate_that_takes_a_parameter_out_of_its_domain_is_lowered() {
    let mut order = Shuffled::new(10, 5, &Noise::new(0, f64_on_flex())).unwrap();
    let read = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    let config = FitConfig::new().with_first_rate(3.0);
    let info = raw(0.0).fit_batches(&mut order, read, &config, &mut ()).unwrap();
    assert_eq!((info.levels[0].steps, info.levels[0].reason), (1, None), "{info}");
    assert!(info.has_settled(), "{info}");
}

fn interrupted_at(at: u64, interrupt: &Interrupt) -> impl FnMut(&StepInfo) {
    move |info: &StepInfo| {
        if info.step == at {
            interrupt.set();
        }
    }
}

/// On minibatches, in a trial, at the end of a pass, and in levels.
#[test]
fn an_interrupted_fit_on_minibatches_goes_on_to_the_same_end() {
    let order = || Shuffled::new(10, 4, &Noise::new(5, f64_on_flex())).unwrap();
    let read = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    let config = FitConfig::new();
    let mut whole = far(0);
    let expected = whole.fit_batches(&mut order(), read, &config, &mut ()).unwrap();
    assert!(expected.has_settled(), "{expected}");
    for at in [1, 2, 77, 180, expected.steps - 2] {
        let (folder, interrupt) = (folder("minibatches"), Interrupt::default());
        let kept = config.clone().with_checkpoints(Checkpoints::open(&folder).unwrap(), 1000);
        let stopped = kept.clone().with_interrupt(interrupt.clone());
        let mut stop = interrupted_at(at, &interrupt);
        far(0).fit_batches(&mut order(), read, &stopped, &mut stop).unwrap();
        let mut other = elsewhere();
        let found = other.fit_batches(&mut order(), read, &kept, &mut ()).unwrap();
        assert!(found == expected && bits(&other) == bits(&whole), "after step {at}: {found}");
        fs::remove_dir_all(folder).unwrap();
    }
}

/// By scores with a moving average, which the checkpoint holds; in a trial and in a level.
#[test]
fn a_fit_with_moving_averages_goes_on_to_the_same_end() {
    let of = |svi: RowsSvi| bytes(svi.into_parts());
    let mut whole = fit(1);
    let expected = whole.fit(&(), &FitConfig::new(), &mut ()).unwrap();
    assert!(expected.has_settled() && expected.steps > 200, "{expected}");
    let whole = of(whole);
    for at in [30, 190] {
        let (folder, interrupt) = (folder("averages"), Interrupt::default());
        let kept = FitConfig::new().with_checkpoints(Checkpoints::open(&folder).unwrap(), 1000);
        let stopped = kept.clone().with_interrupt(interrupt.clone());
        fit(1).fit(&(), &stopped, &mut interrupted_at(at, &interrupt)).unwrap();
        let mut other = fit(1);
        let found = other.fit(&(), &kept, &mut ()).unwrap();
        assert!(found == expected && of(other) == whole, "after step {at}: {found}");
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn an_interrupt_that_is_cleared_lets_the_fit_go_on() {
    let interrupt = Interrupt::default();
    let config = FitConfig::new().with_interrupt(interrupt.clone());
    let (mut svi, mut whole) = (far(0), far(0));
    let info = svi.fit(&all(), &config, &mut interrupted_at(20, &interrupt)).unwrap();
    assert!(info.to_string().contains("interrupted: clear the interrupt and call fit again"));
    assert_eq!(svi.fit(&all(), &config, &mut ()).unwrap().steps, 21);
    interrupt.clear();
    let found = svi.fit(&all(), &config, &mut ()).unwrap();
    assert!(found == whole.fit(&all(), &FitConfig::new(), &mut ()).unwrap());
    assert!(bits(&svi) == bits(&whole));
}

/// One that has ended, and one that has not.
fn with_checkpoint(name: &str, most: u64) -> (std::path::PathBuf, FitConfig, MeanSvi) {
    let folder = folder(name);
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let config = FitConfig::new().with_checkpoints(checkpoints, 1000);
    let mut svi = far(0);
    svi.fit(&all(), &config.clone().with_max_steps(most), &mut ()).unwrap();
    (folder, config, svi)
}

/// In the same process and from the file; the fit is then as before, and goes on with its own data to the end of a whole one.
#[test]
fn a_fit_of_other_data_is_refused_and_changes_nothing() {
    let mut whole = far(0);
    let expected = whole.fit(&all(), &FitConfig::new(), &mut ()).unwrap();
    for most in [70, 100_000] {
        let (folder, config, mut svi) = with_checkpoint("other-data", most);
        let other = all() + 1e-9;
        for svi in [&mut svi, &mut elsewhere()] {
            let before = (bits(svi), svi.steps());
            let error = svi.fit(&other, &config, &mut ()).unwrap_err();
            assert!(matches!(error, InferError::OtherFit { .. }), "{error}");
            assert!((bits(svi), svi.steps()) == before);
            let found = svi.fit(&all(), &config, &mut ()).unwrap();
            assert!(found == expected && bits(svi) == bits(&whole), "{found}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}

/// Row 9 of ten is in the second batch of the pass that would come next.
#[test]
fn a_fit_that_has_ended_is_held_against_all_rows() {
    let folder = folder("other-row");
    let order = || Shuffled::new(10, 5, &Noise::new(5, f64_on_flex())).unwrap();
    let config = FitConfig::new().with_checkpoints(Checkpoints::open(&folder).unwrap(), 1000);
    let read = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    far(0).fit_batches(&mut order(), read, &config, &mut ()).unwrap();
    for changed in 0..10 {
        let other = |rows: &[usize]| {
            let change = rows.iter().map(|row| if *row == changed { 1e-6 } else { 0.0 }).collect();
            Ok::<_, Infallible>(numbers(rows) + f64_on_flex().tensor(change, [1, rows.len()]))
        };
        let error = elsewhere().fit_batches(&mut order(), other, &config, &mut ()).unwrap_err();
        assert!(matches!(error, InferError::OtherFit { .. }), "{changed}: {error}");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Row 9 is missing in what comes next, which is told by its step and rows.
#[test]
fn data_that_have_become_nan_are_told_by_their_rows_where_a_fit_goes_on() {
    let folder = folder("become-nan");
    let order = || Shuffled::new(10, 5, &Noise::new(5, f64_on_flex())).unwrap();
    let config = FitConfig::new().with_checkpoints(Checkpoints::open(&folder).unwrap(), 1000);
    let read = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    let ended = far(0).fit_batches(&mut order(), read, &config, &mut ()).unwrap();
    let broken = |rows: &[usize]| {
        let hole = rows.iter().map(|row| if *row == 9 { f64::NAN } else { 0.0 }).collect();
        Ok::<_, Infallible>(numbers(rows) + f64_on_flex().tensor(hole, [1, rows.len()]))
    };
    let error = elsewhere().fit_batches(&mut order(), broken, &config, &mut ()).unwrap_err();
    let InferError::NonFinite { when, source } = &error else { panic!("{error}") };
    assert!(source.to_string().contains("\"x\""), "{error}");
    assert!((ended.steps..ended.steps + 2).contains(&when.step), "{error}");
    assert_eq!(when.rows.as_deref(), Some(order().rows(when.step)), "{error}");
    assert!(when.rows.as_ref().unwrap().contains(&9), "{error}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_checkpoint_of_another_seed_is_refused() {
    let (folder, config, _) = with_checkpoint("other-seed", 70);
    let error = far(1).fit(&all(), &config, &mut ()).unwrap_err();
    assert!(matches!(error, InferError::OtherSeed { recorded: 0, found: 1 }), "{error}");
    fs::remove_dir_all(folder).unwrap();
}

/// After a fit that ran out of steps, ten steps at a rate of one's own, and from a record of that.
#[test]
fn a_record_of_steps_by_hand_after_a_fit_is_of_these() {
    let mut svi = far(0);
    svi.fit(&all(), &FitConfig::new().with_max_steps(70), &mut ()).unwrap();
    let mut svi = svi.with_learning_rate(0.02);
    svi.run(10, &all(), &mut ()).unwrap();
    let mut other = elsewhere().with_learning_rate(0.02);
    other.load_record(svi.to_record()).unwrap();
    for svi in [&mut svi, &mut other] {
        assert_eq!(svi.step(&all()).unwrap().learning_rate, 0.02);
    }
    assert!(bits(&svi) == bits(&other));
}

#[test]
fn a_checkpoint_of_other_latents_is_refused_also_where_the_fit_has_ended() {
    fn other(t: &mut Trace, x: &Tensor<2>) {
        let nu = t.sample("nu", Normal::new(0.0, 1.0));
        t.plate("rows", 10, |t| t.observe("x", Normal::new(nu, 1.0), x.clone()));
    }
    for most in [70, 100_000] {
        let (folder, config, _) = with_checkpoint("other-latents", most);
        let mut noise = Noise::new(0, f64_on_flex());
        let layout = Layout::discover(&other, &all(), &noise).unwrap();
        let guide = MeanField::new(&layout, &other, &all(), &mut noise).unwrap();
        let mut svi =
            Svi::new(Model::new(other), guide, StickingTheLanding, noise).with_particles(16);
        let error = svi.fit(&all(), &config, &mut ()).unwrap_err();
        assert!(matches!(error, InferError::SitesRecord { .. }), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_fit_that_is_ahead_of_its_checkpoints_does_not_go_back() {
    let (folder, config, _) = with_checkpoint("ahead", 70);
    let mut svi = far(0);
    svi.run(71, &all(), &mut ()).unwrap();
    let before = bits(&svi);
    let error = svi.fit(&all(), &config, &mut ()).unwrap_err();
    assert!(matches!(error, InferError::CheckpointBehind { step: 71, .. }), "{error}");
    assert!(bits(&svi) == before);
    fs::remove_dir_all(folder).unwrap();
}

/// The record holds the rate of the level, 0.1, and not that of the fit that loads it.
#[test]
fn steps_by_hand_from_a_record_of_a_fit_are_taken_at_its_rate() {
    let mut svi = far(0);
    svi.fit(&all(), &FitConfig::new().with_first_rate(0.1).with_max_steps(10), &mut ()).unwrap();
    let mut other = elsewhere().with_learning_rate(7.0);
    other.load_record(svi.to_record()).unwrap();
    assert_eq!(other.step(&all()).unwrap().learning_rate, 0.1);
}

/// A layer whose weights are saved the other way round than they are kept; of unequal sizes Burn would refuse to load them.
#[derive(Module, Debug)]
struct Line {
    linear: Linear,
}

/// `x ~ N(W 1 + b, 1)` of three numbers.
impl Program<Tensor<2>> for Line {
    fn run(&self, t: &mut Trace, x: &Tensor<2>) {
        t.sample("z", Normal::<2>::new(0.0, 1.0));
        let inputs = f64_on_flex().tensor(vec![1.0, -0.5, 0.3], [1, 3]);
        let loc = self.linear.forward(inputs); // [1, 3]
        t.observe("x", Normal::new(loc, 1.0), x.clone());
    }
}

fn line() -> Svi<Line, MeanField, Elbo> {
    let x = f64_on_flex().tensor(vec![1.0, 2.0, 4.0], [1, 3]);
    let config = LinearConfig::new(3, 3).with_layout(LinearLayout::Col);
    let weight = |numbers: [f64; 9]| f64_on_flex().tensor(numbers.to_vec(), [3, 3]);
    let mut linear = config.init(f64_on_flex().device());
    linear.weight = linear.weight.map(|_| weight([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]));
    linear.bias = linear.bias.map(|bias| bias.map(|_| f64_on_flex().tensor(vec![0.0; 3], [3])));
    let model = Line { linear };
    let mut noise = Noise::new(0, f64_on_flex());
    let layout = Layout::discover(&model, &x, &noise).unwrap();
    let guide = MeanField::new(&layout, &model, &x, &mut noise).unwrap();
    Svi::new(model, guide, Elbo, noise).with_particles(4)
}

/// After the average of a level has taken the place of the parameters.
#[test]
fn an_averaged_module_is_saved_and_loaded_in_its_own_layout() {
    let x = f64_on_flex().tensor(vec![1.0, 2.0, 4.0], [1, 3]);
    let folder = folder("layout");
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let config = FitConfig::new().with_first_rate(0.1).with_checkpoints(checkpoints, 1000);
    let mut svi = line();
    let info = svi.fit(&x, &config, &mut ()).unwrap();
    let mut other = line();
    assert!(other.fit(&x, &config, &mut ()).unwrap() == info);
    let weights =
        |svi: Svi<Line, MeanField, Elbo>| svi.into_parts().0.linear.weight.val().into_data();
    assert_eq!(weights(svi), weights(other));
    fs::remove_dir_all(folder).unwrap();
}
