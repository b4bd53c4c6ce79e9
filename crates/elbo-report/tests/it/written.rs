//! Reports as JSON and as text.

use elbo_report::{Check, Report, Verdict};

use crate::hand_made::{bare, passing, weights};

#[test]
fn json_keeps_every_number() {
    let mut report = passing();
    report.importance.k_hat = f64::INFINITY;
    report.local[0].k_hats[1] = f64::NEG_INFINITY;
    report.course.as_mut().unwrap().bounds[0] = f64::NEG_INFINITY;
    let text = serde_json::to_string(&report).unwrap();
    assert!(serde_json::from_str::<Report>(&text).unwrap() == report, "{text}");
}

#[test]
fn json_keeps_what_is_not_a_number() {
    let mut report = bare();
    report.bound.mean = f64::NAN;
    let text = serde_json::to_string(&report).unwrap();
    assert!(serde_json::from_str::<Report>(&text).unwrap().bound.mean.is_nan());
}

#[test]
fn checks_are_data_too() {
    let text = serde_json::to_string(&bare().checks()[0]).unwrap();
    let expected =
        r#"{"name":"bound","verdict":"pass","found":"-31.200 ± 0.020 nats","advice":""}"#;
    assert_eq!(text, expected);
    let check: Check = serde_json::from_str(&text).unwrap();
    assert_eq!(check.verdict, Verdict::Pass);
}

#[test]
fn a_report_prints_its_verdict_lines_advice_and_numbers() {
    let mut report = passing();
    report.importance = weights(0.8, 400.0);
    let text = report.to_string();
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    assert_eq!(lines[0], "Eight schools: warn");
    assert!(lines[2].starts_with(" check                  verdict  found"), "{text}");
    assert!(text.contains(" k-hat                  warn     0.800 of 1000 draws"), "{text}");
    assert!(text.contains("\n k-hat: The guide misses part of the posterior."), "{text}");
    assert!(text.contains(" y mean  pass     observed 50.000"), "{text}");
    let heads = " number    mean   sd     mcse   5%     50%    95%    corrected mean  corrected sd";
    assert!(lines.contains(&heads), "{text}");
    assert!(!text.contains("restarts:"), "{text}");
}

#[test]
fn a_bare_report_prints_no_empty_tables() {
    assert_eq!(bare().to_string().lines().count(), 6, "{}", bare());
}
