//! Fits eight schools in one call and says whether the fit can be trusted.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use elbo::{FitEnd, Place, Progress, Tracing};
use trust::{Options, run};

/// Fits the eight-schools model in one call and says whether the fit can be trusted. Ctrl-C writes a checkpoint, from which the same
/// command goes on.
#[derive(Parser)]
struct Args {
    /// The device: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// Fits at once, each from a start of its own.
    #[arg(long, default_value = "2")]
    restarts: NonZeroUsize,
    /// Fits of simulated data.
    #[arg(long, default_value_t = 100)]
    simulations: usize,
    /// The draws that are written.
    #[arg(long, default_value = "4000")]
    draws: NonZeroUsize,
    /// The seed of all noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The folder for checkpoints, the report and the draws.
    #[arg(long, default_value = "out/trust")]
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

fn fit(args: &Args) -> Result<(), Box<dyn Error>> {
    let options = Options {
        place: Place::f32(&elbo::device(&args.device)?),
        restarts: args.restarts.get(),
        simulations: args.simulations,
        draws: args.draws.get(),
        seed: args.seed,
        out: args.out.clone(),
    };
    let mut observer = (Progress::open_ended(), Tracing);
    let interrupt = elbo::ctrl_c()?;
    let (info, report) = run(&options, interrupt.clone(), &mut observer)?;
    println!("{info}\n\n{report}");
    if interrupt.is_set() {
        let rows = report.calibration.as_ref().and_then(|of| of.rows.first());
        let whole = rows.map_or(0, |row| row.shares.len());
        println!("\ninterrupted after {whole} of {} simulations", args.simulations);
    }
    if info.end != FitEnd::Interrupted {
        println!("\nreport and draws: {}", args.out.display());
    }
    Ok(())
}
