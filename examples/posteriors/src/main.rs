//! Fits every posterior by every guide with one set of defaults and prints how far they are from the published moments.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its result")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use elbo::Place;
use posteriors::{Fit, KINDS, Row, Settings, markdown, names, read, report};

/// Fits posteriors whose moments are published.
#[derive(Parser)]
struct Arguments {
    /// The folder that holds `posteriordb` and `inference_gym`.
    #[arg(long)]
    data: PathBuf,
    /// Only posteriors whose names contain one of these.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only these guides.
    #[arg(long, value_delimiter = ',')]
    guides: Vec<String>,
    /// The steps of the normals.
    #[arg(long, default_value_t = Settings::default().steps)]
    steps: usize,
    /// The steps of the flow.
    #[arg(long, default_value_t = Settings::default().flow_steps)]
    flow_steps: usize,
    /// The draws of a step.
    #[arg(long, default_value_t = Settings::default().particles)]
    particles: usize,
    /// The learning rate of the first step of the normals.
    #[arg(long, default_value_t = Settings::default().learning_rate)]
    learning_rate: f64,
    /// The learning rate of the first step of the flow.
    #[arg(long, default_value_t = Settings::default().flow_learning_rate)]
    flow_learning_rate: f64,
    /// The seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A file for the rows, one JSON object a line.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A file for the rows as Markdown, a table a guide.
    #[arg(long)]
    markdown: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether `name` contains one of the parts, or there are none.
fn is_wanted(name: &str, parts: &[String]) -> bool {
    parts.is_empty() || parts.iter().any(|part| name.contains(part))
}

/// Refuses a part that no name contains.
fn check(parts: &[String], names: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    match parts.iter().find(|part| !names.iter().any(|name| name.contains(*part))) {
        None => Ok(()),
        Some(part) => {
            Err(format!("nothing is named \"{part}\"; there are {}", names.join(", ")).into())
        }
    }
}

/// Makes a file; the error names it.
fn create(file: &Path) -> Result<File, Box<dyn std::error::Error>> {
    File::create(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    check(&arguments.only, names())?;
    check(&arguments.guides, &KINDS.map(|(guide, _)| guide))?;
    let place = Place::f64(&elbo::device("flex")?)?;
    let settings = Settings {
        steps: arguments.steps,
        flow_steps: arguments.flow_steps,
        particles: arguments.particles,
        learning_rate: arguments.learning_rate,
        flow_learning_rate: arguments.flow_learning_rate,
        seed: arguments.seed,
        ..Settings::default()
    };
    let mut out = arguments.out.as_deref().map(create).transpose()?;
    let mut table = arguments.markdown.as_deref().map(create).transpose()?;
    let mut rows: Vec<Row> = Vec::new();
    for name in names().iter().filter(|name| is_wanted(name, &arguments.only)) {
        let published = read(name, &arguments.data, &place)?;
        for (guide, kind) in KINDS.iter().filter(|(guide, _)| is_wanted(guide, &arguments.guides)) {
            let fit = Fit { kind: *kind, settings: settings.clone(), place: place.clone() };
            let row = fit.row(&published);
            eprintln!("{name} {guide}: {:.1} s", row.seconds);
            if let Some(out) = &mut out {
                writeln!(out, "{}", row.to_json())?;
            }
            rows.push(row);
        }
    }
    if let Some(table) = &mut table {
        table.write_all(markdown(&rows).as_bytes())?;
    }
    println!("{}", report(&rows));
    Ok(())
}
