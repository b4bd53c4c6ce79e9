//! How often the rule that stops a fit is wrong, and how late it is, on synthetic traces.
#![allow(clippy::print_stdout, reason = "a program that prints its result")]

use std::path::PathBuf;

use clap::Parser;
use elbo::{StopReason, StopRule};
use elbo_testkit::{BoundTrace, TraceKind};

/// Runs the rule on traces of each kind.
#[derive(Parser)]
struct Arguments {
    /// The traces of each kind, by the seeds from 0 on.
    #[arg(long, default_value_t = 5000)]
    traces: u64,
    /// Writes the traces that are shipped with the tests to this file, and does nothing else.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> std::io::Result<()> {
    let Arguments { traces, write } = Arguments::parse();
    if let Some(file) = write {
        return std::fs::write(file, elbo_testkit::traces_as_json());
    }
    println!(
        "| traces | number | stopped too soon | delay, median | delay, 90% | called falling | never stopped |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut all = Tally::default();
    for kind in TraceKind::ALL {
        let mut tally = Tally::default();
        for seed in 0..traces {
            tally.add(&BoundTrace::new(kind, seed));
        }
        tally.print(&format!("{kind:?}"));
        all.merge(tally);
    }
    all.print("all");
    Ok(())
}

/// What the rule made of some traces.
#[derive(Default)]
struct Tally {
    number: usize,
    too_soon: usize,
    falling: usize,
    never: usize,
    delays: Vec<usize>,
}

impl Tally {
    fn add(&mut self, trace: &BoundTrace) {
        let mut rule = StopRule::new();
        let looks = (1..).zip(&trace.bounds);
        let mut stops =
            looks.filter_map(|(steps, bound): (usize, _)| Some((steps, rule.observe(*bound)?)));
        self.number += 1;
        match stops.next() {
            None => self.never += 1,
            Some((_, StopReason::Falling(_))) => self.falling += 1,
            Some((steps, _)) if steps < trace.settled => self.too_soon += 1,
            Some((steps, _)) => self.delays.push(steps - trace.settled),
        }
    }

    fn merge(&mut self, other: Self) {
        self.number += other.number;
        self.too_soon += other.too_soon;
        self.falling += other.falling;
        self.never += other.never;
        self.delays.extend(other.delays);
    }

    fn print(&mut self, name: &str) {
        self.delays.sort_unstable();
        let Self { number, too_soon, falling, never, delays } = self;
        let delay = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
        let wrong = 100.0 * *too_soon as f64 / *number as f64;
        println!(
            "| {name} | {number} | {wrong:.2}% | {} | {} | {falling} | {never} |",
            delay(0.5),
            delay(0.9)
        );
    }
}
