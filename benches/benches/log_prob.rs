//! The time of a log-probability with the gradients of its parameters, beside PyTorch's.
//!
//! `cargo bench -p benches --bench log_prob`; with the variable `PEER_PYTHON` set to a Python that has
//! PyTorch, `benches/peers/log_prob.py` runs next, and the table has the ratios.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::process::Command;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Int, Tensor};
use elbo::prelude::*;

/// The median time of a call, over at least 5 and for 0.7 seconds.
fn microseconds(mut step: impl FnMut()) -> f64 {
    step();
    let (mut times, end) = (Vec::new(), Instant::now() + Duration::from_millis(700));
    while times.len() < 5 || Instant::now() < end {
        let start = Instant::now();
        step();
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Leaves whose gradients are asked for, and what is computed from them.
fn with_gradients<const N: usize>(
    parameters: [Tensor<2>; N],
    log_prob: impl Fn([Tensor<2>; N]) -> Tensor<2>,
) -> f64 {
    microseconds(|| {
        let leaves = parameters.clone().map(|p| p.autodiff().require_grad());
        let gradients = log_prob(leaves.clone()).sum().backward();
        for leaf in leaves {
            assert!(leaf.grad(&gradients).is_some());
        }
    })
}

fn ours(n: usize, device: &Device) -> [(&'static str, f64); 5] {
    let noise = Noise::new(0, device);
    let normal = |name: &str, shape: [usize; 2]| noise.site(name).normal(shape);
    let positive = |name: &str, shape: [usize; 2]| noise.site(name).uniform(shape) + 0.5;
    let (flat, rows) = ([1, n], [n.div_ceil(10), 10]);
    let (x, y) = (normal("x", flat), positive("y", flat));
    let bits = noise.site("bits").uniform(flat).greater_elem(0.5).float();
    let digits = (noise.site("digits").uniform([rows[0], 1]) * 10.0).int();
    let digits: Tensor<2, Int> = digits.clamp(0, 9);
    let simplex = Tensor::<2>::full(rows, 0.1, device);
    [
        (
            "Normal",
            with_gradients([normal("loc", flat), positive("scale", flat)], |[loc, scale]| {
                Normal::new(loc, scale).log_prob(x.clone())
            }),
        ),
        (
            "Bernoulli",
            with_gradients([normal("logits", flat)], |[logits]| {
                Bernoulli::logits(logits).log_prob(bits.clone())
            }),
        ),
        (
            "Categorical",
            with_gradients([normal("weights", rows)], |[logits]| {
                Categorical::logits(logits).log_prob(digits.clone())
            }),
        ),
        (
            "Gamma",
            with_gradients([positive("a", flat), positive("b", flat)], |[a, b]| {
                Gamma::new(a, b).log_prob(y.clone())
            }),
        ),
        (
            "Dirichlet",
            with_gradients([positive("alpha", rows)], |[alpha]| {
                Dirichlet::new(alpha).log_prob(simplex.clone())
            }),
        ),
    ]
}

/// Microseconds by name and size, from the peer's lines.
fn theirs() -> Option<Vec<(String, usize, f64)>> {
    let Ok(python) = std::env::var("PEER_PYTHON") else {
        eprintln!("PyTorch is SKIPPED: set PEER_PYTHON to a Python that has it");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/log_prob.py");
    let output = Command::new(&python).arg(script).output();
    let output = output.unwrap_or_else(|error| panic!("{python} does not run: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows =
        serde_json::Deserializer::from_slice(&output.stdout).into_iter::<serde_json::Value>();
    let number = |row: &serde_json::Value, name: &str| row[name].as_f64().expect("a number");
    let row = |row: Result<serde_json::Value, serde_json::Error>| {
        let row = row.expect("the peer prints JSON");
        let name = row["name"].as_str().expect("a name").to_string();
        (name, number(&row, "n") as usize, number(&row, "us"))
    };
    Some(rows.map(row).collect())
}

fn main() {
    let device = elbo::device("flex").expect("flex is compiled in");
    let sizes = [100, 10_000, 1_000_000];
    let ours = sizes.map(|n| (n, ours(n, &device)));
    let theirs = theirs();
    println!(
        "| log_prob with gradients | n | elbo, us | PyTorch, us | ratio |\n|---|---|---|---|---|"
    );
    for (n, times) in ours {
        for (name, us) in times {
            let same = |row: &&(String, usize, f64)| row.0 == name && row.1 == n;
            let peer = theirs.iter().flatten().find(same).map(|row| row.2);
            let peer = peer.map_or(" | ".to_string(), |p| format!("{p:.0} | {:.2}", us / p));
            println!("| {name} | {n} | {us:.0} | {peer} |");
        }
    }
}
