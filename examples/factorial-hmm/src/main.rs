//! Compares mean fields with exact inference on a small input, or learns from Bach's chorales.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use elbo::Place;
use elbo::prelude::{CoordinateAscent, Coordinates, Device};
use factorial_hmm::{
    Chains, Chorales, FactorialHmm, Family, HELD_OUT_SWEEPS, KEYS, Network, NetworkOptions,
    NoisyOr, Options, Pass, Posterior, Sizes, Small, best, exact_loss, heat_map, loss, one_hot,
    train,
};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// Compares mean fields with exact inference on a small input from a known model, or learns from Bach's chorales.
#[derive(Parser)]
struct Args {
    /// The folder that holds jsb-chorales-quarter.json.
    #[arg(long)]
    jsb: Option<PathBuf>,
    /// Hidden chains [default: 3, or 2 for the chorales].
    #[arg(long)]
    chains: Option<NonZeroUsize>,
    /// States of a chain [default: 2, or 32 for the chorales].
    #[arg(long)]
    states: Option<NonZeroUsize>,
    /// Steps of the small input.
    #[arg(long, default_value = "60")]
    steps: NonZeroUsize,
    /// The most passes over the chorales.
    #[arg(long, default_value = "150")]
    passes: NonZeroUsize,
    /// The most sweeps over a sequence [default: 1000, or 3 a pass for the chorales].
    #[arg(long)]
    sweeps: Option<NonZeroUsize>,
    /// The seed of all draws.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write marginals.svg, or naive.svg and structured.svg for the chorales.
    #[arg(long, default_value = "out/factorial-hmm")]
    out: PathBuf,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = args.jsb.as_deref().map_or_else(|| compare(&args), |dir| learn(&args, dir));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Args {
    fn sizes(&self, chains: usize, states: usize) -> Sizes {
        let [chains, states] = [(self.chains, chains), (self.states, states)]
            .map(|(given, default)| given.map_or(default, NonZeroUsize::get));
        Sizes::new(chains, states)
    }

    fn sweeps(&self, sweeps: usize) -> usize {
        self.sweeps.map_or(sweeps, NonZeroUsize::get)
    }

    fn picture(&self, name: &str) -> Result<PathBuf, String> {
        let made = std::fs::create_dir_all(&self.out);
        made.map_err(|error| format!("{} cannot be made: {error}", self.out.display()))?;
        Ok(self.out.join(name))
    }
}

/// Exact and approximate posteriors of a small input.
fn compare(args: &Args) -> Result<(), Box<dyn Error>> {
    let sizes = args.sizes(3, 2);
    let small = Small::drawn(sizes, args.steps.get(), args.seed)?;
    let picture = args.picture("marginals.svg")?;
    let seen = small.hmm.observe(&small.steps)?;
    let exact = seen.exact()?;
    let ascent = CoordinateAscent::new().with_max_sweeps(args.sweeps(1000));
    let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
    let draw = |_| Posterior::drawn(&seen, Family::Naive, &mut rng);
    let others = Vec::from_iter((0..OTHER_STARTS).map(draw));
    let naive = best(&seen, &ascent, Posterior::start(&seen, Family::Naive), others.clone())?;
    // The first start is the naive solution, so that the structured bound is no lower.
    let others = others.into_iter().map(Posterior::into_structured);
    let structured = best(&seen, &ascent, naive.clone().into_structured(), others)?;
    let network = amortized(&small, args.seed)?;
    let amortized = network.posterior(&seen, &place())?;
    println!("posterior   bound on log p(x)  furthest marginal from the exact one");
    println!("exact       {:17.4}", exact.log_evidence);
    let fits = [("structured", &structured), ("network", &amortized), ("naive", &naive)];
    for (name, posterior) in fits {
        let pairs = posterior.marginals().iter().zip(&exact.marginals);
        let furthest = pairs.map(|(q, p)| (q - p).abs()).fold(0.0, f64::max);
        println!("{name:<10}  {:17.4}  {furthest:.4}", posterior.bound(&seen)?);
    }
    let strips = [
        ("truth", one_hot(sizes, &small.path)),
        ("exact", exact.marginals),
        ("structured", structured.marginals().to_vec()),
        ("network", amortized.marginals().to_vec()),
        ("naive", naive.marginals().to_vec()),
    ];
    print_steps(sizes, &strips);
    heat_map(&picture, sizes, &strips)?;
    println!("\npicture: {}", picture.display());
    Ok(())
}

fn place() -> Place {
    Place::f32(&Device::flex())
}

/// A network that is trained on other sequences of the model, of 1 to 20 steps.
fn amortized(small: &Small, seed: u64) -> Result<Network, Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(1));
    let draw = |place: usize| small.hmm.sample(1 + place % 20, &mut rng).1;
    let sequences = Vec::from_iter((0..200).map(draw));
    let options = NetworkOptions { seed, ..NetworkOptions::default() };
    Ok(Network::train(&small.hmm, &sequences, &options, &place(), |_, _| ())?)
}

/// Drawn starts of each family; of all the one that ends highest counts.
const OTHER_STARTS: usize = 20;

/// The steps whose marginals are printed.
const PRINTED: usize = 10;

fn print_steps(sizes: Sizes, strips: &[(&str, Vec<f64>)]) {
    println!("\nmarginals of the last state of each chain, in the first steps");
    for chain in 0..sizes.chains {
        for (name, marginals) in strips {
            let last = sizes.of(chain).end - 1;
            let steps = marginals.chunks(sizes.width()).take(PRINTED);
            let row = Vec::from_iter(steps.map(|step| format!("{:.2}", step[last])));
            println!("chain {} {name:<10}  {}", chain + 1, row.join("  "));
        }
    }
}

/// Learns with each family, and says what each loses on the chorales held out.
fn learn(args: &Args, dir: &Path) -> Result<(), Box<dyn Error>> {
    let chorales = Chorales::read(dir)?;
    for (name, part) in
        [("train", &chorales.train), ("valid", &chorales.valid), ("test", &chorales.test)]
    {
        let steps: usize = part.iter().map(Vec::len).sum();
        println!("{name:<5}  {:3} chorales of {steps} steps", part.len());
    }
    println!("\nlosses are nats a step\nindependent keys: test loss {:.3}", chorales.floor());
    for (name, family) in [("naive", Family::Naive), ("structured", Family::Structured)] {
        let picture = args.picture(&format!("{name}.svg"))?;
        let hmm = fit(args, &chorales, name, family)?;
        let seen = hmm.observe(&chorales.test[0])?;
        let mut posterior = Posterior::start(&seen, family);
        let ascent = CoordinateAscent::new().with_max_sweeps(HELD_OUT_SWEEPS);
        ascent.run(&mut posterior, &seen, |_, _| ())?;
        heat_map(&picture, hmm.sizes(), &[(name, posterior.marginals().to_vec())])?;
        println!("picture: {}", picture.display());
    }
    Ok(())
}

fn fit(
    args: &Args,
    chorales: &Chorales,
    name: &str,
    family: Family,
) -> Result<FactorialHmm<NoisyOr>, Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
    let sizes = args.sizes(2, 32);
    let chains = Chains::drawn(sizes, &mut rng)?;
    let emission = NoisyOr::drawn(sizes, KEYS, &chorales.train, &mut rng)?;
    let start = FactorialHmm::new(chains, emission)?;
    let (passes, sweeps) = (args.passes.get(), args.sweeps(3));
    println!("\n{name}\n pass  train loss  valid loss");
    let each = |pass: &Pass| {
        if let Pass { number, train_loss, valid_loss: Some(valid_loss) } = pass {
            println!("{number:5}  {train_loss:10.4}  {valid_loss:10.4}");
        }
    };
    let options = Options { passes, sweeps, ..Options::new(family) };
    let hmm = train(start, &chorales.train, &chorales.valid, options, each)?.hmm;
    println!("{name}: test loss {:.4}", loss(&hmm, family, &chorales.test)?);
    match sizes.joint() {
        Ok(_) => println!("{name}: exact test loss {:.4}", exact_loss(&hmm, &chorales.test)?),
        Err(error) => println!("{name}: {error}"),
    }
    Ok(hmm)
}
