//! Trains a sigmoid belief net by each estimator and draws their bounds and variances.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use elbo::Noise;
use elbo::plots::{Panel, panels};
use sigmoid_belief_net::{Curve, Images, Method, Options, Point, run};
use vae::Data;

/// Trains a sigmoid belief net by each of seven estimators, on the same images with the same budget.
#[derive(Parser)]
struct Args {
    /// The device: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// The directory of the four idx files of MNIST, compressed or not.
    #[arg(long)]
    mnist: Option<PathBuf>,
    /// The methods: NVIL, leave-one-out, VIMCO, DisARM, REBAR, RELAX, Concrete [default: all].
    #[arg(long, value_delimiter = ',')]
    methods: Vec<Method>,
    /// The bits of an image.
    #[arg(long, default_value = "200")]
    units: NonZeroUsize,
    /// Optimization steps.
    #[arg(long, default_value = "2000")]
    steps: NonZeroUsize,
    /// Images a step.
    #[arg(long, default_value = "50")]
    batch: NonZeroUsize,
    /// Particles a step.
    #[arg(long, default_value = "2")]
    particles: NonZeroUsize,
    /// The learning rate.
    #[arg(long, default_value_t = 1e-3)]
    rate: f64,
    /// The seed of all noise, and of the order of the images.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The points of a curve.
    #[arg(long, default_value = "20")]
    points: NonZeroUsize,
    /// Where to write curves.svg and curves.csv.
    #[arg(long, default_value = "out/sigmoid-belief-net")]
    out: PathBuf,
}

fn main() -> ExitCode {
    match compare(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let device = elbo::device(&args.device)?;
    let data = args.mnist.as_deref().map_or_else(|| Ok(Data::shipped()), Data::mnist)?;
    let images = Images::new(&data.train, &Noise::new(0, &device), &device);
    let options = Options {
        units: args.units.get(),
        steps: args.steps.get(),
        batch: args.batch.get(),
        particles: args.particles.get(),
        learning_rate: args.rate,
        seed: args.seed,
        points: args.points.get(),
        measured: 2000,
        draws: 50,
    };
    std::fs::create_dir_all(&args.out)
        .map_err(|error| format!("{} cannot be made: {error}", args.out.display()))?;
    let methods = if args.methods.is_empty() { Method::ALL.to_vec() } else { args.methods.clone() };
    let mut seen = |method: Method, point: Point| {
        let Point { step, bound, variance } = point;
        println!("{method:<14} step {step:>7}  ELBO {bound:>9.3}  variance {variance:.3e}");
    };
    let curves = methods
        .into_iter()
        .map(|method| run(method, &images, &options, &device, &mut seen))
        .collect::<Result<Vec<_>, _>>()?;
    report(&curves);
    write(args, &curves)
}

fn report(curves: &[Curve]) {
    let mut last: Vec<_> =
        curves.iter().filter_map(|curve| Some((curve.method, curve.points.last()?))).collect();
    last.sort_by(|one, other| other.1.bound.total_cmp(&one.1.bound));
    println!("\nmethod          ELBO (nats an image)  variance of the guide's gradient");
    for (method, Point { bound, variance, .. }) in last {
        println!("{method:<14} {bound:>21.3}  {variance:>32.3e}");
    }
}

fn write(args: &Args, curves: &[Curve]) -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::from("method,step,elbo,variance\n");
    for curve in curves {
        for Point { step, bound, variance } in &curve.points {
            text += &format!("{},{step},{bound},{variance}\n", curve.method);
        }
    }
    std::fs::write(args.out.join("curves.csv"), text)?;
    let series = |of: fn(&Point) -> f64| {
        let line = |curve: &Curve| {
            let points = curve.points.iter().map(|point| (point.step as f64, of(point))).collect();
            (curve.method.to_string(), points)
        };
        curves.iter().map(line).collect()
    };
    let shown = [
        Panel { x: "step", y: "ELBO (nats an image)", series: series(|point| point.bound) },
        Panel {
            x: "step",
            y: "log10 of the gradient's variance",
            series: series(|point| point.variance.max(1e-300).log10()),
        },
    ];
    panels(&args.out.join("curves.svg"), &shown)?;
    println!("\npictures: {}", args.out.display());
    Ok(())
}
