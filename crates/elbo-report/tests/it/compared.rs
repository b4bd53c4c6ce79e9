//! The lines about simulated data and about a sampler.

use elbo_report::Verdict::{self, Fail, Pass, Warn};
use elbo_report::{Calibrated, Calibration, Check, Reference, ReferenceRow};

use crate::hand_made::{bare, calibrated, even, line, number, passing};

fn calibration(shares: Vec<f64>) -> Check {
    let mut report = bare();
    report.calibration = Some(calibrated(shares));
    line(&report, "calibration")
}

fn powers(power: f64) -> Vec<f64> {
    even().into_iter().map(|share| share.powf(power)).collect()
}

#[test]
fn shares_are_to_be_uniform() {
    let [mean, width] = ["an overestimated mean", "an underestimated deviation"];
    let skewed = calibration(powers(3.0));
    assert_eq!(skewed.verdict, Fail);
    assert!(skewed.found.contains(mean), "{}", skewed.found);
    let low = calibration(powers(3.0).into_iter().map(|share| 1.0 - share).collect());
    assert!(low.found.contains("an underestimated mean"), "{}", low.found);
    let u = calibration(
        even().into_iter().map(|u| if u < 0.5 { u / 5.0 } else { 1.0 - (1.0 - u) / 5.0 }).collect(),
    );
    assert_eq!(u.verdict, Fail);
    assert!(u.found.contains(width), "{}", u.found);
    let humped = calibration(even().into_iter().map(|u| 0.5 + (u - 0.5) / 5.0).collect());
    assert!(humped.found.contains("an overestimated deviation"), "{}", humped.found);
}

/// Eight shares on one side have `p = 2 · 2⁻⁸`, and with the two tests `2⁻⁶ = 0.0156`; ten shares have `2⁻⁸ = 0.0039`, and
/// thirteen `2⁻¹¹ = 0.0005`; six have `2⁻⁴ = 0.0625`.
#[test]
fn the_thresholds_are_those_of_both_tests_together() {
    // The sizes are even, so that the sides decide.
    let above = |n: u32| (0..n).map(|i| 0.5 + (f64::from(i) + 0.5) / f64::from(2 * n)).collect();
    let verdicts = [6, 8, 10, 13].map(|n| calibration(above(n)).verdict);
    assert_eq!(verdicts, [Pass, Warn, Warn, Fail]);
    assert_eq!(
        calibration(above(8)).found,
        "left-skewed shares: an underestimated mean of mu over 8 fits, p = 0.016 of 2 tests"
    );
}

#[test]
fn many_numbers_are_judged_by_the_worst() {
    let row = |name: &str, shares: Vec<f64>| Calibrated { name: name.into(), shares };
    let eight = (0..8).map(|i| 0.5 + (f64::from(i) + 0.5) / 16.0).collect();
    let mut rows = vec![row("mu", even()), row("tau", eight), row("none", vec![])];
    let check = |rows: &[Calibrated]| {
        let mut report = bare();
        report.calibration = Some(Calibration { rows: rows.to_vec(), unsettled: 0 });
        line(&report, "calibration")
    };
    assert!(
        check(&rows).found.ends_with("of tau over 8 fits, p = 0.031 of 4 tests"),
        "{}",
        check(&rows).found
    );
    rows.extend((0..2).map(|_| row("nu", even())));
    assert_eq!(check(&rows).verdict, Pass); // 8 · 2⁻⁷
    rows.push(row("broken", vec![f64::NAN, 0.5]));
    assert_eq!(check(&rows).verdict, Fail);
    assert!(check(&rows).found.starts_with("shares that are not numbers of broken"));
}

#[test]
fn fits_that_had_not_settled_are_told() {
    let mut report = bare();
    report.calibration = Some(Calibration { unsettled: 2, ..calibrated(even()) });
    let check = line(&report, "calibration");
    assert_eq!(check.verdict, Warn);
    assert!(check.found.ends_with("; 2 of the fits had not settled"), "{}", check.found);
    assert!(check.advice.starts_with("Fits that end too early"), "{}", check.advice);
    report.calibration = Some(Calibration { unsettled: 2, ..calibrated(vec![0.01; 20]) });
    let check = line(&report, "calibration");
    assert_eq!(check.verdict, Fail);
    assert!(check.advice.starts_with("Fits that end too early"), "{}", check.advice);
}

#[test]
fn no_shares_have_no_line() {
    let mut report = bare();
    report.calibration = Some(calibrated(vec![]));
    assert_eq!(report.checks().len(), 3);
}

fn reference(change: impl FnOnce(&mut Reference)) -> Check {
    let mut report = passing();
    change(report.reference.as_mut().unwrap());
    line(&report, "reference")
}

/// The guide has mean 4 and standard deviation 2.
#[test]
fn means_are_to_be_those_of_the_reference() {
    let mean = |mean| reference(|r| r.rows[1].mean = mean).verdict;
    assert_eq!([3.81, 4.22, 3.01, 5.02, f64::NAN].map(mean), [Pass, Warn, Warn, Fail, Fail]);
    let found = reference(|r| r.rows[1].mean = 3.0).found;
    assert_eq!(found, "means up to 0.500 sd apart (theta[0]), sd 1.000 of that of NUTS (theta[0])");
}

#[test]
fn deviations_are_to_be_those_of_the_reference() {
    let ratio = |ratio: f64| reference(|r| r.rows[0].sd = 2.0 / ratio).verdict;
    let verdicts = [0.91, 0.89, 0.51, 0.49].map(ratio);
    assert_eq!(verdicts, [Pass, Warn, Warn, Fail]);
    let verdicts = [1.09, 1.11, 1.99, 2.01, f64::NAN].map(ratio);
    assert_eq!(verdicts, [Pass, Warn, Warn, Fail, Fail]);
}

/// Beside `0.905`, which is farther from 1 as a ratio and passes, `1.101` does not.
#[test]
fn every_deviation_is_judged() {
    let two = |r: &mut Reference| (r.rows[0].sd, r.rows[1].sd) = (2.0 / 0.904, 2.0 / 1.1001);
    assert_eq!(reference(two).verdict, Warn);
}

#[test]
fn a_reference_that_is_not_to_be_trusted_judges_nothing() {
    let doubted = |change: &dyn Fn(&mut Reference)| {
        let check = reference(|r| {
            r.rows[0].mean = 1e9;
            change(r);
        });
        (check.verdict, check.found)
    };
    let r_hats = |r: &mut Reference, [first, second]: [f64; 2]| {
        (r.rows[0].r_hat, r.rows[1].r_hat, r.divergences) = (first, second, 20);
    };
    assert_eq!(doubted(&|r| r_hats(r, [1.01, 1.05])).0, Fail); // compared
    let apart = doubted(&|r| r_hats(r, [1.011, 1.012]));
    let found = "r-hat of the reference above 1.01 at 2 of 2 numbers, 1.012 at theta[0]";
    assert_eq!(apart, (Warn, found.into()));
    assert_eq!(doubted(&|r| r_hats(r, [1.0, 1.051])).0, Warn);
    assert_eq!(doubted(&|r| r.rows[1].r_hat = f64::NAN).0, Warn);
    let diverged = doubted(&|r| r.divergences = 21);
    assert_eq!(diverged, (Warn, "21 transitions of the reference diverged".into()));
}

/// Among forty numbers two may be above 1.01 by chance, but none above 1.05; constants are no numbers that chains could differ in.
#[test]
fn one_number_in_twenty_may_look_unmixed_by_chance() {
    let found = |r_hats: &[f64], constants: usize| {
        let check = reference(|r| {
            let row = r.rows.remove(0);
            r.rows = (0..40).map(|i| ReferenceRow { name: i.to_string(), ..row.clone() }).collect();
            (r.rows[39].name, r.rows[39].mean) = ("mu".into(), 1e9);
            r.rows.iter_mut().zip(r_hats).for_each(|(row, r_hat)| row.r_hat = *r_hat);
            r.rows.iter_mut().skip(20).take(constants).for_each(|row| row.sd = 0.0);
        });
        (check.verdict, check.found)
    };
    let compared = (Fail, "means".to_string());
    for r_hats in [vec![], vec![1.011], vec![1.05, 1.05]] {
        let (verdict, text) = found(&r_hats, 0);
        assert_eq!((verdict, text[..5].to_string()), compared);
    }
    let above = "r-hat of the reference above 1.01 at";
    let doubted = |r_hats: &[f64], constants, end: &str| {
        assert_eq!(found(r_hats, constants), (Warn, format!("{above} {end}")));
    };
    doubted(&[1.02, 1.03, 1.011], 0, "3 of 40 numbers, 1.030 at 1");
    doubted(&[1.02, 1.03], 1, "2 of 39 numbers, 1.030 at 1");
    doubted(&[1.02, 1.051], 0, "2 of 40 numbers, 1.051 at 1");
    doubted(&[1.06, f64::NAN], 0, "2 of 40 numbers, NaN at 1");
    doubted(&[f64::INFINITY], 0, "1 of 40 numbers, inf at 0");
}

#[test]
fn constants_are_not_compared_and_strangers_are_not_found() {
    let constant = |r: &mut Reference| (r.rows[0].sd, r.rows[0].r_hat) = (0.0, f64::NAN);
    assert_eq!(reference(constant).verdict, Pass);
    let strangers = reference(|r| r.rows.iter_mut().for_each(|row| row.name.push('?')));
    assert_eq!((strangers.verdict, strangers.found.as_str()), (Warn, "no number in common"));
}

/// Of the replicated 0, 1, …, 99, one lies above 98.5 and one is 99.
#[test]
fn observed_statistics_are_to_be_expected() {
    let model = |observed: f64| -> (Verdict, String) {
        let mut report = bare();
        report.predicted = vec![crate::hand_made::predicted(observed)];
        let check = line(&report, "y mean");
        (check.verdict, check.found)
    };
    assert_eq!(model(50.0), (Pass, "observed 50.000, replicated 49.500, p = 0.990".into()));
    assert_eq!(model(98.5).0, Pass); // 0.02
    assert_eq!(model(99.0), (Warn, "observed 99.000, replicated 49.500, p = 0.010".into()));
    assert_eq!(model(-1.0), (Warn, "observed -1.000, replicated 49.500, p < 0.010".into()));
    assert_eq!(model(f64::NAN).0, Warn);
    assert!(model(f64::INFINITY).1.ends_with("p < 0.010"));
}

#[test]
fn the_model_is_not_the_fit() {
    let mut report = passing();
    report.predicted[0].observed = 1e9;
    assert_eq!(report.verdict(), Pass);
    report.predicted[0].replicated.clear();
    assert_eq!(report.model_checks()[0].verdict, Warn);
    assert_eq!(number("mu").sd, 2.0);
}
