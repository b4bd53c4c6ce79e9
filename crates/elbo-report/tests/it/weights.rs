//! The lines about importance weights.

use elbo_report::Importance;
use elbo_report::Verdict::{self, Fail, Pass, Warn};

use crate::hand_made::{bare, line, local, number, weights};

fn k_hat(k_hat: f64, effective_size: f64) -> Verdict {
    let mut report = bare();
    report.importance = weights(k_hat, effective_size);
    line(&report, "k-hat").verdict
}

#[test]
fn the_tail_of_the_weights_is_to_be_light() {
    let k_hats = [f64::NEG_INFINITY, 0.7, 0.71, 1.0, 1.01, f64::INFINITY, f64::NAN];
    let verdicts = [Pass, Pass, Warn, Warn, Fail, Fail, Fail];
    assert_eq!(k_hats.map(|shape| k_hat(shape, 500.0)), verdicts);
}

#[test]
fn weights_that_hardly_vary_have_no_tail_to_speak_of() {
    assert_eq!(k_hat(1.5, 780.0), Pass);
    assert_eq!(k_hat(1.5, 779.0), Fail);
    assert_eq!(k_hat(f64::NAN, f64::NAN), Fail);
}

#[test]
fn no_draws_pass_nothing() {
    let mut report = bare();
    (report.importance.draws, report.importance.effective_size) = (0, 0.0);
    report.importance.k_hat = f64::INFINITY;
    assert_eq!(line(&report, "k-hat").verdict, Fail);
    assert_eq!(line(&report, "effective sample size").verdict, Fail);
}

/// A single draw has all the weight, whatever the guide is.
#[test]
fn too_few_draws_for_a_tail_ask_for_more_draws() {
    let check = |draws: usize, k_hat: f64| {
        let mut report = bare();
        report.importance = Importance { draws, ..weights(k_hat, draws as f64) };
        line(&report, "k-hat")
    };
    let more = "Fewer than 25 draws have no tail to judge, so nothing is known of the guide: draw more \
                (ReportConfig::with_draws).";
    for draws in [1, 24] {
        let check = check(draws, f64::NAN);
        assert_eq!((check.verdict, check.advice.as_str()), (Fail, more));
    }
    assert_eq!(check(25, f64::NEG_INFINITY).verdict, Pass);
    // Draws without a density are the guide's fault, however few.
    let outside = check(24, f64::INFINITY);
    assert_eq!(outside.verdict, Fail);
    assert!(outside.advice.contains("richer family"), "{}", outside.advice);
}

#[test]
fn enough_draws_are_to_carry_the_weight() {
    let size = |effective_size| {
        let mut report = bare();
        report.importance.effective_size = effective_size;
        line(&report, "effective sample size").verdict
    };
    assert_eq!([100.0, 99.0, 10.0, 9.0, f64::NAN].map(size), [Pass, Warn, Warn, Fail, Fail]);
    assert_eq!(line(&bare(), "effective sample size").found, "700 of 1000 draws (70%)");
}

#[test]
fn few_elements_of_a_plate_may_have_heavy_tails() {
    let heavy = |count: usize| {
        let k_hats = (0..100).map(|i| if i < count { 0.9 } else { 0.1 }).collect();
        let mut report = bare();
        report.local = vec![local(k_hats, vec![300.0; 100])];
        line(&report, "local k-hat schools").verdict
    };
    assert_eq!([0, 5, 6, 50, 51].map(heavy), [Pass, Pass, Warn, Warn, Fail]);
}

#[test]
fn the_worst_element_is_named_and_nearly_exact_ones_are_left_out() {
    let k_hats = vec![0.1, f64::INFINITY, 0.8, 1.4, f64::NEG_INFINITY];
    let mut report = bare();
    report.local = vec![local(k_hats, vec![300.0, 950.0, 300.0, 300.0, 300.0])];
    let check = line(&report, "local k-hat schools");
    assert_eq!(check.found, "2 of 5 elements above 0.7, the worst 1.400 of element 3");
    report.local = vec![local(vec![0.9, f64::NAN], vec![])];
    let check = line(&report, "local k-hat schools");
    assert_eq!(check.verdict, Fail);
    assert_eq!(check.found, "2 of 2 elements above 0.7, the worst NaN of element 1");
    report.local = vec![local(vec![], vec![])];
    assert_eq!(report.checks().len(), 3);
}

/// With 1000 draws worth 500, the standard error of a shift is `√(1/500 - 1/1000) = 0.0316` standard deviations, and 0.095
/// are taken off.
#[test]
fn the_weights_are_to_move_no_mean_beyond_noise() {
    let shift = |shift: f64| {
        let mut report = bare();
        report.importance.effective_size = 500.0;
        let (mut moved, mut constant) = (number("mu"), number("c"));
        moved.corrected_mean = moved.mean - shift * moved.sd;
        (constant.sd, constant.corrected_mean) = (0.0, f64::NAN);
        report.numbers = vec![number("tau"), moved, constant];
        line(&report, "importance shift")
    };
    let verdicts = [0.19, 0.2, 0.59, 0.6, f64::NAN].map(|size| shift(size).verdict);
    assert_eq!(verdicts, [Pass, Warn, Warn, Fail, Fail]);
    assert_eq!(shift(0.2).found, "0.200 sd at mu, standard error 0.032");
}

#[test]
fn constants_alone_have_no_shift() {
    let mut report = bare();
    report.numbers = vec![number("c")];
    report.numbers[0].sd = 0.0;
    assert_eq!(report.checks().len(), 3);
}
