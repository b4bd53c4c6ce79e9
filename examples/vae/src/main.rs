//! Trains a variational autoencoder on images of digits and draws what it has learnt.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use elbo::plots::{Grid, bound_curve, image_grid};
use elbo::{Observer, Progress, StepInfo};
use vae::{Data, Options, run};

/// Trains a variational autoencoder: on the 8 by 8 digits that come with it, or on MNIST.
#[derive(Parser)]
struct Args {
    /// The device: flex or ndarray, or another that was compiled in.
    #[arg(long, default_value = "flex")]
    device: String,
    /// The directory of the four idx files of MNIST, compressed or not.
    #[arg(long)]
    mnist: Option<PathBuf>,
    /// Fetch MNIST as Burn does, into its cache.
    #[cfg(feature = "download")]
    #[arg(long, conflicts_with = "mnist")]
    download: bool,
    /// Passes over the data [default: 100, or 10 for MNIST].
    #[arg(long)]
    epochs: Option<NonZeroUsize>,
    /// Optimization steps, rounded up to whole passes, in place of --epochs.
    #[arg(long, conflicts_with = "epochs")]
    steps: Option<NonZeroUsize>,
    /// Images a step [default: 64, or 128 for MNIST].
    #[arg(long)]
    batch: Option<NonZeroUsize>,
    /// The width of the hidden layers [default: 200, or 400 for MNIST].
    #[arg(long)]
    hidden: Option<NonZeroUsize>,
    /// The length of a code [default: 8, or 20 for MNIST].
    #[arg(long)]
    latent: Option<NonZeroUsize>,
    /// Particles a step.
    #[arg(long, default_value = "1")]
    particles: NonZeroUsize,
    /// The seed of all noise, and of the order of the images.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write elbo.svg, graph.mmd, reconstructions.png and samples.png.
    #[arg(long, default_value = "out/vae")]
    out: PathBuf,
}

impl Args {
    fn data(&self) -> Result<Data, vae::MnistError> {
        #[cfg(feature = "download")]
        if self.download {
            return Data::downloaded();
        }
        self.mnist.as_deref().map_or_else(|| Ok(Data::shipped()), Data::mnist)
    }

    fn options(&self, data: &Data) -> Result<Options, elbo::DeviceError> {
        let device = elbo::device(&self.device)?;
        let default = match data.train.width {
            28 => Options::for_mnist(device),
            _ => Options::for_shipped(device),
        };
        let batch = self.batch.map_or(default.batch, NonZeroUsize::get);
        let passes =
            |steps: NonZeroUsize| steps.get().div_ceil(data.train.len().div_ceil(batch).max(1));
        Ok(Options {
            epochs: self
                .epochs
                .map(NonZeroUsize::get)
                .or(self.steps.map(passes))
                .unwrap_or(default.epochs),
            batch,
            hidden: self.hidden.map_or(default.hidden, NonZeroUsize::get),
            latent: self.latent.map_or(default.latent, NonZeroUsize::get),
            particles: self.particles.get(),
            seed: self.seed,
            ..default
        })
    }
}

/// The width of an image in a picture, in pixels.
const IMAGE: usize = 112;

fn main() -> ExitCode {
    match fit(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fit(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let data = args.data()?;
    let options = args.options(&data)?;
    let steps = options.epochs * data.train.len().div_ceil(options.batch);
    let mut progress = Progress::new(steps);
    let images = data.train.len() as f64;
    let mut each_step = |info: &StepInfo| {
        progress.on_step(&StepInfo { bound: info.bound / images, ..info.clone() });
    };
    let writable = std::fs::create_dir_all(&args.out);
    writable.map_err(|error| format!("{} cannot be made: {error}", args.out.display()))?;
    let fit = run(&data, &options, &mut each_step)?;
    println!("{}\n\nepoch  train loss  test loss (nats an image)", fit.layout);
    for (index, epoch) in fit.epochs.iter().enumerate() {
        println!("{:5}  {:10.3}  {:9.3}", index + 1, epoch.train_loss, epoch.test_loss);
    }
    println!("\ntest loss {:.3} nats an image", fit.test_loss);
    bound_curve(&args.out.join("elbo.svg"), &fit.bounds)?;
    std::fs::write(args.out.join("graph.mmd"), fit.graph.to_mermaid())?;
    let width = data.test.width;
    let digits = Grid { width, columns: fit.originals.len(), zoom: IMAGE / width.max(1) };
    let pairs = [fit.originals, fit.reconstructions].concat();
    image_grid(&args.out.join("reconstructions.png"), &pairs, digits)?;
    image_grid(&args.out.join("samples.png"), &fit.samples, Grid { columns: 10, ..digits })?;
    println!("pictures: {}", args.out.display());
    Ok(())
}
