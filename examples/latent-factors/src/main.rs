//! Compares gradient estimators on a model of which all states are told, and fits it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::Parser;
use elbo::Place;
use latent_factors::{Amortizing, DOCUMENT, Own, Row, START, compare, documents, exact, fit};

/// Fits a latent factor model of documents, and prints the variance of each gradient estimator.
#[derive(Parser)]
struct Args {
    /// The device; in double precision where it has that.
    #[arg(long, default_value = "flex")]
    device: String,
    /// Optimization steps.
    #[arg(long, default_value = "2000")]
    steps: NonZeroUsize,
    /// Estimates of the gradient by each method, at least 2.
    #[arg(long, default_value = "4000")]
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
    println!("method                 variance   mean of the gradient");
    for Row { name, mean, variance, .. } in compare(&place, args.draws.get())? {
        let mean: Vec<_> = mean.iter().map(|x| format!("{x:8.4}")).collect();
        println!("{name:<22} {variance:<10.4} {}", mean.join(" "));
    }
    let known = exact(&DOCUMENT);
    let (bound, own) =
        fit(Own::new(START, &place), &[DOCUMENT.to_vec()], args.steps.get(), &place)?;
    let logits: Vec<f64> = own.logits.val().into_data().iter().collect();
    println!("\nlog evidence {:.4}, bound of independent factors {bound:.4}", known.evidence);
    for (j, (logit, exact)) in logits.iter().zip(known.marginals).enumerate() {
        println!(
            "factor {j}: {:.3} by the guide, {exact:.3} exact",
            (1.0 + (-logit).exp()).recip()
        );
    }
    let many = documents(200, &elbo::Noise::new(5, &place));
    let evidence: f64 = many.iter().map(|document| exact(document).evidence).sum();
    let (bound, _) = fit(Amortizing::new(&place), &many, args.steps.get(), &place)?;
    println!(
        "\n200 documents: log evidence {evidence:.2}, bound of the amortized guide {bound:.2}"
    );
    Ok(())
}
