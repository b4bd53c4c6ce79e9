//! Fits a mixture of Gaussians by several methods and compares their bounds.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use elbo::Place;
use elbo::plots::{Panel, panels};
use gaussian_mixture::{Course, Method, Options, drawn, ellipses, read, run};

/// Fits a mixture of Gaussians in the plane.
#[derive(Parser)]
struct Args {
    /// The device: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// A file of points, two numbers a line, in the place of those that are drawn.
    #[arg(long)]
    points: Option<PathBuf>,
    /// The points that are drawn.
    #[arg(long, default_value = "600", conflicts_with = "points")]
    count: NonZeroUsize,
    /// The components, at least 2.
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u8).range(2..))]
    components: u8,
    /// Passes over the points, but for Adam.
    #[arg(long, default_value = "60")]
    passes: NonZeroUsize,
    /// Passes by Adam.
    #[arg(long, default_value = "2000")]
    adam_passes: NonZeroUsize,
    /// Points a minibatch of natural gradients.
    #[arg(long, default_value = "60")]
    batch: NonZeroUsize,
    /// The learning rate of Adam.
    #[arg(long, default_value_t = 0.3)]
    learning_rate: f64,
    /// The seed of all noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write bounds.svg, bounds.csv and ellipses.svg.
    #[arg(long, default_value = "out/gaussian-mixture")]
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
    std::fs::create_dir_all(&args.out)
        .map_err(|error| format!("{} cannot be made: {error}", args.out.display()))?;
    let points = match &args.points {
        Some(path) => read(path)?,
        None => drawn(args.count.get(), args.seed),
    };
    let options = Options {
        place: Place::f32(&elbo::device(&args.device)?),
        components: args.components.into(),
        passes: args.passes.get(),
        adam_passes: args.adam_passes.get(),
        batch: args.batch.get(),
        learning_rate: args.learning_rate,
        seed: args.seed,
    };
    let mut courses = Vec::new();
    for method in Method::ALL {
        let start = Instant::now();
        let course = run(method, &points, &options)?;
        println!(
            "{method:<22} {:>12.3} nats  {:>6.1} s",
            course.bound(),
            start.elapsed().as_secs_f64()
        );
        courses.push(course);
    }
    report(&courses);
    ellipses(&args.out.join("ellipses.svg"), &points, &courses[0].components)?;
    write(args, &courses)
}

fn report(courses: &[Course]) {
    let bounds = || courses.iter().filter(|course| course.method != Method::Em).map(Course::bound);
    let best = bounds().fold(f64::NEG_INFINITY, f64::max);
    println!("\nmethod                 passes until the bound stays within 0.1% of the best");
    for course in courses.iter().filter(|course| course.method != Method::Em) {
        match course.passes_to(best, 1e-3 * best.abs()) {
            Some(passes) => println!("{:<22} {passes:.1}", course.method),
            None => println!("{:<22} never", course.method),
        }
    }
    println!("\nweight   mean              standard deviations");
    for c in &courses[0].components {
        let [[x, y], [a, b]] = [c.mean, c.scale];
        println!("{:.3}    ({x:6.2}, {y:6.2})  ({a:.2}, {b:.2})", c.weight);
    }
}

fn write(args: &Args, courses: &[Course]) -> Result<(), Box<dyn Error>> {
    let mut text = String::from("method,passes,bound\n");
    for course in courses {
        for (passes, bound) in &course.bounds {
            text += &format!("\"{}\",{passes},{bound}\n", course.method);
        }
    }
    std::fs::write(args.out.join("bounds.csv"), text)?;
    let of = courses.iter().filter(|course| course.method != Method::Em);
    let series = |course: &Course| {
        let points = course.bounds.iter().map(|(passes, bound)| ((1.0 + passes).log10(), *bound));
        (course.method.to_string(), points.collect())
    };
    let panel =
        Panel { x: "log10 of 1 + passes", y: "ELBO (nats)", series: of.map(series).collect() };
    panels(&args.out.join("bounds.svg"), &[panel])?;
    println!("\npictures: {}", args.out.display());
    Ok(())
}
