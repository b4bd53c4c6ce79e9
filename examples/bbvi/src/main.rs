//! Fits counts of photons by score functions, and prints their variance.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::num::NonZeroUsize;
use std::process::ExitCode;

use bbvi::{Row, compare, exact, fit};
use clap::Parser;
use elbo::Place;

/// Fits counts of photons by score functions, and prints the variance of each.
#[derive(Parser)]
struct Args {
    /// The device; in double precision where it has that.
    #[arg(long, default_value = "flex")]
    device: String,
    /// Optimization steps.
    #[arg(long, default_value = "3000")]
    steps: NonZeroUsize,
    /// Estimates of the gradient by each method, at least 2.
    #[arg(long, default_value = "1000")]
    draws: NonZeroUsize,
}

fn main() -> ExitCode {
    match report(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let device = elbo::device(&args.device)?;
    let place = Place::f64(&device).unwrap_or_else(|_| Place::f32(&device));
    println!("method                                variance");
    for Row { name, variance, .. } in compare(&place, args.draws.get())? {
        println!("{name:<37} {variance:.4}");
    }
    let fitted = fit(args.steps.get(), &place)?;
    let [evidence, mean, deviation] = exact();
    let [concentration, rate] = fitted.guide.rate();
    println!("\n{}\n", fitted.sites);
    println!("log evidence {evidence:.3}, bound {:.3}", fitted.bound);
    let (guide_mean, guide_deviation) = (concentration / rate, concentration.sqrt() / rate);
    println!(
        "rate {guide_mean:.3} ± {guide_deviation:.3} by the guide, {mean:.3} ± {deviation:.3} exact"
    );
    Ok(())
}
