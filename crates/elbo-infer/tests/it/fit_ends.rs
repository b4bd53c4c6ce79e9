//! How a fit without a learning rate ends.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::fs;

use burn::tensor::Tensor;
use elbo_dist::{HalfNormal, Noise};
use elbo_guide::MeanField;
use elbo_infer::{
    Ascends, Checkpoints, Elbo, Estimate, FitConfig, FitEnd, InferError, Interrupt, Objective,
    Renyi, Schedule, Shuffled, StepInfo, StopReason, Svi, SviRecord, Tempered, Terms, replay,
};
use elbo_model::{Model, ModelError, Subsample, Trace};

use crate::checkpoints::folder;
use crate::fit::{all, bits, elsewhere, far, mean, moments, numbers};
use crate::{f64_on_flex, guide};

/// The first trial has 50 steps; 20 of the second one are not enough to take its place.
#[test]
fn a_fit_that_runs_out_of_steps_in_a_trial_has_the_parameters_of_the_best_one() {
    let after = |steps: u64| {
        let mut svi = far(0);
        let info = svi.fit(&all(), &FitConfig::new().with_max_steps(steps), &mut ()).unwrap();
        assert_eq!((info.end, info.steps, svi.steps()), (FitEnd::OutOfSteps, steps, steps));
        assert!(info.levels.is_empty(), "{info}");
        bits(&svi)
    };
    assert!(after(70) == after(50));
}

/// At each of these: in a trial, at the end of one, in a level; in the same process and from a checkpoint.
#[test]
fn a_fit_that_ran_out_of_steps_goes_on_with_more_to_the_same_end() {
    let mut whole = far(0);
    let expected = whole.fit(&all(), &FitConfig::new(), &mut ()).unwrap();
    for most in [1, 49, 50, 70, 100, expected.steps - 30, expected.steps - 1] {
        let folder = folder("out-of-steps");
        let checkpoints = Checkpoints::open(&folder).unwrap();
        let config = FitConfig::new().with_checkpoints(checkpoints, 1000);
        let mut svi = far(0);
        let first = svi.fit(&all(), &config.clone().with_max_steps(most), &mut ()).unwrap();
        assert_eq!((first.end, first.steps), (FitEnd::OutOfSteps, most));
        let again = svi.fit(&all(), &config.clone().with_max_steps(most), &mut ()).unwrap();
        assert!(again == first, "{again}");
        let found = svi.fit(&all(), &FitConfig::new(), &mut ()).unwrap();
        assert!(found == expected && bits(&svi) == bits(&whole), "after {most}: {found}");
        let mut other = elsewhere();
        let found = other.fit(&all(), &config, &mut ()).unwrap();
        assert!(
            found == expected && bits(&other) == bits(&whole),
            "from the file, {most}: {found}"
        );
        fs::remove_dir_all(folder).unwrap();
    }
}

/// With steps by hand between them two calls are two fits.
#[test]
fn a_fit_after_steps_by_hand_is_a_new_one() {
    let mut svi = far(0);
    svi.fit(&all(), &FitConfig::new().with_max_steps(70), &mut ()).unwrap();
    svi.run(1, &all(), &mut ()).unwrap();
    let info = svi.fit(&all(), &FitConfig::new().with_max_steps(40), &mut ()).unwrap();
    assert_eq!((info.steps, svi.steps()), (40, 111));
}

/// The evidence lower bound less a nat in five steps.
#[derive(Clone)]
struct Sinking;

impl Objective for Sinking {
    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        let Estimate { loss, bound, .. } = Elbo.estimate(terms)?;
        Ok(Estimate::new(loss, bound - 0.2 * terms.step as f64))
    }
}

impl Ascends for Sinking {}

type SviBy<O> = Svi<Model<fn(&mut Trace, &Tensor<2>)>, MeanField, O>;

/// The fit from far away with another objective.
fn far_by<O: Objective>(objective: O) -> SviBy<O> {
    let (model, guide) = far(0).into_parts();
    Svi::new(model, guide, objective, Noise::new(0, f64_on_flex())).with_particles(16)
}

/// The rate is lowered from 0.1 by fours as long as it is at least 1e-7. Each level goes on from where the bound had risen to by the same draws
/// and at the same step, so the fit arrives at the posterior (a tolerance of 0.1 nats is 0.13 of its mean), from 50, though it falls.
#[test]
fn a_bound_that_falls_at_every_rate_ends_the_fit_where_it_was_highest() {
    let mut svi = far_by(Sinking);
    let info = svi.fit(&all(), &FitConfig::new().with_first_rate(0.1), &mut ()).unwrap();
    assert_eq!((info.end, info.levels.len()), (FitEnd::Falling, 10), "{info}");
    assert!(info.levels.iter().all(|level| matches!(level.reason, Some(StopReason::Falling(_)))));
    assert!(info.to_string().contains("falling at the lowest rate"), "{info}");
    let loc = svi.into_parts().1.loc().into_scalar::<f64>();
    assert!((loc - 20.0 / 11.0).abs() < 0.13, "{loc}");
}

/// The evidence lower bound, 5,000 nats off either way.
#[derive(Clone)]
struct Rough;

impl Objective for Rough {
    fn estimate(&self, terms: &Terms) -> Result<Estimate, InferError> {
        let Estimate { loss, bound, .. } = Elbo.estimate(terms)?;
        let odd = ((terms.step as f64 * 12.9898).sin() * 43_758.545).fract().abs(); // in no order
        Ok(Estimate::new(loss, bound + 10_000.0 * (odd - 0.5)))
    }
}

impl Ascends for Rough {}

/// In 100 steps at the rate 0.05 the bound rises by less than 2,700 nats, which is settled in such noise. But averages lose while the fit
/// moves, and so it goes on at that rate until it has arrived, which from 50 takes a thousand steps.
#[test]
fn a_level_goes_on_while_its_averages_lose_and_its_bound_rises() {
    let mut svi = far_by(Rough);
    let info = svi.fit(&all(), &FitConfig::new().with_first_rate(0.05), &mut ()).unwrap();
    assert!(info.has_settled(), "{info}");
    assert!(info.levels[0].steps > 900, "{info}");
    let loc = svi.into_parts().1.loc().into_scalar::<f64>();
    assert!((loc - 20.0 / 11.0).abs() < 0.13, "{loc}");
}

#[test]
fn an_objective_that_changes_with_the_step_or_is_an_upper_bound_is_refused() {
    let (guide, noise) = guide(&mean, &all(), &f64_on_flex(), 0);
    let warm_up = Tempered::new(Schedule::Linear { from: 0.0, to: 1.0, steps: 100 });
    let mut svi = Svi::new(Model::new(mean), guide, warm_up, noise);
    let error = svi.fit(&all(), &FitConfig::new(), &mut ()).unwrap_err();
    assert!(matches!(error, InferError::Unsteady), "{error}");
    let (guide, noise) = crate::guide(&mean, &all(), &f64_on_flex(), 0);
    let mut svi = Svi::new(Model::new(mean), guide, Renyi { alpha: -1.0 }, noise);
    let error = svi.fit(&all(), &FitConfig::new(), &mut ()).unwrap_err();
    assert!(matches!(error, InferError::Setting { .. }), "{error}");
}

#[derive(Debug)]
struct Unplugged;

impl fmt::Display for Unplugged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unplugged")
    }
}

impl std::error::Error for Unplugged {}

/// The reader fails as soon as it is asked twice without a step between, which is by the comparison with the average; the next call goes on
/// from there.
#[test]
fn data_that_cannot_be_read_for_a_comparison_are_an_error_and_the_fit_goes_on() {
    let order = || Shuffled::new(10, 5, &Noise::new(0, f64_on_flex())).unwrap();
    let config = FitConfig::new().with_first_rate(0.1);
    let good = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    let mut whole = far(0);
    let expected = whole.fit_batches(&mut order(), good, &config, &mut ()).unwrap();
    let asked = Cell::new(0);
    let read = |rows: &[usize]| {
        asked.set(asked.get() + 1);
        if asked.get() > 1 { Err(Unplugged) } else { Ok(numbers(rows)) }
    };
    let mut svi = far(0);
    let mut watch = |_: &StepInfo| asked.set(0);
    let error = svi.fit_batches(&mut order(), read, &config, &mut watch).unwrap_err();
    assert!(matches!(error, InferError::Data { .. }), "{error}");
    // From a checkpoint that an interrupt leaves, too.
    let (folder, interrupt) = (folder("pending"), Interrupt::default());
    let kept = config.clone().with_checkpoints(Checkpoints::open(&folder).unwrap(), 1000);
    interrupt.set();
    let stopped = kept.clone().with_interrupt(interrupt);
    svi.fit_batches(&mut order(), good, &stopped, &mut ()).unwrap();
    let mut other = elsewhere();
    for (svi, config) in [(&mut svi, &config), (&mut other, &kept)] {
        let found = svi.fit_batches(&mut order(), good, config, &mut ()).unwrap();
        assert!(found == expected && bits(svi) == bits(&whole), "{found} {expected}");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// The reader fails in the comparison at the end; with more steps there is none.
#[test]
fn a_fit_that_could_not_end_for_want_of_data_goes_on_with_more_steps() {
    let order = || Shuffled::new(10, 5, &Noise::new(0, f64_on_flex())).unwrap();
    let config = FitConfig::new().with_first_rate(0.1);
    let good = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    let mut whole = far(0);
    let expected = whole.fit_batches(&mut order(), good, &config, &mut ()).unwrap();
    let asked = Cell::new(0);
    let read = |rows: &[usize]| {
        asked.set(asked.get() + 1);
        if asked.get() > 40 { Err(Unplugged) } else { Ok(numbers(rows)) }
    };
    let mut svi = far(0);
    let short = config.clone().with_max_steps(40);
    let error = svi.fit_batches(&mut order(), read, &short, &mut ()).unwrap_err();
    assert!(matches!(error, InferError::Data { .. }), "{error}");
    let found = svi.fit_batches(&mut order(), good, &config, &mut ()).unwrap();
    assert!(found == expected && bits(&svi) == bits(&whole), "{found} {expected}");
}

/// What numbers of the data led to is forgotten: rates were lowered for them.
#[test]
fn a_fit_after_data_that_were_no_numbers_begins_anew() {
    let mut svi = far(0);
    let broken = f64_on_flex().tensor(vec![f64::NAN; 10], [1, 10]);
    let watch = Cell::new(0);
    let read = |rows: &[usize]| {
        watch.set(watch.get() + 1);
        Ok::<_, Infallible>(if watch.get() > 20 { broken.clone() } else { numbers(rows) })
    };
    let mut order = Shuffled::new(10, 10, &Noise::new(0, f64_on_flex())).unwrap();
    svi.fit_batches(&mut order, read, &FitConfig::new(), &mut ()).unwrap_err();
    let info = svi.fit(&all(), &FitConfig::new(), &mut ()).unwrap();
    assert!(info.has_settled() && info.trials[0].bound.is_finite(), "{info}");
    let [loc, _] = moments(svi);
    assert!((loc - 20.0 / 11.0).abs() < 0.13, "{loc}");
}

/// The folder of the dump is gone when the step fails.
#[test]
fn a_dump_that_cannot_be_written_does_not_hide_the_fault_of_the_step() {
    let folder = folder("gone");
    let checkpoints = Checkpoints::open(&folder).unwrap();
    let config = FitConfig::new().with_checkpoints(checkpoints, 1000);
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir_all(&folder).unwrap();
    let mut svi = far(0);
    svi.run(1, &all(), &mut ()).unwrap();
    let read = |_: &[usize]| {
        let _ = fs::remove_dir_all(&folder);
        Ok::<_, Infallible>(f64_on_flex().tensor(vec![f64::NAN; 10], [1, 10]))
    };
    let mut order = Shuffled::new(10, 10, &Noise::new(0, f64_on_flex())).unwrap();
    let error = svi.fit_batches(&mut order, read, &config, &mut ()).unwrap_err();
    assert!(matches!(error, InferError::NonFinite { .. }), "{error}");
    assert!(svi.dump(&error).is_some());
}

/// A density of positive numbers is finite at others, too: each fit checks its first pass, also after steps on other data.
#[test]
fn a_number_outside_of_its_support_is_told_with_its_rows() {
    fn positive(t: &mut Trace, x: &Tensor<2>) {
        let scale = t.sample("scale", HalfNormal::new(1.0));
        let rows = Subsample { total: 10, batch: x.dims()[1] };
        t.plate("rows", rows, |t| t.observe("x", HalfNormal::new(scale), x.clone()));
    }
    let folder = folder("negative");
    let config = FitConfig::new().with_checkpoints(Checkpoints::open(&folder).unwrap(), 1000);
    let good = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    let seven = |rows: &[usize]| {
        let of = |row: &usize| if *row == 7 { -1.0 } else { 1.0 };
        let x = rows.iter().map(of).collect();
        Ok::<_, Infallible>(f64_on_flex().tensor::<2>(x, [1, rows.len()]))
    };
    for before in [0, 30] {
        let mut order = Shuffled::new(10, 5, &Noise::new(0, f64_on_flex())).unwrap();
        let (guide, noise) = guide(&positive, &numbers(&[1, 2, 3, 4, 6]), &f64_on_flex(), 0);
        let mut svi = Svi::new(Model::new(positive), guide, Elbo, noise);
        if before > 0 {
            let first = FitConfig::new().with_max_steps(before);
            svi.fit_batches(&mut order, good, &first, &mut ()).unwrap();
            svi.step(&numbers(&[1, 2, 3, 4, 6])).unwrap(); // leaves the fit
        }
        let error = svi.fit_batches(&mut order, seven, &config, &mut ()).unwrap_err();
        let InferError::NonFinite { when, source } = &error else { panic!("{error}") };
        let ModelError::OutsideSupport { site, value, index, .. } = source else {
            panic!("{error}")
        };
        assert_eq!((&**site, *value), ("x", -1.0));
        let rows = when.rows.clone().unwrap();
        assert_eq!((rows.len(), rows[index[1]]), (5, 7), "{error}");
        assert_eq!(when.step, svi.steps());
        let path = Checkpoints::open(&folder).unwrap().dump_path(when.step);
        let dump = SviRecord::load(&path).unwrap();
        assert_eq!(dump.fault().unwrap().message, error.to_string());
        let again = replay(&mut svi, dump, &seven(&rows).unwrap()).unwrap_err();
        assert_eq!(again.to_string(), error.to_string());
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn minibatches_of_other_rows_than_the_plates_are_refused() {
    let mut order = Shuffled::new(40, 5, &Noise::new(0, f64_on_flex())).unwrap();
    let read = |rows: &[usize]| Ok::<_, Infallible>(numbers(rows));
    let error = far(0).fit_batches(&mut order, read, &FitConfig::new(), &mut ()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the minibatches are of 40 rows, but the plates of which a part is at hand are \"rows of 10\""), "{text}");
}

/// After 120 steps, a level of the trials' rate under way, the maximum is one that was passed long ago.
#[test]
fn a_fit_that_has_taken_more_than_it_may_takes_no_step() {
    let mut svi = far(0);
    svi.fit(&all(), &FitConfig::new().with_max_steps(120), &mut ()).unwrap();
    let info = svi.fit(&all(), &FitConfig::new().with_max_steps(50), &mut ()).unwrap();
    assert_eq!((info.end, svi.steps()), (FitEnd::OutOfSteps, 120));
}
