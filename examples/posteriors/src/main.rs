//! Fits every posterior by every guide with one set of defaults and prints how far they are from the published moments.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its result")]

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
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
    let mut out = arguments.out.map(File::create).transpose()?;
    let wanted =
        |name: &str, of: &[String]| of.is_empty() || of.iter().any(|part| name.contains(part));
    let mut rows: Vec<Row> = Vec::new();
    for name in names().iter().filter(|name| wanted(name, &arguments.only)) {
        let published = read(name, &arguments.data, &place)?;
        for (guide, kind) in KINDS.iter().filter(|(guide, _)| wanted(guide, &arguments.guides)) {
            let fit = Fit { kind: *kind, settings: settings.clone(), place: place.clone() };
            let row = fit.row(&published);
            eprintln!("{name} {guide}: {:.1} s", row.seconds);
            if let Some(out) = &mut out {
                writeln!(out, "{}", row.to_json())?;
            }
            rows.push(row);
        }
    }
    if let Some(file) = arguments.markdown {
        std::fs::write(file, markdown(&rows))?;
    }
    println!("{}", report(&rows));
    Ok(())
}
