//! The time of one step of each fit.
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use criterion::{Criterion, criterion_group, criterion_main};

fn eight_schools(c: &mut Criterion) {
    for particles in [1, 10] {
        let (mut svi, data) = benches::schools(particles);
        c.bench_function(&format!("eight_schools/S{particles}"), |b| {
            b.iter(|| svi.step(&data).expect("every step is finite"));
        });
    }
}

fn restarts(c: &mut Criterion) {
    for count in [1, 8] {
        let (mut svi, data) = benches::restarts(count);
        c.bench_function(&format!("eight_schools/full_rank/R{count}"), |b| {
            b.iter(|| svi.step(&data).expect("every step is finite"));
        });
    }
}

fn vae(c: &mut Criterion) {
    let (mut svi, images) = benches::vae();
    c.bench_function("vae/784-400-20/B128", |b| {
        b.iter(|| svi.step(&images).expect("every step is finite"));
    });
}

criterion_group!(steps, eight_schools, restarts, vae);
criterion_main!(steps);
