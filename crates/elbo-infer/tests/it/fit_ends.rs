//! How a fit without a learning rate ends.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::fs;

use elbo_dist::Noise;
use elbo_infer::{
    Ascends, Checkpoints, Elbo, Estimate, FitConfig, FitEnd, InferError, Objective, Renyi,
    Schedule, Shuffled, StepInfo, StopReason, Svi, Tempered, Terms,
};
use elbo_model::Model;

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

/// The rate is lowered from 0.1 by fours as long as it is at least 1e-7.
#[test]
fn a_bound_that_falls_at_every_rate_ends_the_fit() {
    let (guide, noise) = guide(&mean, &all(), &f64_on_flex(), 0);
    let mut svi = Svi::new(Model::new(mean), guide, Sinking, noise).with_particles(16);
    let info = svi.fit(&all(), &FitConfig::new().with_first_rate(0.1), &mut ()).unwrap();
    assert_eq!((info.end, info.levels.len()), (FitEnd::Falling, 10), "{info}");
    assert!(info.levels.iter().all(|level| matches!(level.reason, Some(StopReason::Falling(_)))));
    assert!(info.to_string().contains("falling at the lowest rate"), "{info}");
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
    assert!(info.has_settled() && info.trials[0].rate == 0.1, "{info}");
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
