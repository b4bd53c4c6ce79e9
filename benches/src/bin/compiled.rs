//! Times steps of compiled densities beside the eager ones, in turns in one process, and beside NumPyro.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its result")]

use std::num::NonZeroUsize;
use std::path::PathBuf;

use benches::compare::{peers, rows_of};
use benches::{COMPILED, Fit};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Times a step eager and compiled, in turns, and in NumPyro before and after.
#[derive(Parser)]
struct Arguments {
    /// A Python that has NumPyro; without one it is left out.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Only workloads whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
    /// The turns.
    #[arg(long, default_value = "15")]
    turns: NonZeroUsize,
    /// The seconds of a turn.
    #[arg(long, default_value_t = 0.1)]
    seconds: f64,
}

fn main() {
    let arguments = Arguments::parse();
    if arguments.python.is_none() {
        eprintln!("NumPyro is SKIPPED: give --python");
    }
    let device = elbo::device("flex").expect("flex is compiled in");
    println!(
        "| workload | eager, us | compiled, us | ratio | numpyro-loop, us | numpyro-scan, us |"
    );
    println!("|---|---|---|---|---|---|");
    let chosen = COMPILED.into_iter().filter(|(name, _)| name.contains(&arguments.only));
    for (name, compiled) in chosen {
        let eager = benches::workload(name).expect("a workload");
        let before = numpyro(&arguments, name);
        let mut fits = [eager(&device), compiled(&device)];
        let counts =
            fits.each_mut().map(|fit| (arguments.seconds / (time(fit, 100) * 1e-6)) as usize);
        let mut times = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        for _ in 0..arguments.turns.get() {
            let [eager, compiled] =
                [0, 1].map(|which| time(&mut fits[which], counts[which].max(1)));
            times[0].push(eager);
            times[1].push(compiled);
            ratios.push(eager / compiled);
        }
        let [eager, compiled] = times.map(median);
        let ratio = median(ratios);
        let after = numpyro(&arguments, name);
        let [in_loop, in_scan] = [0, 1].map(|which| {
            let best = before[which].into_iter().chain(after[which]).reduce(f64::min);
            best.map_or(String::new(), |us| format!("{us:.1} "))
        });
        println!("| {name} | {eager:.1} | {compiled:.2} | {ratio:.1} | {in_loop}| {in_scan}|");
    }
}

/// Microseconds a step, over so many.
fn time(fit: &mut Fit, steps: usize) -> f64 {
    fit.seconds(steps) / steps as f64 * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Microseconds a step of NumPyro's loop and scan, where there is a Python that has it.
fn numpyro(arguments: &Arguments, workload: &str) -> [Option<f64>; 2] {
    let Some(python) = &arguments.python else { return [None; 2] };
    let rows = rows_of(peers(python, workload).arg("numpyro")).unwrap_or_else(|error| {
        eprintln!("SKIPPED: {error}");
        Vec::new()
    });
    ["numpyro-loop", "numpyro-scan"].map(|system| {
        let row = rows.iter().find(|row| row.system == system);
        row.map(|row| row.us_per_step)
    })
}
