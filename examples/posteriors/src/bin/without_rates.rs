//! Fits every posterior without a learning rate, holds the steps against those of the best learning rate chosen by hand, and what the report
//! says against the published moments.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its result")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use burn::module::ModuleDisplay;
use burn::optim::{LBFGSConfig, LineSearchFn};
use clap::Parser;
use elbo::prelude::*;
use elbo::{AutoFit, Family, FamilyConfig, Report, Verdict};
use posteriors::{Published, Reference, names, read};

/// Fits posteriors whose moments are published, without a learning rate.
#[derive(Parser)]
struct Arguments {
    /// The folder that holds `posteriordb`.
    #[arg(long)]
    data: PathBuf,
    /// Only posteriors whose names contain one of these.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Also fits with learning rates by hand, which takes far longer.
    #[arg(long)]
    by_hand: bool,
    /// Also fits by growing problems of fixed draws.
    #[arg(long)]
    fixed_draws: bool,
}

/// The posteriors of posteriordb come first.
const POSTERIORDB: usize = 28;

/// The learning rates that a hand tries.
const RATES: [f64; 5] = [0.2, 0.1, 0.05, 0.02, 0.01];

/// The steps that each may take.
const MOST: usize = 1500;

/// How close to the bound of the fit a bound is equal, in nats.
const EQUAL: f64 = 0.1;

/// How close the bounds of steps must be before the bound is measured, in nats.
const NEAR: f64 = 5.0;

/// The draws by which bounds are compared, the same for all.
const JUDGED: usize = 1000;

/// The fixed draws of problems that grow, and the iterations of each.
const FIXED: [usize; 4] = [16, 64, 256, 1024];
const ITERATIONS: usize = 100;

/// The particles of a step.
const PARTICLES: usize = 16;

/// One fit.
struct Row {
    posterior: &'static str,
    guide: &'static str,
    steps: u64,
    bound: f64,
    /// The largest error of a mean, in published standard deviations.
    mean_error: f64,
    verdict: Verdict,
    /// The lines that do not pass.
    says: String,
    /// The least steps by hand from the prior's median, and from where the fit starts.
    by_hand: [Option<usize>; 2],
    /// The steps that cost as much as growing problems of fixed draws, from both.
    by_fixed_draws: [Option<usize>; 2],
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let place = Place::f64(&elbo::device("flex")?)?;
    let wanted = |name: &&&str| {
        arguments.only.is_empty() || arguments.only.iter().any(|part| name.contains(part))
    };
    let mut rows = Vec::new();
    for name in names().iter().take(POSTERIORDB).filter(wanted) {
        let published = read(name, &arguments.data, &place)?;
        let task = Task { published: &published, place: &place, arguments };
        rows.push(task.row("full rank", &FullRankConfig::new())?);
        rows.push(task.row("rank 1", &LowRankConfig::rank(1))?);
        eprintln!("{name}");
    }
    println!("{}", table(&rows));
    println!("{}", summary(&rows, arguments.by_hand));
    Ok(())
}

/// A guide as it starts, and the noise to go on with.
type Started<F> = (Automatic<F>, Noise);

struct Task<'a> {
    published: &'a Published,
    place: &'a Place,
    arguments: &'a Arguments,
}

impl Task<'_> {
    fn row<C>(
        &self,
        guide: &'static str,
        config: &AutomaticConfig<C>,
    ) -> Result<Row, Box<dyn Error>>
    where
        C: FamilyConfig + Clone,
        C::Family: Family + ModuleDisplay,
        Automatic<C::Family>: Guide + Restarts + ModuleDisplay + Clone,
    {
        let noise = || Noise::new(self.arguments.seed, self.place);
        let fit = AutoFit::of(config.clone()).with_particles(PARTICLES);
        let fitted = fit.run(self.published.model(), &(), noise(), &mut ())?;
        let bound = self.bound(fitted.posterior().guide())?;
        let searched = config.clone().with_init(Init::BestNormal(PathfinderConfig::new()));
        let by_hand = match self.arguments.by_hand {
            true => [self.by_hand(config, bound)?, self.by_hand(&searched, bound)?],
            false => [None; 2],
        };
        let by_fixed_draws = match self.arguments.fixed_draws {
            true => [self.by_fixed_draws(config, bound)?, self.by_fixed_draws(&searched, bound)?],
            false => [None; 2],
        };
        let report = &fitted.report;
        let failing = report.checks().into_iter().filter(|check| check.verdict != Verdict::Pass);
        let says: Vec<_> =
            failing.map(|check| format!("{}: {}", check.name, check.found)).collect();
        Ok(Row {
            posterior: self.published.name,
            guide,
            steps: fitted.info.steps,
            bound,
            mean_error: mean_error(report, &self.published.references),
            verdict: report.verdict(),
            says: says.join("; "),
            by_hand,
            by_fixed_draws,
        })
    }

    /// The bound of a guide by draws that are the same for all; minus infinity where it has none.
    fn bound<G: Guide>(&self, guide: &G) -> Result<f64, Box<dyn Error>> {
        let noise = Noise::new(u64::MAX, self.place);
        let svi = Svi::new(self.published.model(), guide.clone(), Elbo, noise);
        Ok(svi.posterior().bound(&(), JUDGED).map_or(f64::NEG_INFINITY, |bound| bound.mean))
    }

    /// The guide of a configuration.
    fn start<C: FamilyConfig>(
        &self,
        config: &AutomaticConfig<C>,
    ) -> Result<Started<C::Family>, Box<dyn Error>> {
        let mut noise = Noise::new(self.arguments.seed, self.place);
        let layout = Layout::discover(self.published, &(), &noise)?;
        Ok((config.init(&layout, self.published, &(), &mut noise)?, noise))
    }

    /// The least steps after which a constant learning rate reaches a bound equal to this one.
    fn by_hand<C: FamilyConfig>(
        &self,
        config: &AutomaticConfig<C>,
        bound: f64,
    ) -> Result<Option<usize>, Box<dyn Error>>
    where
        C::Family: ModuleDisplay,
        Automatic<C::Family>: Guide,
    {
        let (guide, noise) = self.start(config)?;
        let mut least = None;
        for rate in RATES {
            let mut svi =
                Svi::new(self.published.model(), guide.clone(), StickingTheLanding, noise.clone())
                    .with_particles(PARTICLES)
                    .with_learning_rate(rate);
            let mut steps = 0;
            let mut seen = bound; // a start is always looked at
            while seen < bound - NEAR || self.bound(svi.posterior().guide())? < bound - EQUAL {
                let more = if steps < 200 { 10 } else { 50 };
                steps += more;
                let run = svi.run(more, &(), &mut ());
                let Some(run) = run.ok().filter(|_| steps <= least.unwrap_or(MOST)) else {
                    steps = usize::MAX;
                    break;
                };
                seen = run.bounds.iter().sum::<f64>() / more as f64;
            }
            least = Some(steps).filter(|steps| *steps <= least.unwrap_or(MOST)).or(least);
        }
        Ok(least)
    }

    /// The cost after which growing problems of fixed draws (Burroni, Domke & Sheldon 2024) reach a bound equal to this one: evaluations of a
    /// particle and its gradient, in those of a step.
    fn by_fixed_draws<C: FamilyConfig>(
        &self,
        config: &AutomaticConfig<C>,
        bound: f64,
    ) -> Result<Option<usize>, Box<dyn Error>>
    where
        C::Family: ModuleDisplay,
        Automatic<C::Family>: Guide,
    {
        let (guide, noise) = self.start(config)?;
        let mut svi = Svi::new(self.published.model(), guide, Elbo, noise);
        let search = LBFGSConfig::new()
            .with_max_iter(ITERATIONS)
            .with_line_search_fn(LineSearchFn::StrongWolfe);
        let mut cost = 0;
        for particles in FIXED {
            svi = svi.with_particles(particles);
            let Ok(info) = svi.run_fixed_draws(&(), &search) else { return Ok(None) };
            cost += info.evaluations * particles / PARTICLES;
            if self.bound(svi.posterior().guide())? >= bound - EQUAL {
                return Ok(Some(cost));
            }
        }
        Ok(None)
    }
}

/// The largest error of a mean, in published standard deviations.
fn mean_error(report: &Report, references: &[Reference]) -> f64 {
    let error = |of: &Reference| {
        let named = |name: &str| name == of.element() || name == of.site();
        let found = report.numbers.iter().find(|number| named(&number.name));
        found.map_or(f64::NAN, |number| (number.mean - of.mean).abs() / of.sd)
    };
    let errors = references.iter().map(error);
    errors.fold(0.0, |most, error| if error.is_nan() || error > most { error } else { most })
}

fn table(rows: &[Row]) -> String {
    let head = "| posterior | guide | steps | ELBO | by hand from the median | from the same start | fixed draws from the median | from the same start | mean error | verdict | |\n\
                |---|---|---|---|---|---|---|---|---|---|---|";
    let steps = |steps: Option<usize>| steps.map_or("-".to_string(), |steps| steps.to_string());
    let line = |row: &Row| {
        let [median, same] = row.by_hand.map(steps);
        let [fixed, fixed_same] = row.by_fixed_draws.map(steps);
        let Row { posterior, guide, bound, mean_error, verdict, says, .. } = row;
        format!(
            "| {posterior} | {guide} | {} | {bound:.3} | {median} | {same} | {fixed} | {fixed_same} | {mean_error:.3} | {verdict} | {says} |",
            row.steps
        )
    };
    std::iter::once(head.to_string()).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}

fn summary(rows: &[Row], by_hand: bool) -> String {
    let passing = |row: &&Row| row.verdict == Verdict::Pass;
    let far = || rows.iter().filter(|row| row.mean_error > 0.5);
    let near = |guide: &'static str| {
        rows.iter().filter(move |row| row.guide == guide && row.mean_error <= 0.1)
    };
    let mut lines = vec![format!(
        "{} fits with a mean off by more than 0.5 sd, of which {} pass",
        far().count(),
        far().filter(passing).count()
    )];
    for guide in ["full rank", "rank 1"] {
        let warned = near(guide).filter(|row| !passing(row)).count();
        lines.push(format!(
            "{guide}: {} fits within 0.1 sd, of which {warned} do not pass",
            near(guide).count()
        ));
    }
    if by_hand {
        let slow = |row: &&Row| row.by_hand[0].is_some_and(|steps| row.steps > 2 * steps as u64);
        lines.push(format!(
            "{} of {} fits took more than twice the steps by hand",
            rows.iter().filter(slow).count(),
            rows.len()
        ));
    }
    lines.join("\n")
}
