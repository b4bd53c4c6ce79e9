//! Draws to write, and Python to read them.

use std::path::Path;
use std::process::Command;

use elbo_report::{Draws, Group, ReportError, SiteDraws};

use crate::scratch::interpreter;

pub fn site(group: Group, name: &str, shape: &[usize], values: &[f64]) -> SiteDraws {
    SiteDraws { name: name.into(), shape: shape.into(), group, values: values.into() }
}

/// Three draws of a number and of a matrix, replicated data, the data and two draws of the prior.
pub fn draws() -> Draws {
    let theta: Vec<f64> = (0..12).map(|i| f64::from(i) / 4.0).collect();
    let sites = vec![
        site(Group::Posterior, "mu", &[], &[0.5, -1.5, 1e300]),
        site(Group::Posterior, "theta", &[2, 2], &theta),
        site(Group::PosteriorPredictive, "y", &[2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        site(Group::ObservedData, "y", &[2], &[1.25, 2.25]),
        site(Group::ObservedData, "n", &[], &[2.0]),
        site(Group::Prior, "mu", &[], &[10.0, 20.0]),
    ];
    let log_weights = vec![0.25_f64.ln(), 0.25_f64.ln(), 0.5_f64.ln()];
    Draws::new(sites, vec![-1.0, -2.0, -3.0], vec![-1.5, -2.5, f64::NEG_INFINITY], log_weights)
        .unwrap()
}

pub type Write = fn(&Draws, &Path) -> Result<(), ReportError>;

/// The error of a write, without what the system says.
pub fn fault(write: Write, path: &Path) -> String {
    match write(&draws(), path).unwrap_err() {
        ReportError::File { path, .. } => {
            let source = std::io::Error::other("..");
            ReportError::File { path, source }.to_string()
        }
        error => error.to_string(),
    }
}

/// What a Python script prints, if `ELBO_PYTHON` names an interpreter that has the modules.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
pub fn python(modules: &str, script: &str, path: &Path) -> Option<String> {
    let interpreter = interpreter(path)?;
    let run = |script: &str| Command::new(&interpreter).args(["-c", script]).arg(path).output();
    let found = run(&format!("import {modules}")).unwrap();
    if !found.status.success() {
        eprintln!("NOT RUN: {interpreter:?} has not all of {modules}");
        return None;
    }
    let read = run(script).unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    Some(String::from_utf8(read.stdout).unwrap())
}
