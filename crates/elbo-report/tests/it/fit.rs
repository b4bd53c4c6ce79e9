//! The lines about the optimization.

use elbo_report::Verdict::{Fail, Pass, Warn};
use elbo_report::{Bound, Report, Signal, Verdict};

use crate::hand_made::{agreement, bare, course, line, passing, signal};

fn verdict(name: &str, change: impl FnOnce(&mut Report)) -> Verdict {
    let mut report = bare();
    change(&mut report);
    line(&report, name).verdict
}

#[test]
fn a_report_that_passes_has_a_line_for_each_part_and_no_advice() {
    let report = passing();
    let checks = report.checks();
    let names: Vec<_> = checks.iter().map(|check| check.name.as_str()).collect();
    let expected = [
        "bound",
        "convergence",
        "k-hat",
        "effective sample size",
        "local k-hat schools",
        "importance shift",
        "gradient",
        "restarts",
        "calibration",
        "reference",
    ];
    assert_eq!(names, expected);
    assert!(
        checks.iter().all(|check| check.verdict == Pass && check.advice.is_empty()),
        "{report}"
    );
    assert_eq!(report.verdict(), Pass);
}

#[test]
fn what_was_not_measured_has_no_line() {
    let names: Vec<_> = bare().checks().into_iter().map(|check| check.name).collect();
    assert_eq!(names, ["bound", "k-hat", "effective sample size"]);
    assert!(bare().model_checks().is_empty());
}

#[test]
fn the_verdict_is_the_worst() {
    let mut report = passing();
    report.agreement = Some(agreement(0.3));
    assert_eq!(report.verdict(), Warn);
    report.bound.mean = f64::NEG_INFINITY;
    assert_eq!(report.verdict(), Fail);
}

#[test]
fn a_bound_is_to_be_finite_and_precise() {
    let bound = |mean, standard_error| {
        verdict("bound", |report| report.bound = Bound { mean, standard_error })
    };
    assert_eq!(bound(-31.2, 0.1), Pass);
    assert_eq!(bound(-31.2, 0.11), Warn);
    assert_eq!(bound(-31.2, f64::NAN), Warn); // a single draw
    assert_eq!(bound(f64::NEG_INFINITY, f64::NAN), Fail);
    assert_eq!(bound(f64::NAN, 0.1), Fail);
}

#[test]
fn a_fit_is_to_settle() {
    let mut report = passing();
    let course = report.course.insert(course());
    (course.has_settled, course.end) = (false, "out of steps".into());
    let check = line(&report, "convergence");
    assert_eq!((check.verdict, check.found.as_str()), (Warn, "2000 steps, out of steps"));
}

#[test]
fn a_gradient_is_to_be_noise() {
    let gradient = |signals: Vec<Signal>| verdict("gradient", |report| report.signals = signals);
    assert_eq!(gradient(vec![signal("mu", 1.0)]), Pass);
    assert_eq!(gradient(vec![signal("mu", 0.1), signal("tau", 1.1)]), Warn);
    assert_eq!(gradient(vec![signal("mu", f64::NAN)]), Warn);
    assert_eq!(gradient(vec![signal("mu", f64::INFINITY)]), Pass);
    assert_eq!(gradient(vec![Signal { variance: 0.0, ..signal("mu", 5.0) }]), Pass);
    // Four times the noise, and 0.4 long.
    assert_eq!(gradient(vec![Signal { variance: 0.01, ..signal("mu", 4.0) }]), Pass);
    assert_eq!(gradient(vec![Signal { variance: 0.01, ..signal("mu", 5.0) }]), Warn);
}

#[test]
fn the_sites_whose_gradient_points_somewhere_are_named() {
    let mut report = bare();
    report.signals = vec![signal("mu", 0.1), signal("tau", 4.0)];
    assert_eq!(
        line(&report, "gradient").found,
        "1 of 2 sites with signal / noise above 1: tau (4.000)"
    );
}

#[test]
fn fits_are_to_agree() {
    let restarts =
        |distance| verdict("restarts", |report| report.agreement = Some(agreement(distance)));
    assert_eq!([0.1, 0.11, 0.5, 0.51, f64::NAN].map(restarts), [Pass, Warn, Warn, Fail, Fail]);
    assert_eq!(line(&passing(), "restarts").found, "3 fits, means 0.050 sd apart at mu");
}
