//! The whole of it, in a folder of its own.
#![allow(missing_docs, reason = "tests are named as sentences")]

use std::fs;
use std::path::Path;
use std::process::Command;

use elbo::{FitEnd, Interrupt, Place, Report, Verdict};
use trust::{Options, run};

/// By the sampler in the same report, and by a published run (posteriordb: 10 chains of 1,000 draws), tau has the mean 3.6. A normal on the real
/// line misses its tail, and the report says so; means are within a quarter of a deviation.
#[test]
fn the_report_of_eight_schools_says_what_is_wrong_with_its_normal() {
    let out = std::env::temp_dir().join(format!("elbo-trust-{}", std::process::id()));
    let place = Place::f32(&elbo::device("flex").unwrap());
    let options =
        Options { place, restarts: 2, simulations: 2, draws: 200, seed: 0, out: out.clone() };
    let (info, report) = run(&options, Interrupt::default(), &mut ()).unwrap();
    assert!(info.has_settled(), "{info}");
    assert_eq!(report.verdict(), Verdict::Warn, "{report}");
    let shifted = report.checks().into_iter().find(|check| check.name == "importance shift");
    assert!(shifted.unwrap().found.contains("tau"), "{report}");
    let reference = report.reference.clone().unwrap();
    assert_eq!(reference.rows.len(), 18); // mu, tau, z and theta
    for row in &reference.rows {
        let number = report.numbers.iter().find(|number| number.name == row.name).unwrap();
        assert!((number.mean - row.mean).abs() < 0.25 * row.sd, "{row:?} {number:?}");
        assert!(row.r_hat < 1.05, "{row:?}");
    }
    assert_eq!(report.calibration.as_ref().unwrap().rows[0].shares.len(), 2);
    let text = fs::read_to_string(out.join("report.json")).unwrap();
    let read: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(read.verdict(), report.verdict());
    // The trace, four statistics, pairs and twelve marginals, at the least.
    open_in_a_browser(&out.join("report.html"), 20);
    assert!(out.join("draws.parquet").is_file() && out.join("draws.zarr/zarr.json").is_file());
    // A fit that has ended is not taken again: the same command gives the same report.
    let (again, _) =
        run(&Options { simulations: 0, ..options }, Interrupt::default(), &mut ()).unwrap();
    assert_eq!(again, info);
    fs::remove_dir_all(out).unwrap();
}

/// Opens a page with so many pictures, where `ELBO_PYTHON` has Playwright and a browser for it.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
fn open_in_a_browser(page: &Path, pictures: usize) {
    let Some(python) = std::env::var_os("ELBO_PYTHON") else {
        eprintln!("NOT RUN: ELBO_PYTHON names no interpreter that could open {page:?}");
        return;
    };
    let script = Path::new("../../crates/elbo-report/tests/open_page.py");
    let opened =
        Command::new(python).arg(script).arg(page).arg(pictures.to_string()).output().unwrap();
    match opened.status.code() {
        Some(0) => {}
        Some(77) => eprintln!("NOT RUN: there is no Playwright, or no browser, to open {page:?}"),
        _ => panic!("{}", String::from_utf8_lossy(&opened.stdout)),
    }
}

/// There is neither a run of a sampler nor a fit of simulated data, and nothing but the checkpoint is written.
#[test]
fn a_fit_that_is_interrupted_is_done_with_what_there_is() {
    let out = std::env::temp_dir().join(format!("elbo-trust-interrupted-{}", std::process::id()));
    let place = Place::f32(&elbo::device("flex").unwrap());
    let options =
        Options { place, restarts: 2, simulations: 100, draws: 200, seed: 0, out: out.clone() };
    let interrupt = Interrupt::default();
    interrupt.set();
    let (info, report) = run(&options, interrupt, &mut ()).unwrap();
    assert_eq!((info.end, info.steps), (FitEnd::Interrupted, 0));
    assert!(report.reference.is_none() && report.calibration.is_none());
    let written: Vec<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(written, ["checkpoints"]);
    fs::remove_dir_all(out).unwrap();
}
