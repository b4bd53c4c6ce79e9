//! The time of one step of each fit.
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use criterion::{Criterion, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn workloads(c: &mut Criterion) {
    let device = elbo::device("flex").expect("flex is compiled in");
    for (name, start) in benches::WORKLOADS {
        let mut fit = start(&device);
        c.bench_function(name, |b| b.iter(|| fit.step()));
    }
}

fn restarts(c: &mut Criterion) {
    let device = elbo::device("flex").expect("flex is compiled in");
    for count in [1, 8] {
        let mut fit = benches::restarts(count, &device);
        c.bench_function(&format!("eight_schools/full_rank/R{count}"), |b| b.iter(|| fit.step()));
    }
}

criterion_group!(steps, workloads, restarts);
criterion_main!(steps);
