//! Fits eight schools and prints the posterior.
#![allow(clippy::print_stdout, reason = "a program's output")]

use std::path::PathBuf;

use clap::Parser;
use eight_schools::{Options, run};

/// Fits the eight-schools model by mean-field variational inference.
#[derive(Parser)]
struct Args {
    /// The device: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// Optimization steps.
    #[arg(long, default_value_t = 5000)]
    steps: usize,
    /// Particles a step.
    #[arg(long, default_value_t = 10)]
    particles: usize,
    /// The seed of all noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write elbo.svg and graph.mmd.
    #[arg(long, default_value = "out/eight-schools")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let options = Options {
        device: elbo::device(&args.device)?,
        steps: args.steps,
        particles: args.particles,
        seed: args.seed,
    };
    let fit = run(&options, &mut elbo::Progress::new(args.steps))?;
    println!("{}\n\n{}\n", fit.layout, fit.summary);
    println!("ELBO {:.3} (standard error {:.3})", fit.bound.mean, fit.bound.standard_error);
    std::fs::create_dir_all(&args.out)?;
    elbo::plots::bound_curve(&args.out.join("elbo.svg"), &fit.run.bounds)?;
    std::fs::write(args.out.join("graph.mmd"), fit.layout.to_mermaid())?;
    println!("pictures: {}", args.out.display());
    Ok(())
}
