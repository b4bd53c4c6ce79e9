//! Reports by hand.

use elbo_report::{
    Agreement, Bound, Calibrated, Calibration, Check, Course, Importance, LocalImportance,
    NumberRow, Predicted, Reference, ReferenceRow, Report, Sample, Signal, Statistic,
};

/// A report of which every line passes.
pub fn passing() -> Report {
    let mut report = Report::new("Eight schools", precise(), weights(0.2, 700.0));
    report.course = Some(course());
    report.local = vec![local(vec![0.1, 0.2, -0.3], vec![700.0; 3])];
    report.numbers = vec![number("mu"), number("theta[0]")];
    report.signals = vec![signal("mu", 0.3)];
    report.agreement = Some(agreement(0.05));
    report.predicted = vec![predicted(50.0)];
    report.calibration = Some(calibrated(even()));
    report.reference = Some(reference());
    report.samples = vec![sample("mu", 1.0), sample("theta[0]", 3.0)];
    report
}

/// A report of what is always there.
pub fn bare() -> Report {
    Report::new("Eight schools", precise(), weights(0.2, 700.0))
}

pub fn precise() -> Bound {
    Bound { mean: -31.2, standard_error: 0.02 }
}

pub fn weights(k_hat: f64, effective_size: f64) -> Importance {
    Importance { draws: 1000, k_hat, effective_size, divergence: 0.4 }
}

pub fn local(k_hats: Vec<f64>, effective_sizes: Vec<f64>) -> LocalImportance {
    LocalImportance { plate: "schools".into(), draws: 1000, k_hats, effective_sizes }
}

pub fn course() -> Course {
    let bounds = (0..200).map(|i| short(-31.0 - 100.0 / (1.0 + f64::from(i)))).collect();
    let (end, levels) = ("settled".into(), vec![(0, 0.1), (1200, 0.01)]);
    Course { has_settled: true, end, steps: 2000, every: 10, bounds, levels }
}

/// Mean 4, standard deviation 2.
pub fn number(name: &str) -> NumberRow {
    let (mean, sd, mcse) = (4.0, 2.0, 0.06);
    let (corrected_mean, corrected_sd) = (4.05, 2.1);
    let [q05, median, q95] = [0.7, 4.0, 7.3];
    let name = name.to_string();
    NumberRow { name, mean, sd, mcse, q05, median, q95, corrected_mean, corrected_sd }
}

pub fn signal(site: &str, signal_to_noise: f64) -> Signal {
    Signal { site: site.into(), variance: 2.0, signal_to_noise }
}

pub fn agreement(distance: f64) -> Agreement {
    Agreement { bounds: vec![precise(); 3], distance, least: "mu".into() }
}

/// The statistics 0, 1, …, 99 of replicated data.
pub fn predicted(observed: f64) -> Predicted {
    let replicated = (0..100).map(f64::from).collect();
    Predicted { site: "y".into(), statistic: Statistic::Mean, observed, replicated }
}

pub fn calibrated(shares: Vec<f64>) -> Calibration {
    Calibration { rows: vec![Calibrated { name: "mu".into(), shares }], unsettled: 0 }
}

/// The middles of forty equal parts.
pub fn even() -> Vec<f64> {
    (0..40).map(|i| (f64::from(i) + 0.5) / 40.0).collect()
}

/// The numbers of [`passing`], by a sampler.
pub fn reference() -> Reference {
    let row = |name: &str| ReferenceRow { name: name.into(), mean: 4.0, sd: 2.0, r_hat: 1.001 };
    let (sampler, rows) = ("NUTS".to_string(), vec![row("mu"), row("theta[0]")]);
    Reference { sampler, chains: 4, draws: 500, divergences: 0, rows, fault: None }
}

/// A number of few digits, which `serde_json` reads as it was written.
fn short(number: f64) -> f64 {
    (number * 256.0).round() / 256.0
}

pub fn sample(name: &str, scale: f64) -> Sample {
    let angles = |phase: f64| (0..400).map(move |i| f64::from(i) * 0.7 + phase);
    let wave = |phase| angles(phase).map(|angle| short(scale * angle.sin()));
    let (posterior, reference) = (wave(0.0).collect(), wave(1.0).collect());
    let prior = wave(0.3).map(|x| 3.0 * x).collect();
    Sample { name: name.into(), posterior, prior, reference }
}

/// The line of a report that has this name.
pub fn line(report: &Report, name: &str) -> Check {
    let checks = report.checks().into_iter().chain(report.model_checks());
    let mut found = checks.filter(|check| check.name == name);
    found.next().unwrap_or_else(|| panic!("no line {name}"))
}
