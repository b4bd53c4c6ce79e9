//! Prints the memory of a fit on its way.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::process::ExitCode;

use benches::compare::resident_mb;
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Prints the resident memory of a fit after 1,000 steps and after ten times as many, again and again.
#[derive(Parser)]
struct Arguments {
    /// The device.
    #[arg(long, default_value = "flex")]
    device: String,
    /// The workload.
    #[arg(long, default_value = "eight_schools/S1")]
    workload: String,
    /// The steps.
    #[arg(long, default_value_t = 100_000)]
    steps: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let device = elbo::device(&arguments.device)?;
    let mut fit = benches::workload(&arguments.workload)?(&device);
    let mut next = 1000;
    for step in 1..=arguments.steps {
        fit.step();
        if step == next || step == arguments.steps {
            let resident = resident_mb().ok_or("the memory of a process is told by Linux only")?;
            println!("{step} steps: {resident:.1} MB");
            next *= 10;
        }
    }
    Ok(())
}
