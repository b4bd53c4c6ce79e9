//! Times a step of every workload here and, where there is a Python that has them, in NumPyro, Pyro and PyTorch.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its result")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use benches::WORKLOADS;
use benches::compare::{Row, json, keep, make_python, markdown, peers, rows_of, time};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Times a step here and in other systems, in turn, and prints the ratios.
#[derive(Parser)]
struct Arguments {
    /// A Python that has the packages of `benches/peers/requirements.txt`; without one the other systems are left out.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Makes a Python environment with these packages in this folder, and takes it.
    #[arg(long, conflicts_with = "python")]
    make_python: Option<PathBuf>,
    /// Only workloads whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
    /// How often each system runs, in turn with the others; its best run counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// The device.
    #[arg(long, default_value = "flex")]
    device: String,
    /// A file for the rows, one JSON object a line.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A file for the table.
    #[arg(long)]
    markdown: Option<PathBuf>,
    /// Times one workload in this process, and prints its row.
    #[arg(long, hide = true)]
    one: Option<String>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(workload) = &arguments.one {
        let row = time(workload, &elbo::device(&arguments.device)?);
        println!("{}", serde_json::to_string(&row)?);
        return Ok(());
    }
    let rows = rows(arguments, python(arguments)?.as_deref())?;
    let table = markdown(&rows);
    println!("{table}");
    for (file, text) in [(&arguments.out, json(&rows)?), (&arguments.markdown, table)] {
        if let Some(file) = file {
            std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(())
}

/// The Python that has the other systems, which is made if that is asked for.
fn python(arguments: &Arguments) -> Result<Option<PathBuf>, String> {
    if let Some(folder) = &arguments.make_python {
        let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/requirements.txt");
        make_python(folder, Path::new(requirements))?;
        return Ok(Some(folder.join("bin/python")));
    }
    if arguments.python.is_none() {
        eprintln!("NumPyro, Pyro and PyTorch are SKIPPED: give --python or --make-python");
    }
    Ok(arguments.python.clone())
}

/// The best run of each system for each workload.
fn rows(
    arguments: &Arguments,
    python: Option<&Path>,
) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let own = std::env::current_exe()?;
    let mut rows = Vec::new();
    let mut take = |found: Vec<Row>| {
        for row in found {
            eprintln!("{} {}: {:.1} us", row.workload, row.system, row.us_per_step);
            keep(&mut rows, row);
        }
    };
    for (workload, _) in WORKLOADS.iter().filter(|(name, _)| name.contains(&arguments.only)) {
        for _ in 0..arguments.rounds {
            let mut ours = Command::new(&own);
            ours.args(["--device", &arguments.device, "--one", workload]);
            take(rows_of(&mut ours)?);
            match python.map(|python| rows_of(&mut peers(python, workload))) {
                Some(Ok(found)) => take(found),
                Some(Err(error)) => eprintln!("SKIPPED: {error}"),
                None => (),
            }
        }
    }
    if rows.is_empty() {
        let names: Vec<_> = WORKLOADS.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "no workload has {:?} in its name; there are {}",
            arguments.only,
            names.join(", ")
        )
        .into());
    }
    Ok(rows)
}
