//! Fits in one call, and their calibration.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use elbo_dist::{Noise, Normal};
use elbo_guide::BlockDiagonalConfig;
use elbo_infer::{AutoFit, Checkpoints, FitEnd, InferError, Interrupt, ReportConfig};
use elbo_model::{Model, Trace};
use elbo_report::{Calibrated, Calibration, Verdict};

use crate::checkpoints::folder;
use crate::f64_on_flex;

/// `x ~ N(z₁ + z₂, ½)` of two standard normals: the posterior has the covariance `[[5, -4], [-4, 5]] / 9`.
fn sum(t: &mut Trace, _: &()) {
    let z = t.plate("numbers", 2, |t| t.sample("z", Normal::<2>::new(0.0, 1.0)));
    let x = t.place().tensor(vec![1.0], [1, 1]);
    t.observe("x", Normal::new(z.sum_dim(1), 0.5), x);
}

fn noise() -> Noise {
    Noise::new(0, f64_on_flex())
}

const SIMULATIONS: usize = 100;

/// Mean and variance about ½.
fn moments(row: &Calibrated) -> [f64; 2] {
    assert_eq!(row.shares.len(), SIMULATIONS);
    let mean = |of: fn(f64) -> f64| {
        row.shares.iter().map(|share| of(*share)).sum::<f64>() / SIMULATIONS as f64
    };
    [mean(|share| share), mean(|share| (share - 0.5).powi(2))]
}

/// The shares of a uniform number have the mean ½ and the variance 1/12, with the standard errors `√(1/12 / n)` and `√(1/180 / n)`.
#[test]
fn the_fits_of_a_right_guide_are_calibrated() {
    let found = AutoFit::new().calibrate(&Model::new(sum), &(), noise(), SIMULATIONS).unwrap();
    assert_eq!(found.rows.iter().map(|row| &*row.name).collect::<Vec<_>>(), ["z[0]", "z[1]"]);
    assert_eq!(found.unsettled, 0);
    let n = SIMULATIONS as f64;
    for row in &found.rows {
        let [mean, variance] = moments(row);
        assert!((mean - 0.5).abs() < 4.0 * (1.0 / 12.0 / n).sqrt(), "{mean}");
        assert!((variance - 1.0 / 12.0).abs() < 4.0 * (1.0 / 180.0 / n).sqrt(), "{variance}");
    }
}

/// Independent normals have the variance 1 / 5 of one number given the other, while the posterior's is 5 / 9: the true number lies at
/// `Φ(a ε)` with `a² = 25 / 9`, of which the variance is `asin(a² / (1 + a²)) / 2π = 0.1314`, and 1 / 12 is out of reach. Squares about ½ of
/// numbers from 0 to 1 have a deviation of at most 1 / 8.
#[test]
fn the_fits_of_a_guide_without_correlations_are_not_calibrated() {
    let config = AutoFit::of(BlockDiagonalConfig::by_plate());
    let found = config.calibrate(&Model::new(sum), &(), noise(), SIMULATIONS).unwrap();
    let a2: f64 = 25.0 / 9.0;
    let expected = (a2 / (1.0 + a2)).asin() / (2.0 * std::f64::consts::PI);
    let pooled = found.rows.iter().map(|row| moments(row)[1]).sum::<f64>() / 2.0;
    let error = 0.125 / (SIMULATIONS as f64).sqrt();
    assert!((pooled - expected).abs() < 2.0 * error, "{pooled}");
    assert!(pooled - 1.0 / 12.0 > error, "{pooled}");
}

fn shares(found: &Calibration) -> Vec<Vec<f64>> {
    found.rows.iter().map(|row| row.shares.clone()).collect()
}

#[test]
fn fits_that_ran_out_of_steps_are_counted() {
    let config = AutoFit::new().with_fit(|fit| fit.with_max_steps(20));
    let found = config.calibrate(&Model::new(sum), &(), noise(), 3).unwrap();
    assert_eq!((found.unsettled, found.rows[0].shares.len()), (3, 3));
}

/// Draws from the prior know nothing of a factor.
#[test]
fn a_program_with_a_factor_has_no_calibration() {
    fn tied(t: &mut Trace, _: &()) {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        t.factor("bowl", z.square() * -0.5);
    }
    let error = AutoFit::new().calibrate(&Model::new(tied), &(), noise(), 3).unwrap_err();
    assert!(matches!(error, InferError::FactorNotSimulated { site } if site == "bowl"));
}

#[test]
fn calibration_takes_and_leaves_no_checkpoints() {
    let path = folder("calibrated");
    let checkpoints = Checkpoints::open(&path).unwrap();
    let plain = AutoFit::new();
    let kept = AutoFit::new().with_fit(|fit| fit.with_checkpoints(checkpoints, 10));
    // The checkpoint of a fit of other data that has ended.
    kept.run(Model::new(sum), &(), noise(), &mut ()).unwrap();
    let files = || fs::read_dir(&path).unwrap().count();
    let before = files();
    let [plain, kept] =
        [plain, kept].map(|config| config.calibrate(&Model::new(sum), &(), noise(), 3).unwrap());
    assert_eq!(shares(&plain), shares(&kept));
    assert_eq!(files(), before);
    // Three fits of three data sets do not agree on a share.
    assert!(plain.rows[0].shares.windows(2).all(|pair| pair[0] != pair[1]), "{plain:?}");
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn calibration_that_is_interrupted_tells_what_is_whole() {
    let runs = Arc::new(AtomicUsize::new(0));
    // Interrupts in the run of this number.
    let calibrate = |at: usize, simulations: usize| {
        let interrupt = Interrupt::default();
        let config = AutoFit::new().with_fit(|fit| fit.with_interrupt(interrupt.clone()));
        let counted = runs.clone();
        counted.store(0, Ordering::Relaxed);
        let program = move |t: &mut Trace, data: &()| {
            if counted.fetch_add(1, Ordering::Relaxed) == at {
                interrupt.set();
            }
            sum(t, data);
        };
        config.calibrate(&Model::new(program), &(), noise(), simulations).unwrap()
    };
    let first = calibrate(usize::MAX, 1);
    let of_one = runs.load(Ordering::Relaxed);
    let cut = calibrate(of_one + of_one / 2, 3);
    assert_eq!(shares(&cut), shares(&first));
    assert!(calibrate(0, 3).rows.is_empty());
}

/// The first runs look at sites and data, and the third one draws from the prior.
#[test]
fn a_program_that_does_not_sample_the_same_sites_in_each_run_is_not_calibrated() {
    let runs = Arc::new(AtomicUsize::new(0));
    let moody = move |t: &mut Trace, _: &()| {
        t.sample("z", Normal::<2>::new(0.0, 1.0));
        if runs.fetch_add(1, Ordering::Relaxed) == 2 {
            t.sample("once", Normal::<2>::new(0.0, 1.0));
        }
    };
    let error = AutoFit::new().calibrate(&Model::new(moody), &(), noise(), 2).unwrap_err();
    assert!(matches!(&error, InferError::NotFitted { number } if number == "once"), "{error}");
}

#[test]
fn what_is_changed_of_a_fit_leaves_its_first_rate() {
    let config = AutoFit::new().with_fit(|fit| fit.with_max_steps(30));
    let info = config.run(Model::new(sum), &(), noise(), &mut ()).unwrap().info;
    assert_eq!((info.end, info.steps, info.trials.len()), (FitEnd::OutOfSteps, 30, 0));
    assert_eq!(info.levels[0].rate, 0.1);
}

#[test]
fn too_few_draws_of_the_report_are_refused_before_the_fit() {
    let config = AutoFit::new().with_report(ReportConfig::new().with_draws(0));
    let mut watch = |_: &elbo_infer::StepInfo| panic!("a step");
    let found = config.run(Model::new(sum), &(), noise(), &mut watch);
    assert!(matches!(found, Err(InferError::NoDraws { .. })));
}

/// About `N(0.3, 0.9)`, of which a share of about 1e-4 lies below -3.3, where there is no density: steps seldom meet it, and 100,000 draws do.
#[test]
fn a_finished_fit_is_not_lost_for_draws_without_a_density() {
    fn cut(t: &mut Trace, _: &()) {
        let z = t.sample("z", Normal::<2>::new(0.0, 1.0));
        t.factor("cut", (z + 3.3).log());
    }
    let config = AutoFit::new().with_report(ReportConfig::new().with_draws(100_000));
    let fitted = config.run(Model::new(cut), &(), noise(), &mut ()).unwrap();
    assert!(fitted.info.has_settled(), "{}", fitted.info);
    let bound = &fitted.report.checks()[0];
    assert_eq!((&*bound.name, bound.verdict), ("bound", Verdict::Fail), "{}", fitted.report);
    assert_eq!(fitted.posterior().draws(&(), 10).unwrap().particles(), 10);
}

#[cfg(feature = "nuts")]
#[test]
fn a_fit_that_is_interrupted_has_a_report_without_a_reference() {
    let interrupt = Interrupt::default();
    interrupt.set();
    let nuts = elbo_report::NutsConfig::new();
    let config = AutoFit::new()
        .with_fit(|fit| fit.with_interrupt(interrupt))
        .with_report(ReportConfig::new().with_reference(nuts));
    let fitted = config.run(Model::new(sum), &(), noise(), &mut ()).unwrap();
    assert_eq!((fitted.info.end, fitted.info.steps), (FitEnd::Interrupted, 0));
    assert!(fitted.report.reference.is_none());
}
