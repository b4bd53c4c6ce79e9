//! Fits eight schools and prints the posterior.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use eight_schools::{Options, run};

/// Fits the eight-schools model by mean-field variational inference.
#[derive(Parser)]
struct Args {
    /// The device: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// Optimization steps.
    #[arg(long, default_value = "5000")]
    steps: NonZeroUsize,
    /// Particles a step.
    #[arg(long, default_value = "10")]
    particles: NonZeroUsize,
    /// The seed of all noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write elbo.svg and graph.mmd.
    #[arg(long, default_value = "out/eight-schools")]
    out: PathBuf,
}

fn main() -> ExitCode {
    match fit(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fit(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let options = Options {
        device: elbo::device(&args.device)?,
        steps: args.steps.get(),
        particles: args.particles.get(),
        seed: args.seed,
    };
    let writable = std::fs::create_dir_all(&args.out);
    writable.map_err(|error| format!("{} cannot be made: {error}", args.out.display()))?;
    let fit = run(&options, &mut elbo::Progress::new(options.steps))?;
    println!("{}\n\n{}\n", fit.layout, fit.summary);
    println!("ELBO {:.3} (standard error {:.3})", fit.bound.mean, fit.bound.standard_error);
    elbo::plots::bound_curve(&args.out.join("elbo.svg"), &fit.run.bounds)?;
    std::fs::write(args.out.join("graph.mmd"), fit.graph.to_mermaid())?;
    println!("pictures: {}", args.out.display());
    Ok(())
}
