//! Times of steps beside those of other systems.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use elbo::prelude::Device;
use serde::{Deserialize, Serialize};

use crate::WORKLOADS;

/// What one system takes for one workload.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Row {
    /// The system.
    pub system: String,
    /// The workload.
    pub workload: String,
    /// Microseconds a step: the best of three runs of many.
    pub us_per_step: f64,
    /// Seconds of the first step.
    pub first_step_s: f64,
    /// The most memory of the process, in megabytes, where that is known.
    pub peak_mb: Option<f64>,
}

/// The name of this system.
const OURS: &str = "elbo";

/// The other systems, in the order of the table's columns.
const PEERS: [&str; 4] = ["numpyro-loop", "numpyro-scan", "pyro", "torch"];

/// The seconds that a run of steps lasts.
const RUN: f64 = 0.5;

/// Times a workload in this process.
///
/// # Panics
/// If there is no workload of this name, or a step ends with an error.
pub fn time(workload: &str, device: &Device) -> Row {
    let mut fit = crate::workload(workload).expect("a workload")(device);
    let first_step_s = fit.seconds(1);
    let each = fit.seconds(10) / 10.0;
    let steps = ((RUN / each) as usize).max(10);
    let best = (0..3).map(|_| fit.seconds(steps)).fold(f64::INFINITY, f64::min);
    Row {
        system: OURS.to_string(),
        workload: workload.to_string(),
        us_per_step: best / steps as f64 * 1e6,
        first_step_s,
        peak_mb: peak_mb(),
    }
}

/// The most memory that this process has had, in megabytes, where Linux tells.
pub fn peak_mb() -> Option<f64> {
    status_mb("VmHWM:")
}

/// The memory that this process has now, in megabytes, where Linux tells.
pub fn resident_mb() -> Option<f64> {
    status_mb("VmRSS:")
}

fn status_mb(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes: f64 = line?.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// The command that times a workload in the other systems.
pub fn peers(python: &Path, workload: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/steps.py")).arg(workload);
    command
}

/// The rows that a command prints, one JSON object a line; what it complains of goes where our complaints go.
///
/// # Errors
/// What went wrong, in words.
pub fn rows_of(command: &mut Command) -> Result<Vec<Row>, String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", output.status));
    }
    let rows = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    rows.map(|row| row.map_err(|error| format!("{command:?}: {error}"))).collect()
}

/// Takes a row in: of several of one system and workload the shortest step, the shortest first step and the largest memory.
pub fn keep(rows: &mut Vec<Row>, row: Row) {
    let same = |known: &&mut Row| known.system == row.system && known.workload == row.workload;
    let Some(known) = rows.iter_mut().find(same) else { return rows.push(row) };
    known.us_per_step = known.us_per_step.min(row.us_per_step);
    known.first_step_s = known.first_step_s.min(row.first_step_s);
    known.peak_mb = known.peak_mb.into_iter().chain(row.peak_mb).reduce(f64::max);
}

/// The rows as JSON, an object a line, each with its step relative to ours.
///
/// # Errors
/// Those of the serializer.
pub fn json(rows: &[Row]) -> serde_json::Result<String> {
    let mut text = String::new();
    for row in rows {
        let mut object = serde_json::to_value(row)?;
        object["ours_to_this"] = ours(rows, &row.workload).map(|us| us / row.us_per_step).into();
        text.push_str(&serde_json::to_string(&object)?);
        text.push('\n');
    }
    Ok(text)
}

/// Our microseconds a step.
fn ours(rows: &[Row], workload: &str) -> Option<f64> {
    let ours = rows.iter().find(|row| row.workload == workload && row.system == OURS);
    ours.map(|row| row.us_per_step)
}

/// The rows as Markdown: our times, the ratios to the others', and what the first step and the memory come to.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from("| workload | elbo, us |");
    let column = |text: &mut String, name: &str| {
        let _ = write!(text, " {name}, us (ratio) |");
    };
    PEERS.iter().for_each(|peer| column(&mut text, peer));
    text.push_str(" first step, ms: elbo / NumPyro | memory, MB: elbo / NumPyro |\n|---|---|");
    text.push_str(&"---|".repeat(PEERS.len() + 2));
    text.push('\n');
    for (workload, _) in WORKLOADS {
        let of =
            |system: &str| rows.iter().find(|row| row.workload == workload && row.system == system);
        let Some(ours) = of(OURS) else { continue };
        let _ = write!(text, "| {workload} | {} |", digits(ours.us_per_step));
        for peer in PEERS {
            let _ = match of(peer) {
                None => write!(text, " |"),
                Some(row) => {
                    let ratio = ours.us_per_step / row.us_per_step;
                    write!(text, " {} ({ratio:.2}) |", digits(row.us_per_step))
                }
            };
        }
        let numpyro = of(PEERS[0]);
        let beside = |own: Option<f64>, other: Option<f64>, decimals: usize| {
            let told = |x: Option<f64>| x.map_or("-".to_string(), |x| format!("{x:.decimals$}"));
            format!("{} / {}", told(own), told(other))
        };
        let [own, theirs] = [Some(ours), numpyro].map(|row| row.map(|row| row.first_step_s * 1e3));
        let first = beside(own, theirs, 1);
        let memory = beside(ours.peak_mb, numpyro.and_then(|row| row.peak_mb), 0);
        let _ = writeln!(text, " {first} | {memory} |");
    }
    text
}

/// A number of microseconds with three digits or more.
fn digits(us: f64) -> String {
    if us < 100.0 { format!("{us:.1}") } else { format!("{us:.0}") }
}

/// Makes a Python environment with the systems in `folder`, as `requirements` pins them.
///
/// # Errors
/// What went wrong, in words.
pub fn make_python(folder: &Path, requirements: &Path) -> Result<(), String> {
    let run = |command: &mut Command| {
        let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let install = ["-m", "pip", "install", "--quiet", "--requirement"];
    run(Command::new(folder.join("bin/python")).args(install).arg(requirements))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(system: &str, us_per_step: f64, peak_mb: Option<f64>) -> Row {
        let [system, workload] = [system, "radon/S1"].map(String::from);
        Row { system, workload, us_per_step, first_step_s: us_per_step / 1e4, peak_mb }
    }

    #[test]
    fn the_best_runs_of_a_system_are_kept_with_their_ratios() {
        let mut rows = Vec::new();
        let runs = [("elbo", 20.0), ("pyro", 30.0), ("elbo", 10.0), ("elbo", 15.0)];
        for (memory, (system, us)) in (1..).zip(runs) {
            keep(&mut rows, row(system, us, Some(f64::from(memory))));
        }
        assert_eq!(rows, [row("elbo", 10.0, Some(4.0)), row("pyro", 30.0, Some(2.0))]);
        let lines = json(&rows).unwrap();
        let pyro = lines.lines().nth(1).unwrap();
        assert!(pyro.contains(r#""ours_to_this":0.333"#), "{pyro}");
    }

    #[test]
    fn a_table_has_a_ratio_a_system_and_blanks_for_what_is_not_known() {
        let rows = [row("elbo", 120.0, Some(16.4)), row("numpyro-loop", 60.0, Some(520.0))];
        let table = markdown(&rows);
        let [_, _, line] = table.lines().collect::<Vec<_>>()[..] else { panic!("{table}") };
        let expected = "| radon/S1 | 120 | 60.0 (2.00) | | | | 12.0 / 6.0 | 16 / 520 |";
        assert_eq!(line, expected);
        let alone = markdown(&[row("elbo", 120.0, None)]);
        assert!(alone.ends_with("| radon/S1 | 120 | | | | | 12.0 / - | - / - |\n"), "{alone}");
    }
}
